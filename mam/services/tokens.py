"""Access tokens (JWT, HS256) and the opaque secrets of refresh tokens, cookies and links.

Pure: knows the keys, no rows. An access token is strict in both directions: one algorithm, three known
header fields, the key looked up in the ring only, every claim required (promise F4). Writes nothing.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from mam.errors import UnauthorizedError
from mam.ids import is_id
from mam.signing import KeyRing

ISSUER = "mam"
AUDIENCE = "mam-api"
TYPE = "at+jwt"
"""The media type of access tokens (RFC 9068), so that no other JWT passes for one."""

LEEWAY = 2
"""Seconds that clocks of two machines may differ."""

_ALGORITHMS = ["HS256"]
_HEADER_FIELDS = {"alg", "typ", "kid"}
_LONGEST = 2048  # characters; ours have about 480


@dataclass(frozen=True)
class Claims:
    """What an access token says: whose, of which session, made when the user's `version` was this."""

    user_id: str
    session_id: str
    version: int


def make_access(ring: KeyRing, claims: Claims, seconds: int) -> str:
    """An access token for `seconds`, signed with the ring's active key."""
    key, moment = ring.active(), int(time.time())
    header = {"alg": "HS256", "typ": TYPE, "kid": key.kid}
    payload = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": claims.user_id,
        "sid": claims.session_id,
        "ver": claims.version,
        "iat": moment,
        "nbf": moment,
        "exp": moment + seconds,
    }
    return jwt.encode(header, payload, _as_jwk(key.secret), algorithms=_ALGORITHMS)


def read_access(ring: KeyRing, token: str) -> Claims:
    """The claims of a token that holds now; `UnauthorizedError`, always with one sentence, for any other."""
    try:
        payload = _payload(ring, token)
        _registry().validate(payload)
        return _claims(payload)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise refused() from None


def refused() -> UnauthorizedError:
    """The one answer to a token or session that does not hold."""
    return UnauthorizedError("This login does not hold or has ended; log in again.", code="token_invalid")


def new_secret() -> str:
    """256 random bits as text: a refresh token, a cookie, a link."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What is stored of a random secret: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _payload(ring: KeyRing, token: str) -> dict[str, Any]:
    if len(token) > _LONGEST or not token.isascii():
        raise ValueError(token)
    # The key id is looked up among the ring's and nowhere else: never a path, never a URL.
    found = jwt.decode(token, lambda guest: _key(ring, guest.headers()), algorithms=_ALGORITHMS)
    return found.claims


def _key(ring: KeyRing, header: dict[str, Any]) -> OctKey:
    if set(header) != _HEADER_FIELDS or header["typ"] != TYPE or header["alg"] not in _ALGORITHMS:
        raise ValueError(header)
    key = ring.find(header["kid"])
    if key is None:
        raise ValueError(header)
    return _as_jwk(key.secret)


@functools.lru_cache(maxsize=16)
def _as_jwk(secret: bytes) -> OctKey:
    return OctKey.import_key(secret)


def _registry() -> jwt.JWTClaimsRegistry:
    needed: dict[str, Any] = {
        name: {"essential": True} for name in ("sub", "sid", "ver", "iat", "nbf", "exp")
    }
    needed["iss"] = {"essential": True, "value": ISSUER}
    needed["aud"] = {"essential": True, "value": AUDIENCE}
    return jwt.JWTClaimsRegistry(leeway=LEEWAY, **needed)


def _claims(payload: dict[str, Any]) -> Claims:
    user_id, session_id, version = payload["sub"], payload["sid"], payload["ver"]
    if payload["aud"] != AUDIENCE or type(version) is not int or type(session_id) is not str:
        raise ValueError(payload)
    if not (is_id(user_id) and is_id(session_id)):
        raise ValueError(payload)
    return Claims(user_id, session_id, version)
