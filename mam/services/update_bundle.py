"""An update bundle: one file with a signed manifest and the files of a system partition, one after the other.

Layout: `mam update 1` and a line feed, the manifest's length (4 bytes, the highest first), an Ed25519
signature (64 bytes) of first line and manifest, the manifest (JSON), the files in its order, nothing behind.
Nothing is compressed and no name in it is a path, so a bundle can neither burst nor leave its folder; nothing
is believed before the signature holds. Writes what it is told to write; knows no box.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from mam.errors import ConfigError, UpdateError

SUFFIX = ".mamupdate"
NAMES = ("version", "vmlinuz", "initrd.img", "filesystem.squashfs")
"""The files of a system partition, in the order in which a bundle has them."""

PIECE = 1 << 20
"""Bytes that are held at a time."""

LARGEST = 8 << 30
"""Bytes that a bundle may have."""

_MAGIC = b"mam update 1\n"
_HEAD = struct.Struct(f">{len(_MAGIC)}sI64s")
_MANIFEST_BYTES = 64 << 10
HEAD_BYTES = _HEAD.size + _MANIFEST_BYTES
"""At most so many bytes of a bundle come before its files."""

_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_WORD = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)
_MOST_KEYS = 16

Tell = Callable[[int, int], None]
"""Told of progress: bytes done, of how many."""


@dataclass(frozen=True)
class Part:
    """A file of the bundle: bytes and SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself. `lowest` is the oldest version that can be brought to this one.

    `migrations` are the names of the database's changes that this version knows.
    """

    version: str
    architecture: str
    made_at: str
    lowest: str
    migrations: tuple[str, ...]
    files: tuple[Part, ...]

    @property
    def bytes(self) -> int:
        """What its files have together."""
        return sum(part.size for part in self.files)


@dataclass(frozen=True)
class Opened:
    """A bundle whose signature holds; its files begin at `offset`. `key` is the id of who signed it."""

    manifest: Manifest
    offset: int
    key: str

    @property
    def bytes(self) -> int:
        """What the bundle has to have, to the byte."""
        return self.offset + self.manifest.bytes


def parse_version(text: str) -> tuple[int, int, int]:
    """`1.2.3` as numbers that can be compared; `UpdateError` for anything else."""
    found = _VERSION.fullmatch(text)
    if found is None:
        raise UpdateError(f"{text[:40]!r} is no version such as 1.2.3.")
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def key_id(key: Ed25519PublicKey) -> str:
    """How a public key is called by people: 16 hex digits of its SHA-256."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def trusted_keys(folder: Path) -> tuple[Ed25519PublicKey, ...]:
    """The public keys (PEM) of that folder; `ConfigError` where there is none or one cannot be read."""
    files = sorted(folder.glob("*.pem"))[:_MOST_KEYS] if folder.is_dir() else []
    if not files:
        raise ConfigError(f"No key in {folder} says whose updates are to be trusted.")
    return tuple(map(_public, files))


def _public(file: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm):
        raise ConfigError(f"{file} is no public key in PEM form.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{file} is no Ed25519 key.")
    return key


def signing_key(file: Path) -> Ed25519PrivateKey:
    """The private key (PEM) that updates are signed with; `ConfigError`."""
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError(f"{file} is no private key in PEM form without a password.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{file} is no Ed25519 key.")
    return key


# --- making one ----------------------------------------------------------------------------------


