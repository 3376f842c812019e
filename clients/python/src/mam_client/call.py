"""A call of the API as a value: built by `mam_client.calls`, sent by a client, the same for both clients.

Knows nothing of sockets. The type of a call is the type of its answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Concatenate, Final, Generic, Literal, ParamSpec, Self, TypeVar

from mam_client.models import Page

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
"""A field that is not sent at all; None is sent, and means nothing or nobody."""


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that somebody gave."""
    return {name: value for name, value in fields.items() if value is not UNSET}


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request to be sent.

    `reads` says what its answer is made into; `repeatable` whether the box keeps its answer under an
    `Idempotency-Key`, so that it may be sent again after a lost one.
    """

    operation: str
    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    content: bytes | None = None
    repeatable: bool = False
    reads: Literal["json", "nothing", "bytes", "address"] = "json"
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None

    def once(self, key: str) -> Self:
        """The same call under an `Idempotency-Key` of one's own, for a repetition by another process."""
        return replace(self, headers={**self.headers, "Idempotency-Key": key})

    def unless_changed(self, etag: str) -> Self:
        """The same call; `PreconditionFailedError` where the thing is not at this ETag any more."""
        return replace(self, headers={**self.headers, "If-Match": etag})

    def within(self, seconds: float) -> Self:
        """The same call with its own timeout in seconds."""
        return replace(self, timeout=seconds)


@dataclass(frozen=True)
class ListCall(Call[Page[T]]):
    """A call that answers a page of a list; `iterate` asks for the pages that follow."""

    def after(self, cursor: str) -> ListCall[T]:
        """The page that `next_cursor` leads to."""
        return replace(self, query={**self.query, "cursor": cursor})


class Sender(ABC):
    """Who sends calls and waits for the answer."""

    @abstractmethod
    def send(self, call: Call[R]) -> R:
        """Send the call; answers what its type says, raises `mam_client.errors`."""


class AsyncSender(ABC):
    """Who sends calls and answers what is to be awaited."""

    @abstractmethod
    async def send(self, call: Call[R]) -> R:
        """Send the call; answers what its type says, raises `mam_client.errors`."""


def sync_method(build: Callable[P, Call[R]]) -> Callable[Concatenate[Sender, P], R]:
    """The method that sends what `build` makes."""

    def method(self: Sender, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.send(build(*args, **kwargs))

    method.__doc__, method.__name__ = build.__doc__, build.__name__
    return method


def async_method(build: Callable[P, Call[R]]) -> Callable[Concatenate[AsyncSender, P], Awaitable[R]]:
    """The same for a client that is awaited."""

    async def method(self: AsyncSender, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self.send(build(*args, **kwargs))

    method.__doc__, method.__name__ = build.__doc__, build.__name__
    return method
