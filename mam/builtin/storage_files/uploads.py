"""Uploads in parts into one sparse file: signed part addresses, receipts, freezing, reopening, aborting.

Each upload has a folder of its own with `data`, `journal` and `meta.json`. A part is counted only when all
its bytes are in the file; nothing is written after `complete` or `abort`. Holds one chunk in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from pathlib import Path

import xxhash

from mam.builtin.storage_files.disk import CHUNK, sync_folder, translated
from mam.builtin.storage_files.follower import Follower, known_digests
from mam.builtin.storage_files.journal import MAX_PARTS, Journal, State
from mam.builtin.storage_files.objects import Objects
from mam.builtin.storage_files.writer import PartWriter, boot_id
from mam.errors import GoneError, GrantError, StorageError, TooLargeError, UploadIncompleteError
from mam.signing import KeyRing, check_expiry, parse_int, sign, verify
from mam.types import ObjectInfo, PartAddress, PartInfo

_PURPOSE = "part"
_REF = re.compile(r"[0-9a-f]{40}\.[0-9a-f]{16}", re.ASCII)
_GONE = "This upload was completed, aborted or has expired; nothing was written."
_NAMED = 20  # missing parts named in a sentence


@dataclass(frozen=True)
class Meta:
    """What was announced when the upload began."""

    key: str
    size: int
    part_size: int

    @property
    def count(self) -> int:
        """How many parts make the whole."""
        return -(-self.size // self.part_size)

    def size_of(self, number: int) -> int:
        """The exact size of a part: all are `part_size` but the last."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)


class PartUploads(Objects):
    """The multipart abilities of the files store."""

    def __init__(self, root: Path, keys: KeyRing) -> None:
        """Keep the ring that signs part addresses."""
        super().__init__(root)
        self._keys = keys
        self._follower = Follower()

    def begin(self, key: str, size: int, part_size: int) -> str:
        """Make the upload's folder; `TooLargeError` where it would take more than 10 000 parts."""
        meta = Meta(key, size, part_size)
        if meta.count > MAX_PARTS:
            raise TooLargeError(f"{meta.count} parts are more than {MAX_PARTS}; take a larger part size.")
        self._place("staging", key)
        ref = f"{_folder_name(key)}.{secrets.token_hex(8)}"
        with translated("The upload cannot begin"):
            made = Path(tempfile.mkdtemp(dir=self.root / "uploads", prefix=f"{_folder_name(key)}.new"))
            with (made / "data").open("xb") as data:
                data.truncate(size)
            (made / "meta.json").write_text(json.dumps({"key": key, "size": size, "part_size": part_size}))
            Journal.create(made / "journal")
            made.rename(self.root / "uploads" / ref)
        return ref

    def part_address(self, key: str, ref: str, number: int, size: int, expires_in: int) -> PartAddress:
        """An address of this server; its token carries all that `write_part` needs."""
        token = sign(self._keys, _PURPOSE, [key, ref, number, size, int(time.time()) + expires_in])
        return PartAddress(number, f"/upload-parts/{token}", size)

    def list_parts(self, key: str, ref: str) -> list[PartInfo]:
        """The whole parts by number; empty where the upload is unknown."""
        folder = self._folder(key, ref)
        if folder is None:
            return []
        with translated("The upload cannot be read"), _journal(folder) as journal:
            return [] if journal is None else journal.read().parts()

    def write_part(self, token: str, body: Iterator[bytes], length: int) -> PartInfo:
        """Write one part at its place; see `LocalPartStorage` for what is refused."""
        key, ref, number, size = self._checked(token)
        folder = self._folder(key, ref)
        meta = _meta(folder)
        if folder is None or meta is None or not (folder / "data").exists():
            raise GoneError(_GONE)
        if not 1 <= number <= meta.count or size != meta.size_of(number):
            raise GrantError("This address names no part of the upload.")
        if length > size:
            raise TooLargeError(f"Part {number} has {size} bytes, not {length}; nothing was written.")
        if length < size:
            raise UploadIncompleteError(f"Part {number} has {size} bytes, only {length} were announced.")
        with _journal(folder) as journal:
            if journal is None:
                raise GoneError(_GONE)
            writer = PartWriter(folder / "data", journal, number, size, (number - 1) * meta.part_size)
            part = writer.run(body)
        if meta.count > 1:
            with contextlib.suppress(OSError):  # gone meanwhile: then there is nothing to hash
                frozen = self._place("staging", key)
                self._follower.part_came(folder, frozen, meta.part_size, meta.count)
        return part

    def complete(self, key: str, ref: str, parts: list[PartInfo]) -> ObjectInfo:
        """Freeze the upload into its staging object; `UploadIncompleteError` names what is missing."""
        folder = self._folder(key, ref)
        meta = _meta(folder)
        if folder is None or meta is None:
            raise GoneError(_GONE)
        with translated("The upload cannot be completed"), _journal(folder) as journal:
            if journal is None:
                raise GoneError(_GONE)
            with journal.whole_lock():
                self._freeze(folder, journal, meta, parts)
        info = self.stat("staging", key)
        if info is None:
            raise StorageError("The completed upload is not where it was put.")
        return info

    def digests(self, key: str, ref: str) -> tuple[str, str, str] | None:
        """SHA-256, xxh128 and C4 of the frozen object, where they were taken as the parts came in."""
        folder = self._folder(key, ref)
        meta = _meta(folder)
        if folder is None or meta is None or meta.count == 1:
            return None
        with translated("The upload cannot be read"):
            return known_digests(folder, meta.count)

    def reopen(self, key: str, ref: str) -> None:
        """Take parts again: the frozen object goes back to the upload's folder."""
        folder = self._folder(key, ref)
        with translated("The upload cannot be opened again"), _journal(folder) as journal:
            if folder is None or journal is None:
                raise GoneError(_GONE)
            with journal.whole_lock():
                if journal.read().closed == "aborted":
                    raise GoneError(_GONE)
                frozen = self._place("staging", key)
                if frozen.exists():
                    frozen.chmod(0o600)
                    frozen.rename(folder / "data")
                journal.write("open")

    def abort(self, key: str, ref: str) -> None:
        """Close the upload to its writers, then free its bytes. An empty `ref` means any of that key."""
        with translated("The upload cannot be removed"):
            for folder in self._folders(key, ref):
                with _journal(folder) as journal:
                    if journal is not None:
                        with journal.whole_lock():
                            journal.write("aborted")
                shutil.rmtree(folder, ignore_errors=True)
            self._place("staging", key).unlink(missing_ok=True)

    def drop_strays(self, before: datetime, is_known: Callable[[str], bool]) -> int:
        """Remove the folders of uploads that are not known, and those of a `begin` that was cut short."""
        count = 0
        with translated("The uploads cannot be listed"):
            for folder in (self.root / "uploads").iterdir():
                begun = datetime.fromtimestamp(folder.stat().st_ctime, UTC)
                meta = _meta(folder)
                if begun < before and (meta is None or not is_known(meta.key)):
                    shutil.rmtree(folder, ignore_errors=True)
                    count += 1
        return count

    def _freeze(self, folder: Path, journal: Journal, meta: Meta, parts: list[PartInfo]) -> None:
        state, data = journal.read(), folder / "data"
        if state.closed == "aborted":
            raise GoneError(_GONE)
        if not state.closed:
            _check_after_restart(journal, meta, data)
            _check_whole(meta, state, parts)
            journal.write("frozen")  # from here on no writer writes a byte, also not into an open file
        if data.exists():
            data.chmod(0o400)
            frozen = self._place("staging", meta.key)
            frozen.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            data.rename(frozen)
            sync_folder(frozen.parent)

    def _checked(self, token: str) -> tuple[str, str, int, int]:
        """Key, ref, number and size of a token that holds; `GrantError` otherwise."""
        fields = verify(self._keys, _PURPOSE, token)
        if len(fields) != 5:  # noqa: PLR2004 - the fields of part_address
            raise GrantError("This signed address does not hold; ask for a new one.")
        key, ref, number, size, expires = fields
        check_expiry(expires, now=time.time())
        return key, ref, parse_int(number), parse_int(size)

    def _folder(self, key: str, ref: str) -> Path | None:
        """The folder of an upload that may exist; None for a reference that is not of this key."""
        if not _REF.fullmatch(ref) or not ref.startswith(f"{_folder_name(key)}."):
            return None
        return self.root / "uploads" / ref

    def _folders(self, key: str, ref: str) -> list[Path]:
        if not ref:
            return list((self.root / "uploads").glob(f"{_folder_name(key)}.*"))
        folder = self._folder(key, ref)
        return [folder] if folder is not None and folder.exists() else []


