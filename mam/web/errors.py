"""Errors into answers: one table from class to status, one shape (RFC 9457), one catch-all.

An unexpected error tells the caller a request id and nothing else; the trace goes to the log.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, cast

import orjson
import structlog
from quart import Quart, Response, current_app, request
from structlog.contextvars import get_contextvars
from werkzeug.exceptions import HTTPException

from mam import errors, models
from mam.services import troubles
from mam.types import Trouble
from mam.web import bodies
from mam.web.limits import Quota
from mam.web.routes import ErrorPage

STATUS: dict[type[BaseException], int] = {
    errors.NotFoundError: 404,
    errors.ValidationError: 422,
    errors.UnauthorizedError: 401,
    errors.ForbiddenError: 403,
    errors.ConflictError: 409,
    errors.LockedError: 409,
    errors.PreconditionFailedError: 412,
    errors.GoneError: 410,
    errors.TooLargeError: 413,
    errors.LengthRequiredError: 411,
    errors.RateLimitedError: 429,
    errors.GrantError: 403,
    errors.StorageError: 503,
    errors.StorageFullError: 507,
    errors.QueueUnavailableError: 503,
    errors.AuthenticatorAwayError: 503,
    errors.SourceError: 422,
    errors.SandboxError: 503,
    errors.ProgramKilledError: 503,
    errors.CancelledWorkError: 409,
    errors.PluginError: 503,
    bodies.BadJsonError: 400,
    bodies.UnsupportedTypeError: 415,
}
"""The nearest class in an error's line of ancestors decides; what is not here is a 500."""

_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "too_large",
    415: "unsupported_media_type",
    431: "headers_too_large",
}
_BELOW_LINK = re.compile(r"^/r/[^/]+")  # what a share link's pages call lies below the link
_log = structlog.get_logger("mam.web")


def register(app: Quart) -> None:
    """Send every error of the app through `answer`."""
    app.register_error_handler(Exception, answer)


async def answer(error: Exception) -> Response:
    """The answer to an error: a page where a browser asked for one and the portal can draw it, else JSON."""
    problem, headers = describe(error)
    page: ErrorPage | None = current_app.extensions.get("mam.error_page") if request else None
    if page is not None and wants_page():
        return await page(problem, headers)
    return Response(
        orjson.dumps(problem),
        problem["status"],
        {**headers, "Cache-Control": "no-store"},
        "application/problem+json",
    )


def describe(error: BaseException) -> tuple[dict[str, Any], dict[str, str]]:
    """The problem document of an error and the headers that go with it."""
    if isinstance(error, errors.MamError):
        status = _status(error)
        if status is not None:
            return _problem(status, error.title, error.detail, error.error_code, error), _headers(error)
    if isinstance(error, HTTPException):
        return _http_problem(error)
    if isinstance(error, models.Unavailable):
        _log.exception("database not available", exc_info=error)
        detail = "The database does not answer; nothing was changed, try again shortly."
        return _problem(503, "Not available", detail, "database_unavailable"), {"Retry-After": "5"}
    _log.exception("unexpected error", exc_info=error)
    _tell(error)
    request_id = get_contextvars().get("request_id", "")
    detail = f"Something unexpected happened; the log tells more under {request_id}."
    return _problem(500, "Internal error", detail, "internal_error"), {}


def _tell(error: BaseException) -> None:
    """Error trackers hear of it beside the answer."""
    if not request:
        return
    route = cast("dict[str, Any]", request.scope).get("mam.route", "")
    request_id = str(get_contextvars().get("request_id", ""))
    site = current_app.extensions["mam"]
    troubles.tell(site.mam, Trouble(error, "web", route=route, request_id=request_id))


def wants_page() -> bool:
    """Whether whoever asks is a browser showing a page, not a program calling the API."""
    if _BELOW_LINK.sub("", request.path).startswith(("/api/", "/auth/", "/upload-parts/")):
        return False
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _status(error: errors.MamError) -> int | None:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)


def _problem(
    status: int, title: str, detail: str, code: str, error: errors.MamError | None = None
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": get_contextvars().get("request_id", ""),
    }
    fields = getattr(error, "errors", ())
    if fields:
        document["errors"] = [{"field": one.field, "message": one.message} for one in fields]
    if isinstance(error, errors.DuplicateMasterError):
        document["duplicate_of"] = list(error.duplicates)
    return document


def _headers(error: errors.MamError) -> dict[str, str]:
    if isinstance(error, errors.UnauthorizedError):
        return {"WWW-Authenticate": 'Bearer realm="mam"'}
    if isinstance(error, errors.RateLimitedError):
        _tell_quota(error.retry_after)
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, (errors.StorageError, errors.QueueUnavailableError)):
        return {"Retry-After": "5"}
    return {}


def _tell_quota(seconds: int) -> None:
    """Guesses are counted beside requests (`mam.services.throttle`): none is left for so many seconds."""
    quotas = cast("dict[str, Any]", request.scope).get("mam.quotas") if request else None
    if quotas is not None and all(one.left for one in quotas):
        quotas.append(Quota("attempts", 0, 0, 0, seconds))


def _http_problem(error: HTTPException) -> tuple[dict[str, Any], dict[str, str]]:
    """What the router or Quart itself refused: 404, 405, 413, a redirect never."""
    status = error.code or 500
    if status == HTTPStatus.NOT_FOUND:
        return describe(errors.NotFoundError())
    phrase = HTTPStatus(status).phrase
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    code = _CODES.get(status, phrase.lower().replace(" ", "_"))
    return _problem(status, phrase, error.description or phrase, code), headers
