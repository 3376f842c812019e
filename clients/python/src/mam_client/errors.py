"""What can go wrong, as exceptions: the box's problem documents (RFC 9457), and lines that are down."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


class MamError(Exception):
    """Base of everything that this package raises."""


class ConnectionFailedError(MamError):
    """The box could not be reached, or the line broke; all repetitions were in vain."""


class IncompleteError(MamError):
    """A file changed while it was sent or came back other than it is said to be."""


class SignatureError(MamError):
    """A webhook's signature, id or time does not hold."""


class ApiError(MamError):
    """The box said no. `code` is stable, `detail` is for people, `fields` names what did not fit."""

    def __init__(self, status: int, problem: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Take apart a problem document; what is no such document leaves the fields empty."""
        self.status = status
        self.code: str = str(problem.get("code", ""))
        self.title: str = str(problem.get("title", ""))
        self.detail: str = str(problem.get("detail", ""))
        self.request_id: str = str(problem.get("request_id", "") or headers.get("x-request-id", ""))
        self.errors: Sequence[Mapping[str, str]] = problem.get("errors") or ()
        self.problem = problem
        self.retry_after = _seconds(headers.get("retry-after"))
        super().__init__(f"{status} {self.code or 'error'}: {self._sentence()}")

    @property
    def fields(self) -> dict[str, str]:
        """What the box says of each field that did not fit."""
        return {one["field"]: one["message"] for one in self.errors}

    def _sentence(self) -> str:
        named = "; ".join(f"{field}: {message}" for field, message in self.fields.items())
        return f"{self.detail or self.title} ({named})" if named else self.detail or self.title


class BadRequestError(ApiError):
    """400: the body cannot be read."""


class UnauthorizedError(ApiError):
    """401: nobody is logged in, or key, password or token do not hold."""


class ForbiddenError(ApiError):
    """403: the thing may be seen, but not this be done to it."""


class NotFoundError(ApiError):
    """404: there is nothing here, or you may not see it."""


class ConflictError(ApiError):
    """409: the thing is in a state that does not admit this."""


class GoneError(ApiError):
    """410: the thing is over."""


class PreconditionFailedError(ApiError):
    """412: the thing was changed since its ETag was read."""


class TooLargeError(ApiError):
    """413: the body is too large."""


class ValidationError(ApiError):
    """422: the input does not fit; `fields` says where."""


class RateLimitedError(ApiError):
    """429, after all repetitions; `retry_after` is in seconds."""


class UnavailableError(ApiError):
    """503 or 507, after all repetitions: the box, its database or its store is away or full."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    412: PreconditionFailedError,
    413: TooLargeError,
    422: ValidationError,
    429: RateLimitedError,
    503: UnavailableError,
    507: UnavailableError,
}


def from_answer(status: int, headers: Mapping[str, str], content: bytes) -> ApiError:
    """The exception of an answer that is not a success; `headers` are in lower case."""
    try:
        problem = json.loads(content)
    except ValueError:
        problem = {}
    kind = _BY_STATUS.get(status, ApiError)
    return kind(status, problem if isinstance(problem, dict) else {}, headers)


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None