def _folder_name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:40]


@contextlib.contextmanager
def _journal(folder: Path | None) -> Iterator[Journal | None]:
    """The upload's journal, or None where there is no such upload any more."""
    journal = None
    with translated("The upload cannot be read"), contextlib.suppress(FileNotFoundError):
        journal = None if folder is None else Journal(folder / "journal")
    try:
        yield journal
    finally:
        if journal is not None:
            journal.close()


def _meta(folder: Path | None) -> Meta | None:
    """What was announced; None where there is no such upload any more."""
    if folder is None:
        return None
    try:
        return Meta(**json.loads((folder / "meta.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise StorageError("The upload's announcement cannot be read.") from error


def _check_whole(meta: Meta, state: State, parts: list[PartInfo]) -> None:
    """Every part is there with its size, and the caller speaks of the same parts."""
    found = {part.number: part for part in state.parts()}
    missing = [n for n in range(1, meta.count + 1) if n not in found or found[n].size != meta.size_of(n)]
    if missing:
        named = ", ".join(map(str, missing[:_NAMED])) + (", …" if len(missing) > _NAMED else "")
        raise UploadIncompleteError(f"{len(missing)} of {meta.count} parts are missing: {named}.")
    differing = [part.number for part in parts if found.get(part.number) != part]
    if differing or len(parts) != meta.count:
        raise UploadIncompleteError(f"The parts named are not the parts received: {differing[:_NAMED]}.")


def _check_after_restart(journal: Journal, meta: Meta, data: Path) -> None:
    """Read again the parts whose writing was not waited for before the machine restarted.

    A power cut may lose bytes that a receipt counts; such a part is no longer counted.
    """
    boot, state = boot_id(), journal.state
    doubtful = [part for part, written in state.done.values() if written != boot]
    if not doubtful:
        return
    with data.open("rb") as file:
        for part in doubtful:
            found = _digest(file.fileno(), (part.number - 1) * meta.part_size, part.size)
            if not compare_digest(found, part.etag):
                journal.write(f"void {part.number}")
    journal.read()


def _digest(descriptor: int, offset: int, size: int) -> str:
    digest, end = xxhash.xxh3_128(), offset + size
    while offset < end and (piece := os.pread(descriptor, min(CHUNK, end - offset), offset)):
        digest.update(piece)
        offset += len(piece)
    return digest.hexdigest()
