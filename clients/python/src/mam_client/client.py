"""The two clients: the same calls and errands, one waits, the other is awaited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from mam_client._methods import AsyncMethods, Methods
from mam_client.call import Call, ListCall
from mam_client.core import Core, Settings
from mam_client.errands import Errands
from mam_client.events import Event, listen
from mam_client.login import KeyLogin, Login, Nobody, PasswordLogin
from mam_client.runtime import Awaiting, Blocking, finish
from mam_client.uploads import Progress, Report, Uploaded

T = TypeVar("T")
Tell = Callable[[Progress], None]
_CONNECTIONS = 32


class Client(Methods):
    """A box, for programs that wait. May be shared by threads; close it, or use it as a context."""

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        email: str = "",
        password: str = "",
        otp: str | None = None,
        settings: Settings | None = None,
        verify: Any = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Log in with an API key, or with e-mail and password; nothing is sent before the first call.

        `verify` as httpx takes it: an `ssl.SSLContext` for a box with a certificate of its own.
        """
        runtime = Blocking(transport, _CONNECTIONS, verify)
        self._core = Core(url, _login(key, email, password, otp), runtime, settings or Settings())
        self._errands = Errands(self._core)

    def send(self, call: Call[T]) -> T:
        """Send a call of `mam_client.calls`; answers what its type says."""
        return finish(self._core.send(call))

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Any call of the API, by hand; answers the parsed JSON, None for no content."""
        return finish(self._errands.request(method, path, body))

    def etag(self, call: Call[Any]) -> str:
        """The ETag of what a reading call answers, for `Call.unless_changed`; empty where it has none."""
        return finish(self._errands.etag(call))

    def iterate(self, call: ListCall[T]) -> Iterator[T]:
        """Every row of a list, page after page."""
        return _blocking(self._core.iterate(call))

    def events(
        self, since: str | None = None, types: Sequence[str] = (), project_id: str | None = None
    ) -> Iterator[Event]:
        """Events after the id `since`, then as they happen; see `mam_client.events.listen`."""
        return _blocking(listen(self._core, since, types, project_id))

    def upload_file(self, path: str | Path, **wanted: Any) -> Uploaded:
        """Send a file, going on where an earlier run ended; see `Errands.upload_file`."""
        return finish(self._errands.upload_file(Path(path), **wanted))

    def upload_folder(
        self,
        path: str | Path,
        project_id: str,
        folder_id: str | None = None,
        *,
        state: Path | None = None,
        progress: Tell | None = None,
        parallel: int = 4,
    ) -> Report:
        """Send a folder with its tree, going on where an earlier run ended; see `uploads.folder`."""
        return finish(
            self._errands.upload_folder(
                Path(path),
                project_id,
                folder_id=folder_id,
                state=state,
                progress=progress,
                parallel=parallel,
            )
        )

    def wait_ready(self, version_id: str, seconds: float = 3600) -> dict[str, Any]:
        """The preview's status once it is settled: ready, failed or unsupported; `TimeoutError`."""
        return finish(self._errands.wait_ready(version_id, seconds))

    def close(self) -> None:
        """Give the connections back."""
        finish(self._core.runtime.close())

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


class AsyncClient(AsyncMethods):
    """The same box for programs that await."""

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        email: str = "",
        password: str = "",
        otp: str | None = None,
        settings: Settings | None = None,
        verify: Any = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """As `Client`."""
        runtime = Awaiting(transport, _CONNECTIONS, verify)
        self._core = Core(url, _login(key, email, password, otp), runtime, settings or Settings())
        self._errands = Errands(self._core)

    async def send(self, call: Call[T]) -> T:
        """As `Client.send`."""
        return await self._core.send(call)

    async def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """As `Client.request`."""
        return await self._errands.request(method, path, body)

    async def etag(self, call: Call[Any]) -> str:
        """As `Client.etag`."""
        return await self._errands.etag(call)

    def iterate(self, call: ListCall[T]) -> AsyncIterator[T]:
        """As `Client.iterate`."""
        return self._core.iterate(call)

    def events(
        self, since: str | None = None, types: Sequence[str] = (), project_id: str | None = None
    ) -> AsyncIterator[Event]:
        """As `Client.events`."""
        return listen(self._core, since, types, project_id)

    async def upload_file(self, path: str | Path, **wanted: Any) -> Uploaded:
        """As `Client.upload_file`."""
        return await self._errands.upload_file(Path(path), **wanted)

    async def upload_folder(
        self,
        path: str | Path,
        project_id: str,
        folder_id: str | None = None,
        *,
        state: Path | None = None,
        progress: Tell | None = None,
        parallel: int = 4,
    ) -> Report:
        """As `Client.upload_folder`."""
        return await self._errands.upload_folder(
            Path(path),
            project_id,
            folder_id=folder_id,
            state=state,
            progress=progress,
            parallel=parallel,
        )

    async def wait_ready(self, version_id: str, seconds: float = 3600) -> dict[str, Any]:
        """As `Client.wait_ready`."""
        return await self._errands.wait_ready(version_id, seconds)

    async def close(self) -> None:
        """Give the connections back."""
        await self._core.runtime.close()

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.close()


def _login(key: str, email: str, password: str, otp: str | None) -> Login:
    if key:
        return KeyLogin(key)
    return PasswordLogin(email, password, otp) if email else Nobody()


def _blocking(rows: AsyncIterator[T]) -> Iterator[T]:
    """The rows of an iterator whose coroutines never suspend."""
    while True:
        try:
            row = finish(_next(rows))
        except StopAsyncIteration:
            return
        yield row


async def _next(rows: AsyncIterator[T]) -> T:
    return await anext(rows)
