"""The box's own signature: an Ed25519 key that signs the end of the audit log, its anchors and certificates.

The private half lies in the secrets folder (mode 0600), made once; the public half is in whatever it signs
and at `/api/integrity/key`. Writes only that file.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from mam.errors import ConfigError

FILE = "integrity-key.pem"
ALGORITHM = "Ed25519"
_ID = 16  # hex digits of the public key's SHA-256 that name it


@dataclass(frozen=True)
class Seal:
    """A signing key. `public_key` is base64 of its 32 raw bytes, `key_id` a short hash of them."""

    public_key: str
    key_id: str
    _private: Ed25519PrivateKey = field(repr=False, compare=False)

    def sign(self, data: bytes) -> str:
        """The signature in base64."""
        return base64.b64encode(self._private.sign(data)).decode()

    def holds(self, signature: str, data: bytes) -> bool:
        """Whether this key signed `data`."""
        return holds(self.public_key, signature, data)


@functools.lru_cache(maxsize=8)
def open_seal(secrets: Path) -> Seal:
    """The box's key, made where there is none; `ConfigError` for a file that others can read or that is none.

    Two processes that open at once end with the same key.
    """
    path = secrets / FILE
    if not path.exists():
        _create(path)
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"{path} can be read by others: chmod 600 {path}")
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be used: {error}. Restore it from the backup.") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigError(f"{path} holds no {ALGORITHM} key. Restore it from the backup.")
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    public = base64.b64encode(raw).decode()
    return Seal(public, key_id_of(public), private)


def holds(public_key: str, signature: str, data: bytes) -> bool:
    """Whether the owner of `public_key` (base64) signed `data`; False for anything malformed."""
    try:
        raw = base64.b64decode(public_key, validate=True)
        Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(signature, validate=True), data)
    except (InvalidSignature, ValueError, TypeError, binascii.Error):
        return False
    return True


def key_id_of(public_key: str) -> str:
    """The short name of a public key (base64): the beginning of its SHA-256."""
    return hashlib.sha256(base64.b64decode(public_key)).hexdigest()[:_ID]


def _create(path: Path) -> None:
    """Put a new key in place unless another process was first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    temporary = Path(name)
    try:
        path.hardlink_to(temporary)  # exclusive, and whole at once
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