def describe(folder: Path, names: Iterable[str] = NAMES) -> tuple[Part, ...]:
    """The files of `folder` as a manifest lists them."""
    found = []
    for name in names:
        with (folder / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found.append(Part(name, (folder / name).stat().st_size, digest))
    return tuple(found)


def write(target: BinaryIO, manifest: Manifest, folder: Path, key: Ed25519PrivateKey) -> None:
    """Write the bundle of the files in `folder`, signed with `key`."""
    text = json.dumps(asdict(manifest), indent=1).encode()
    target.write(_HEAD.pack(_MAGIC, len(text), key.sign(_MAGIC + text)) + text)
    for part in manifest.files:
        with (folder / part.name).open("rb") as file:
            while piece := file.read(PIECE):
                target.write(piece)


# --- reading one ---------------------------------------------------------------------------------


def read_head(source: BinaryIO, keys: Sequence[Ed25519PublicKey]) -> Opened:
    """Read and prove signature and manifest, nothing behind; `UpdateError` says what does not hold."""
    head = source.read(_HEAD.size)
    if len(head) < _HEAD.size or not head.startswith(_MAGIC):
        raise UpdateError("This is no update bundle of MAM.")
    _, length, signature = _HEAD.unpack(head)
    if length > _MANIFEST_BYTES:
        raise UpdateError("This bundle's manifest is larger than any; it is not read.")
    text = source.read(length)
    if len(text) < length:
        raise UpdateError("This bundle is cut off: its manifest is not whole.")
    return Opened(_manifest(text), _HEAD.size + length, _signer(keys, signature, _MAGIC + text))


def _signer(keys: Sequence[Ed25519PublicKey], signature: bytes, text: bytes) -> str:
    for key in keys:
        try:
            key.verify(signature, text)
        except InvalidSignature:
            continue
        return key_id(key)
    known = ", ".join(map(key_id, keys))
    raise UpdateError(f"This bundle is not signed by a key that this box trusts ({known}), or was changed.")


def _manifest(text: bytes) -> Manifest:
    try:
        said = json.loads(text)
        files = tuple(_part(one) for one in said["files"])
        made = Manifest(
            version=said["version"],
            architecture=_word(said["architecture"]),
            made_at=str(said["made_at"])[:40],
            lowest=said["lowest"],
            migrations=tuple(map(_word, said["migrations"])),
            files=files,
        )
        parse_version(made.version)
        parse_version(made.lowest)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UpdateError("This bundle's manifest is not one that this version understands.") from None
    if tuple(part.name for part in files) != NAMES or made.bytes > LARGEST:
        raise UpdateError("This bundle does not hold exactly the files of a system.")
    return made


def _part(said: Any) -> Part:
    part = Part(**said)
    if type(part.size) is not int or not 0 < part.size <= LARGEST or not _DIGEST.fullmatch(part.sha256):
        raise ValueError(part)
    return part


def _word(said: Any) -> str:
    if not _WORD.fullmatch(said):
        raise ValueError(said)
    return str(said)


def check_size(opened: Opened, size: int) -> None:
    """`UpdateError` where the bundle's file has more or fewer bytes than its manifest says."""
    if size < opened.bytes:
        raise UpdateError(f"This bundle is cut off: it has {size} bytes of {opened.bytes}.")
    if size > opened.bytes:
        raise UpdateError(f"This bundle has {size - opened.bytes} bytes behind its end; it is not taken.")


def unpack(source: BinaryIO, opened: Opened, folder: Path | None, tell: Tell | None = None) -> None:
    """Read the files behind the head and prove them; into `folder` (new files, synced) where given.

    Holds `PIECE` bytes at a time. `UpdateError` at the first file that is not what the manifest says.
    """
    source.seek(opened.offset)
    done = 0
    for part in opened.manifest.files:
        target = (folder / part.name).open("xb") if folder is not None else None
        try:
            digest = _copy(source, part, target, partial(_told, tell, opened, done))
        finally:
            if target is not None:
                target.flush()
                os.fsync(target.fileno())
                target.close()
        if not hmac.compare_digest(digest, part.sha256):
            raise UpdateError(f"{part.name} in this bundle is not what its manifest says; it is damaged.")
        done += part.size


def _told(tell: Tell | None, opened: Opened, before: int, now: int) -> None:
    if tell is not None:
        tell(before + now, opened.manifest.bytes)


def _copy(source: BinaryIO, part: Part, target: BinaryIO | None, tell: Callable[[int], None]) -> str:
    digest, left = hashlib.sha256(), part.size
    while left:
        piece = source.read(min(PIECE, left))
        if not piece:
            raise UpdateError(f"This bundle is cut off within {part.name}.")
        digest.update(piece)
        if target is not None:
            target.write(piece)
        left -= len(piece)
        tell(part.size - left)
    return digest.hexdigest()


def prove(folder: Path, manifest: Manifest) -> None:
    """Read the files of a written system back; `UpdateError` names the first that is not as it should be."""
    for part, found in zip(manifest.files, describe(folder), strict=True):
        if part != found:
            raise UpdateError(f"{part.name} was written and reads back differently; that disk is not well.")
