"""The place that backups lie in: snapshots of the box, and files by their SHA-256 that snapshots share.

    snapshots/20261121T193000Z.backup[.age]     everything but the files; whole or not there
    snapshots/20261121T193000Z.files            the SHA-256 of each file that belongs to it
    objects/ab/abcd…[.age]                      a file by the SHA-256 of its bytes, kept once

Encrypted by age (https://age-encryption.org/v1) where recipients are given: whoever makes backups need not be
able to read them, only the digests stand open. Writes only to its shelf, a folder or a bucket; a name appears
once its bytes are there to stay (promise J6).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import pyrage

from mam.errors import BackupError, StorageError
from mam.services.backup_shelf import FolderShelf, Shelf

AGE = ".age"
_SNAPSHOT = re.compile(r"[0-9]{8}T[0-9]{6}Z(-[0-9]+)?\.backup(\.age)?")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 20


class Reader(Protocol):
    """Something to read bytes from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; empty at the end."""


@dataclass(frozen=True)
class Vault:
    """Backups in a folder or bucket. `recipients` are age public keys ("age1…"), `identities` secret ones."""

    folder: Path | Shelf
    recipients: tuple[str, ...] = ()
    identities: tuple[str, ...] = field(default=(), repr=False)

    @property
    def shelf(self) -> Shelf:
        """Where its names lie."""
        return FolderShelf(self.folder) if isinstance(self.folder, Path) else self.folder

    def alone(self) -> AbstractContextManager[bool]:
        """True while nobody else writes here; False at once where somebody does. Sweeps what crashes left."""
        return self.shelf.alone()

    # --- snapshots -----------------------------------------------------------------------------------

    def snapshots(self) -> list[str]:
        """The names of the snapshots that are whole, the oldest first. Raises `BackupError`."""
        found = [name.rpartition("/")[2] for name, _ in self.shelf.names("snapshots")]
        return sorted((one for one in found if _SNAPSHOT.fullmatch(one)), key=_order)

    def write_snapshot(self, moment: str, source: Reader, digests: Collection[str]) -> str:
        """Keep a snapshot of that moment ("20261121T193000Z") with the files it needs; answers its name."""
        taken = {one.partition(".")[0] for one in self.snapshots()}
        free = next(one for one in (moment, *(f"{moment}-{n}" for n in range(1, 1000))) if one not in taken)
        name = f"{free}.backup{AGE if self.recipients else ''}"

        def listed(target: BinaryIO) -> None:
            target.writelines(f"{one}\n".encode() for one in sorted(digests))

        self.shelf.write(_list_of(name), listed)
        self.shelf.write(f"snapshots/{name}", lambda target: self._seal(source, target))
        return name

    def digests_of(self, name: str) -> set[str]:
        """The files that belong to a snapshot. Raises `BackupError`."""
        with self.shelf.reading(_list_of(name)) as file:
            return set(file.read().decode("ascii", "replace").split())

    def read_snapshot(self, name: str, scratch: Path) -> AbstractContextManager[BinaryIO]:
        """A snapshot's bytes, from a file in `scratch` where it has to be decrypted. Raises `BackupError`."""
        return self._plain(f"snapshots/{name}", scratch)

    # --- files ---------------------------------------------------------------------------------------

    def holds(self, sha256: str) -> bool:
        """Whether the file of that digest is there; its bytes are proven by whoever reads it."""
        return self._object(sha256) is not None

    def keep(self, source: Reader, sha256: str, size: int = 0) -> int:
        """Keep what can be read from `source` to its end, about `size` bytes; answers how many they were.

        Raises `StorageError` where they are not those of the digest: then nothing is kept.
        """
        hashing = Hashing(source)

        def pour(target: BinaryIO) -> None:
            self._seal(hashing, target)
            if not hmac.compare_digest(hashing.sha256(), sha256):
                raise StorageError("its bytes are not those that came in; it is not in this backup.")

        self.shelf.write(f"{_place(sha256)}{AGE if self.recipients else ''}", pour, size)
        return hashing.size

    @contextmanager
    def opened(self, sha256: str, scratch: Path) -> Iterator[BinaryIO]:
        """The file's bytes, by way of `scratch` where it is encrypted; whoever reads compares the digest.

        Raises `BackupError` where it is not there.
        """
        with self._plain(self._found(sha256), scratch) as file:
            yield file

    def prove(self, sha256: str) -> None:
        """Read the file whole; `BackupError` where it is not there, or its bytes are others."""
        name, sink = self._found(sha256), _Sink()
        with self.shelf.reading(name) as file:
            self._unseal(name, file, sink)
        if not hmac.compare_digest(sink.sha256(), sha256):
            raise BackupError(f"The file {sha256} in this backup is damaged.")

    def objects(self) -> Iterator[tuple[str, int]]:
        """Digest of each file and its size as it lies there."""
        for name, size in sorted(self.shelf.names("objects")):
            digest = name.rpartition("/")[2].removesuffix(AGE)
            if _DIGEST.fullmatch(digest):
                yield digest, size

    def keep_newest(self, count: int) -> int:
        """Remove the snapshots before the newest `count`, and files that none needs; answers bytes freed."""
        names = self.snapshots()
        old, kept = names[: max(0, len(names) - count)], names[-count:]
        needed = {digest for name in kept for digest in self.digests_of(name)}
        for name in old:
            self.shelf.remove(f"snapshots/{name}")
            self.shelf.remove(_list_of(name))
        freed = 0
        for digest, size in list(self.objects()):
            place = self._object(digest)
            if digest not in needed and place is not None:
                self.shelf.remove(place)
                freed += size
        return freed

    # --- how bytes lie -------------------------------------------------------------------------------

    def _object(self, sha256: str) -> str | None:
        if not _DIGEST.fullmatch(sha256):
            return None
        bare, shelf = _place(sha256), self.shelf
        return next((one for one in (bare, f"{bare}{AGE}") if shelf.has(one)), None)

    def _found(self, sha256: str) -> str:
        place = self._object(sha256)
        if place is None:
            raise BackupError(f"The file {sha256} is not in this backup.")
        return place

    @contextmanager
    def _plain(self, name: str, scratch: Path) -> Iterator[BinaryIO]:
        with self.shelf.reading(name) as file:
            if not name.endswith(AGE):
                yield file
                return
            with tempfile.TemporaryFile(dir=scratch) as plain:
                self._unseal(name, file, plain)
                plain.seek(0)
                yield cast("BinaryIO", plain)

    def _seal(self, source: Reader, target: BinaryIO) -> None:
        if not self.recipients:
            shutil.copyfileobj(source, target, _PIECE)
            return
        keys = [_recipient(one) for one in self.recipients]
        pyrage.encrypt_io(source, target, keys)

    def _unseal(self, name: str, source: BinaryIO, target: Any) -> None:
        if not name.endswith(AGE):
            shutil.copyfileobj(source, target, _PIECE)
            return
        if not self.identities:
            raise BackupError("This backup is encrypted: name the file with its age identity by --identity.")
        keys = [_identity(one) for one in self.identities]
        try:
            pyrage.decrypt_io(source, target, keys)
        except (pyrage.DecryptError, OSError) as error:
            raise BackupError(f"{name.rpartition('/')[2]} cannot be decrypted: {error}.") from error


