"""Signed addresses: a ring of secrets, tokens made with it, and grants for previews and downloads.

A token is canonical base64url of `format | key id | length-prefixed fields | HMAC-SHA256`; the key of
the HMAC is derived per purpose (itsdangerous), so that a token for one use never holds for another.
Writes only the ring file (mode 0600). Knows no database, no network and no request.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from itsdangerous import Signer
from itsdangerous.signer import HMACAlgorithm

from mam.errors import FieldError, GrantError, GrantExpiredError, ValidationError
from mam.keyring import Key, KeyRing

__all__ = [
    "DOWNLOAD_SECONDS",
    "GUEST_SECONDS",
    "DownloadGrant",
    "Grant",
    "Key",
    "KeyRing",
    "check_download",
    "check_expiry",
    "check_grant",
    "check_tag",
    "make_download",
    "make_grant",
    "parse_int",
    "sign",
    "verify",
]

MIN_SECONDS = 60
MAX_SECONDS = 3600
"""Shortest and longest life of a preview grant (contract: `expires_in` 60..3600)."""

DOWNLOAD_SECONDS = 300
"""Life of the address of a master: long enough to follow a redirect, a running download goes on."""

GUEST_SECONDS = 60
"""Life of every address given to a guest of a share link; the player asks for the next in time.

What a share shows changes by ways that nobody announces (a tag, a folder, a saved search): so no address
outlives that by more. What is taken back by name ends sooner still.
"""

MAX_TOKEN = 4096
"""Longest token that is looked at, in characters: a file name of 255 characters fits four times over."""

_FORMAT = b"\x01"
_MAC_BYTES = 32
_SHA256 = HMACAlgorithm(hashlib.sha256)
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_PLAIN_INT = re.compile(r"0|[1-9][0-9]{0,14}", re.ASCII)
_TAG = re.compile(r"[a-z]{1,16}:[A-Za-z0-9_-]{1,80}", re.ASCII)
_REFUSED = "This signed address does not hold; ask for a new one."
_EXPIRED = "This signed address has expired; ask for a new one."


def sign(ring: KeyRing, purpose: str, fields: Sequence[str | int]) -> str:
    """Make a token over `fields` for one `purpose` with the ring's active key.

    The fields are readable by whoever holds the token: signed, not encrypted.
    """
    key = ring.active()
    body = _FORMAT + _prefixed(key.kid) + b"".join(_prefixed(str(field)) for field in fields)
    return _encode(body + _SHA256.get_signature(_derived(key, purpose), body))


def verify(ring: KeyRing, purpose: str, token: str) -> tuple[str, ...]:
    """The fields of a token made by `sign` for this `purpose`.

    Raises `GrantError`, with one same sentence, for anything else: a changed byte, another purpose,
    an unknown or retired key, an encoding that is not the canonical one.
    """
    return _opened(ring, purpose, token)[1]


def parse_int(text: str) -> int:
    """A plain decimal integer of at most 15 digits; `GrantError` for signs, floats, spaces, leading zeros."""
    if not _PLAIN_INT.fullmatch(text):
        raise GrantError(_REFUSED)
    return int(text)


def check_expiry(text: str, *, now: float) -> int:
    """The expiry (Unix seconds) in a token's field; `GrantExpiredError` at that second or later.

    The stated clock skew is zero: one second before holds, the second itself does not.
    """
    expires = parse_int(text)
    if now >= expires:
        raise GrantExpiredError(_EXPIRED)
    return expires


# --- preview grants ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grant:
    """The right to read one version's preview until `expires` (Unix seconds).

    `issued_at` is in Unix milliseconds, so that one signed just after a revocation is told from one before.
    `ip` is empty or the only address that may use it. `tags` ("user:<id>", "session:<id>", ...) name
    what it depends on: revoking any of them revokes the grant.
    """

    version_id: str
    expires: int
    issued_at: int
    kid: str
    ip: str = ""
    tags: tuple[str, ...] = ()


def make_grant(
    ring: KeyRing,
    *,
    version_id: str,
    expires_in: int,
    ip: str = "",
    tags: Sequence[str] = (),
    now: float | None = None,
) -> str:
    """A grant for `version_id` for `expires_in` seconds (60..3600), to be put into a path.

    Raises `ValidationError` naming `expires_in` or `ip` for a value out of range.
    """
    if not MIN_SECONDS <= expires_in <= MAX_SECONDS:
        message = f"A whole number of seconds from {MIN_SECONDS} to {MAX_SECONDS}."
        raise ValidationError("The grant's life is out of range.", (FieldError("expires_in", message),))
    moment = time.time() if now is None else now
    fields: list[str | int] = [
        version_id,
        int(moment) + expires_in,
        int(moment * 1000),
        _client_address(ip),
        *_checked_tags(tags),
    ]
    return sign(ring, "preview", fields)


def check_grant(ring: KeyRing, token: str, *, version_id: str, now: float, ip: str) -> Grant:
    """The grant in `token`, if it holds for this version, time and client address.

    Raises `GrantExpiredError` past its time, `GrantError` for everything else.
    """
    kid, fields = _opened(ring, "preview", token)
    if len(fields) < 4:  # noqa: PLR2004 - the four fixed fields of make_grant
        raise GrantError(_REFUSED)
    grant = Grant(fields[0], parse_int(fields[1]), parse_int(fields[2]), kid, fields[3], fields[4:])
    in_scope = hmac.compare_digest(grant.version_id.encode(), version_id.encode())
    in_range = MIN_SECONDS <= grant.expires - grant.issued_at // 1000 <= MAX_SECONDS
    if not (in_scope and in_range and _same_address(grant.ip, ip)):
        raise GrantError(_REFUSED)
    check_expiry(fields[1], now=now)
    return grant


# --- downloads -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class DownloadGrant:
    """The right to fetch one object as an attachment until `expires` (Unix seconds).

    `area` is where it lies: a master, or a proxy in the previews. `issued_at` is in Unix milliseconds.
    """

    key: str
    version: str | None
    filename: str
    content_type: str
    expires: int
    issued_at: int
    kid: str = ""
    tags: tuple[str, ...] = ()
    area: str = "masters"


def make_download(ring: KeyRing, grant: DownloadGrant) -> str:
    """A token for the download; the grant's own `kid` is ignored, the active key signs."""
    fields: list[str | int] = [
        grant.key if grant.area == "masters" else f"{grant.area}:{grant.key}",
        grant.version or "",
        grant.filename,
        grant.content_type,
        grant.expires,
        grant.issued_at,
    ]
    return sign(ring, "download", [*fields, *_checked_tags(grant.tags)])


