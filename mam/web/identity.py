"""Who asks, from where, and whether they mean it: bearer token or cookie, client address, CSRF, origin.

A bearer token is looked at first and alone; the cookie needs its token and our own origin on every method
that changes something. Only configured proxies may name another address. Reads sessions, writes nothing
itself.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quart import Request
from werkzeug.datastructures import Headers
from werkzeug.sansio.http import parse_cookie

from mam.config import Config
from mam.core import Mam
from mam.edge.limits import Networks, asks_here, client_address
from mam.errors import ForbiddenError, UnauthorizedError
from mam.services import api_keys, guests, sessions
from mam.types import Actor

COOKIE = "mam_session"
"""The portal's session cookie."""

GUEST_COOKIE = "mam_guest"
"""The cookie of a guest, one a share link: its path is the link's."""

_FORM = "application/x-www-form-urlencoded"


class CsrfError(ForbiddenError):
    """A request that changes something, sent by the cookie but not by our own pages."""

    code = "csrf_failed"
    title = "Not from this page"


@dataclass(frozen=True)
class Credentials:
    """What came with a request: an access token, or a session cookie, or a guest's with the link's secret."""

    token: str = ""
    cookie: str = ""
    share: str = ""


def credentials(headers: Headers) -> Credentials | None:
    """The caller's credentials, unchecked; a bearer token outweighs the cookie."""
    given = headers.get("Authorization")
    if given is not None:
        scheme, _, token = given.partition(" ")
        return Credentials(token=token.strip()) if scheme.lower() == "bearer" else Credentials()
    value = cookie(headers, COOKIE)
    return Credentials(cookie=value) if value else None


def guest_credentials(headers: Headers, share: str) -> Credentials | None:
    """What a guest of the link `share` holds; below a link nobody is anybody else."""
    value = cookie(headers, GUEST_COOKIE)
    return Credentials(cookie=value, share=share) if value else None


def cookie(headers: Headers, name: str) -> str:
    """A cookie of the request, empty where there is none; bytes that are no UTF-8 are replaced."""
    sent = headers.get("Cookie", "").encode("latin-1").decode("utf-8", "replace")
    return parse_cookie(sent).get(name, "")


def find_actor(mam: Mam, given: Credentials | None, address: str) -> Actor:
    """The actor of checked credentials; `UnauthorizedError` for everything that does not hold."""
    if given is None:
        raise nobody()
    if given.share:
        return guests.actor_of(mam, given.share, given.cookie, address)
    if given.cookie:
        actor = sessions.actor_from_cookie(mam, given.cookie, address)
        if actor is None:
            raise UnauthorizedError("The session has ended; log in again.")
        return actor
    if api_keys.is_key(given.token):
        return api_keys.actor_from_key(mam, given.token, address)
    return sessions.actor_from_token(mam, given.token, address)


def nobody() -> UnauthorizedError:
    """The answer to a call without credentials."""
    return UnauthorizedError("Send an access token or an API key: Authorization: Bearer …")


def client(scope: Mapping[str, Any], trusted: Networks) -> str:
    """The client's address: the peer, or whom a trusted proxy names."""
    peer = (scope.get("client") or ("",))[0]
    if not trusted:
        return str(peer)
    named = [
        value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"
    ]
    return client_address(peer, named, trusted)


def is_local(config: Config, request: Request) -> bool:
    """Whether a program of this very machine asks, and nobody asks through it."""
    peer = str((request.scope.get("client") or ("",))[0])
    return asks_here(peer, request.headers, config.server.public_url)


def base_url(config: Config, request: Request, trusted: Networks) -> str:
    """Our own address: as configured, else as the request names it (scheme from a trusted proxy)."""
    if config.server.public_url:
        return config.server.public_url.rstrip("/")
    scheme = request.scheme
    peer = (request.scope.get("client") or ("",))[0]
    if trusted and client(request.scope, trusted) != peer:
        named = request.headers.get("X-Forwarded-Proto", "").strip().lower()
        scheme = named if named in ("http", "https") else scheme
    return f"{scheme}://{request.headers.get('Host', '')}"


def csrf_token(mam: Mam, given: Credentials | None) -> str:
    """The form token that belongs to the cookie; empty without one."""
    return sessions.csrf_token(mam, given.cookie) if given and given.cookie else ""


async def check_csrf(mam: Mam, request: Request, given: Credentials | None, own: str) -> None:
    """Pass what a bearer token sent, or our own page; `ForbiddenError` (`csrf_failed`) for the rest (F11)."""
    if given is None or not given.cookie:
        return
    check_origin(request, own)
    token = request.headers.get("X-CSRF-Token", "")
    if not token and request.mimetype == _FORM:
        token = (await request.form).get("csrf_token", "")
    sessions.check_csrf(mam, given.cookie, token)


def check_origin(request: Request, own: str) -> None:
    """`CsrfError` where the browser says that another site sent the request."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if origin == "null" and request.headers.get("Sec-Fetch-Site") == "same-origin":
        return  # a form of a page that tells no referrer: the browser itself says where it came from
    foreign = origin is not None and not _same_origin(origin, own, request.headers.get("Host", ""))
    if site not in ("same-origin", "none") or foreign:
        raise CsrfError("Another site sent this request.")


def _same_origin(origin: str, own: str, host: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(origin)
    except ValueError:
        return False
    return origin == own or (parts.netloc == host and bool(host))