class Hashing:
    """A stream that hashes and counts what is read from it, by the one digest that files are kept by."""

    def __init__(self, source: Reader) -> None:
        """Read from where `source` stands."""
        self._source, self._hash, self.size = source, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        piece = self._source.read(_PIECE if size < 0 else size)
        self._hash.update(piece)
        self.size += len(piece)
        return piece

    def sha256(self) -> str:
        """The digest of what passed so far."""
        return self._hash.hexdigest()


class _Sink:
    """Something to write into that keeps only the digest."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def write(self, piece: bytes) -> int:
        self._hash.update(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing waits here."""

    def sha256(self) -> str:
        return self._hash.hexdigest()


def _list_of(name: str) -> str:
    return f"snapshots/{name.partition('.')[0]}.files"


def _place(sha256: str) -> str:
    return f"objects/{sha256[:2]}/{sha256}"


def _order(name: str) -> tuple[str, int]:
    """By the moment, then in the order they were made within its second."""
    moment, _, count = name.partition(".")[0].partition("-")
    return moment, int(count or 0)


def check_recipient(text: str) -> None:
    """Raise `BackupError` where this is no age public key."""
    _recipient(text)


def read_identities(path: Path) -> tuple[str, ...]:
    """The secret keys of an age identity file: a line each, comments begin with #. Raises `BackupError`."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"{path} cannot be read: {error}.") from error
    found = tuple(one.strip() for one in lines if one.strip() and not one.startswith("#"))
    if not found:
        raise BackupError(f"{path} holds no age identity.")
    for one in found:
        _identity(one)
    return found


def _recipient(text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise BackupError(f'"{text[:80]}" is no age recipient; one begins with "age1".') from None


def _identity(text: str) -> Any:
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError:
        raise BackupError('This is no age identity; one begins with "AGE-SECRET-KEY-1".') from None