def check_download(ring: KeyRing, token: str, *, now: float) -> DownloadGrant:
    """The download in `token`; `GrantExpiredError` past its time, `GrantError` for everything else."""
    kid, fields = _opened(ring, "download", token)
    if len(fields) < 6:  # noqa: PLR2004 - the six fixed fields of make_download
        raise GrantError(_REFUSED)
    key, version, filename, content_type, expires, issued = fields[:6]
    end = check_expiry(expires, now=now)
    area, colon, named = key.partition(":")  # keys have no colon; without one it is a master's
    key, area = (named, area) if colon else (key, "masters")
    return DownloadGrant(
        key, version or None, filename, content_type, end, parse_int(issued), kid, fields[6:], area
    )


# --- inside --------------------------------------------------------------------------------------


def _opened(ring: KeyRing, purpose: str, token: str) -> tuple[str, tuple[str, ...]]:
    """Key id and fields of a token whose signature holds."""
    raw = _decode(token)
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    kid, *fields = _unprefixed(body)
    key = ring.find(kid)
    if key is None or not _SHA256.verify_signature(_derived(key, purpose), body, mac):
        raise GrantError(_REFUSED)
    return kid, tuple(fields)


def _derived(key: Key, purpose: str) -> bytes:
    """The HMAC key for one purpose: HMAC(secret, label), derived once per key."""
    found = key.derived.get(purpose)
    if found is None:
        salt = f"mam.signing.v1:{purpose}"
        signer = Signer(key.secret, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)
        found = key.derived[purpose] = signer.derive_key()
    return found


def _prefixed(text: str) -> bytes:
    """UTF-8 with its length in two bytes in front, so that ('a','bc') and ('ab','c') differ."""
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _unprefixed(body: bytes) -> list[str]:
    """The texts of a signed body: the key id, then the fields; `GrantError` where lengths do not fit."""
    texts, at = [], len(_FORMAT)
    if body[:at] != _FORMAT:
        raise GrantError(_REFUSED)
    while at < len(body):
        end = at + 2 + int.from_bytes(body[at : at + 2], "big")
        if end > len(body):
            raise GrantError(_REFUSED)
        texts.append(_text(body[at + 2 : end]))
        at = end
    if not texts:
        raise GrantError(_REFUSED)
    return texts


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise GrantError(_REFUSED) from None


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(token: str) -> bytes:
    """The bytes of a canonical base64url text: the one spelling `_encode` gives, nothing else."""
    if len(token) > MAX_TOKEN or not _BASE64URL.fullmatch(token):
        raise GrantError(_REFUSED)
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error:
        raise GrantError(_REFUSED) from None
    # The last character carries unused bits; only their zero form may pass.
    if len(raw) <= _MAC_BYTES or not hmac.compare_digest(_encode(raw), token):
        raise GrantError(_REFUSED)
    return raw


def _checked_tags(tags: Sequence[str]) -> tuple[str, ...]:
    for tag in tags:
        check_tag(tag)
    return tuple(tags)


def check_tag(tag: str) -> str:
    """A tag as it is, if it reads "kind:id"; `ValidationError` otherwise."""
    if not _TAG.fullmatch(tag):
        raise ValidationError(f"{tag!r} is no revocation tag.", (FieldError("tag", "kind:id"),))
    return tag


def _client_address(ip: str) -> str:
    """An address in its one normal spelling, or empty; `ValidationError` for anything else."""
    if not ip:
        return ""
    try:
        return _normal_address(ip)
    except ValueError:
        error = FieldError("ip", "An IPv4 or IPv6 address.")
        raise ValidationError("The client address is not an IP address.", (error,)) from None


def _normal_address(ip: str) -> str:
    address = ipaddress.ip_address(ip)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _same_address(bound: str, ip: str) -> bool:
    """Whether a grant bound to `bound` (empty: to none) may be used from `ip`."""
    if not bound:
        return True
    try:
        return bound == _normal_address(ip)
    except ValueError:
        return False
