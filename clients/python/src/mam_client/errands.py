"""What takes more than one call: files, previews, calls by hand; written once for both clients."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mam_client import calls
from mam_client.call import Call
from mam_client.core import Core
from mam_client.uploads.folder import Report, send_folder
from mam_client.uploads.journal import NAME, Journal
from mam_client.uploads.progress import Meter, Progress
from mam_client.uploads.transfer import Source, Target, Transfer, Uploaded

_SETTLED = ("ready", "failed", "unsupported")
_LOOK = 1.0  # seconds between two looks at a preview


class Errands:
    """Errands of one client."""

    def __init__(self, core: Core) -> None:
        """Nothing is sent yet."""
        self._core = core

    async def upload_file(
        self,
        path: Path,
        *,
        state: Path | None = None,
        progress: Callable[[Progress], None] | None = None,
        **where: Any,
    ) -> Uploaded:
        """Send one file.

        `project_id` (with `folder_id`, `title`, `tags`, `metadata`) makes an asset, `asset_id` adds a version
        to one. `state` is the folder of the journal, that of the file where none is given.
        """
        source = Source.of(path, path.name)
        journal = Journal((state or path.parent) / f"{NAME}.{path.name}")
        meter = Meter(source.size, 1, progress)
        sent = await Transfer(self._core, journal, meter).send(source, Target(**where))
        meter.finished(source.name)
        journal.forget()
        return sent

    async def upload_folder(
        self,
        path: Path,
        project_id: str,
        **wanted: Any,
    ) -> Report:
        """Send a folder; see `send_folder`."""
        return await send_folder(self._core, path, project_id, **wanted)

    async def request(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        """Any call by hand: the parsed answer, None where it has no content."""
        answer = await self._core.answer(Call("request", method.upper(), path, body=body))
        return answer.json() if answer.content else None

    async def etag(self, call: Call[Any]) -> str:
        """The ETag of an answer; empty where it has none."""
        return str((await self._core.answer(call)).headers.get("etag", ""))

    async def wait_ready(self, version_id: str, seconds: float) -> dict[str, Any]:
        """The preview's status once it is settled; `TimeoutError` after so many seconds."""
        end = time.monotonic() + seconds
        while True:
            found = await self._core.send(calls.preview_status(version_id=version_id))
            if found["status"] in _SETTLED:
                return {**found}
            if time.monotonic() > end:
                raise TimeoutError(f"The preview of {version_id} is still {found['status']}.")
            await self._core.runtime.sleep(_LOOK)
