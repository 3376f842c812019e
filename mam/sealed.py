"""Small secrets that have to be read again, encrypted for the database: AES-256-GCM under a key of the ring.

Whoever has a copy of the database alone reads nothing. `owner` and `purpose` are bound in, so that a value
moved to another row does not open. Pure; writes nothing.
"""

from __future__ import annotations

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mam.errors import GrantError
from mam.signing import KeyRing

_NONCE = 12  # bytes; random, as few values are ever sealed under one key


def seal(ring: KeyRing, purpose: str, owner: str, secret: bytes) -> str:
    """The secret, encrypted with the ring's active key."""
    key, nonce = ring.active(), os.urandom(_NONCE)
    closed = _cipher(key.secret, purpose).encrypt(nonce, secret, owner.encode())
    return f"{key.kid}.{base64.b64encode(nonce + closed).decode()}"


def unseal(ring: KeyRing, purpose: str, owner: str, sealed: str) -> bytes:
    """The secret again; `GrantError` where the key is gone, or the value is not ours or not this owner's."""
    kid, _, body = sealed.rpartition(".")
    key = ring.find(kid)
    if key is None:
        raise GrantError("The key that this was sealed with is gone.")
    try:
        raw = base64.b64decode(body, validate=True)
        return _cipher(key.secret, purpose).decrypt(raw[:_NONCE], raw[_NONCE:], owner.encode())
    except (InvalidTag, ValueError, binascii.Error):
        raise GrantError("This was not sealed here.") from None


def _cipher(secret: bytes, purpose: str) -> AESGCM:
    derived = HKDF(SHA256(), length=32, salt=None, info=f"mam.sealed.v1:{purpose}".encode())
    return AESGCM(derived.derive(secret))
