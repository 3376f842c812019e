"""The folder that backups lie in: snapshots of the box, and files by their SHA-256 that snapshots share.

    snapshots/20261121T193000Z.backup[.age]     everything but the files; whole or not there
    snapshots/20261121T193000Z.files            the SHA-256 of each file that belongs to it
    objects/ab/abcd…[.age]                      a file by the SHA-256 of its bytes, kept once

Encrypted by age (https://age-encryption.org/v1) where recipients are given: whoever makes backups need not be
able to read them, only the digests stand open. Writes only below its folder; a name appears once its bytes
are on the disk (promise J6).
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import hmac
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import pyrage

from mam.errors import BackupError, StorageFullError

AGE = ".age"
_SNAPSHOT = re.compile(r"[0-9]{8}T[0-9]{6}Z(-[0-9]+)?\.backup(\.age)?")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PARTIAL = ".partial-"
_PIECE = 1 << 20


class Reader(Protocol):
    """Something to read bytes from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; empty at the end."""


@dataclass(frozen=True)
class Vault:
    """A folder of backups. `recipients` are age public keys ("age1…"), `identities` secret ones to read."""

    folder: Path
    recipients: tuple[str, ...] = ()
    identities: tuple[str, ...] = field(default=(), repr=False)

    # --- snapshots -----------------------------------------------------------------------------------

    def snapshots(self) -> list[str]:
        """The names of the snapshots that are whole, the oldest first."""
        try:
            found = [one.name for one in (self.folder / "snapshots").iterdir()]
        except OSError:
            return []
        return sorted((one for one in found if _SNAPSHOT.fullmatch(one)), key=_order)

    def write_snapshot(self, moment: str, source: Reader, digests: Collection[str]) -> str:
        """Keep a snapshot of that moment ("20261121T193000Z") with the files it needs; answers its name."""
        taken = {one.partition(".")[0] for one in self.snapshots()}
        free = next(one for one in (moment, *(f"{moment}-{n}" for n in range(1, 1000))) if one not in taken)
        name = f"{free}.backup{AGE if self.recipients else ''}"
        with writing(self._list_of(name)) as file:
            file.writelines(f"{one}\n".encode() for one in sorted(digests))
        with writing(self.folder / "snapshots" / name) as target:
            self._seal(source, target)
        return name

    def digests_of(self, name: str) -> set[str]:
        """The files that belong to a snapshot. Raises `BackupError`."""
        with _reading(self._list_of(name)) as file:
            return set(file.read().decode("ascii", "replace").split())

    @contextmanager
    def read_snapshot(self, name: str, scratch: Path) -> Iterator[BinaryIO]:
        """A snapshot's bytes, from a file in `scratch` where it has to be decrypted. Raises `BackupError`."""
        path = self.folder / "snapshots" / name
        with self._plain(path, scratch) as file:
            yield file

    # --- files ---------------------------------------------------------------------------------------

    def holds(self, sha256: str) -> bool:
        """Whether the file of that digest is there; its bytes are proven by whoever reads it."""
        return self._object(sha256) is not None

    def keep(self, source: Reader) -> tuple[str, int]:
        """Keep what can be read from `source` to its end; answers SHA-256 and size in bytes."""
        hashing = Hashing(source)
        folder = self.folder / "objects"
        partial = _partial(folder)
        try:
            with _written(partial) as file:
                self._seal(hashing, file)
            digest = hashing.sha256()
            if not self.holds(digest):
                target = folder / digest[:2] / (digest + (AGE if self.recipients else ""))
                _ours(target.parent)
                partial.replace(target)
                _settle(target.parent)
        finally:
            partial.unlink(missing_ok=True)
        return digest, hashing.size

    @contextmanager
    def opened(self, sha256: str, scratch: Path) -> Iterator[BinaryIO]:
        """The file's bytes, by way of `scratch` where it is encrypted; whoever reads compares the digest.

        Raises `BackupError` where it is not there.
        """
        path = self._object(sha256)
        if path is None:
            raise BackupError(f"The file {sha256} is not in this backup.")
        with self._plain(path, scratch) as file:
            yield file

    def prove(self, sha256: str) -> None:
        """Read the file whole; `BackupError` where it is not there, or its bytes are others."""
        path = self._object(sha256)
        if path is None:
            raise BackupError(f"The file {sha256} is not in this backup.")
        sink = _Sink()
        with _reading(path) as file:
            self._unseal(path, file, sink)
        if not hmac.compare_digest(sink.sha256(), sha256):
            raise BackupError(f"The file {sha256} in this backup is damaged.")

    def objects(self) -> Iterator[tuple[str, int]]:
        """Digest of each file and its size on the disk."""
        for path in sorted((self.folder / "objects").glob("??/*")):
            digest = path.name.removesuffix(AGE)
            if _DIGEST.fullmatch(digest):
                yield digest, path.stat().st_size

    def keep_newest(self, count: int) -> int:
        """Remove the snapshots before the newest `count`, and files that none needs; answers bytes freed."""
        names = self.snapshots()
        old, kept = names[: max(0, len(names) - count)], names[-count:]
        needed = {digest for name in kept for digest in self.digests_of(name)}
        for name in old:
            (self.folder / "snapshots" / name).unlink()
            self._list_of(name).unlink(missing_ok=True)
        freed = 0
        for digest, size in list(self.objects()):
            path = self._object(digest)
            if digest not in needed and path is not None:
                path.unlink()
                freed += size
        return freed

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """True while nobody else writes here; False at once where somebody does. Sweeps what crashes left."""
        try:
            _ours(self.folder / "snapshots")
            _ours(self.folder / "objects")
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise _told(error, self.folder) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            for room in ("snapshots", "objects"):
                for left in (self.folder / room).glob(f"{_PARTIAL}*"):
                    left.unlink()
            yield True
        finally:
            os.close(descriptor)

    # --- how bytes lie -------------------------------------------------------------------------------

    def _list_of(self, name: str) -> Path:
        return self.folder / "snapshots" / f"{name.partition('.')[0]}.files"

    def _object(self, sha256: str) -> Path | None:
        if not _DIGEST.fullmatch(sha256):
            return None
        bare = self.folder / "objects" / sha256[:2] / sha256
        return next((one for one in (bare, bare.with_name(bare.name + AGE)) if one.is_file()), None)

    @contextmanager
    def _plain(self, path: Path, scratch: Path) -> Iterator[BinaryIO]:
        with _reading(path) as file:
            if path.suffix != AGE:
                yield file
                return
            with tempfile.TemporaryFile(dir=scratch) as plain:
                self._unseal(path, file, plain)
                plain.seek(0)
                yield cast("BinaryIO", plain)

    def _seal(self, source: Reader, target: BinaryIO) -> None:
        if not self.recipients:
            shutil.copyfileobj(source, target, _PIECE)
            return
        keys = [_recipient(one) for one in self.recipients]
        pyrage.encrypt_io(source, target, keys)

    def _unseal(self, path: Path, source: BinaryIO, target: Any) -> None:
        if path.suffix != AGE:
            shutil.copyfileobj(source, target, _PIECE)
            return
        if not self.identities:
            raise BackupError("This backup is encrypted: name the file with its age identity by --identity.")
        keys = [_identity(one) for one in self.identities]
        try:
            pyrage.decrypt_io(source, target, keys)
        except (pyrage.DecryptError, OSError) as error:
            raise BackupError(f"{path.name} cannot be decrypted: {error}.") from error


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


def _order(name: str) -> tuple[str, int]:
    """By the moment, then in the order they were made within its second."""
    moment, _, count = name.partition(".")[0].partition("-")
    return moment, int(count or 0)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file that only we may read, there under its name once its bytes are on the disk, or not at all."""
    partial = _partial(path.parent)
    try:
        with _written(partial) as file:
            yield file
        partial.replace(path)
        _settle(path.parent)
    finally:
        partial.unlink(missing_ok=True)


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


@contextmanager
def _written(path: Path) -> Iterator[BinaryIO]:
    """A new file that only we may read, on the disk when the block ends."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _told(error, path) from error


@contextmanager
def _reading(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise BackupError(f"There is no {path.name} in this backup.") from None


def _ours(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _partial(folder: Path) -> Path:
    return folder / f"{_PARTIAL}{os.getpid()}-{os.urandom(4).hex()}"


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _told(error: OSError, path: Path) -> BackupError | StorageFullError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFullError(f"There is no room for the backup at {path.parent}.")
    return BackupError(f"{path} cannot be written: {error.strerror}.")
