"""What media hash lists say of a folder on disk, and whether the folder still is that.

Reads every `ascmhl` history below a folder (a card's own and those of the folders above it), checks each
manifest against its chain, and hashes what the lists name, once, in every format they use. Writes
generations of its own where it is asked to, nothing else.
"""

from __future__ import annotations

import fnmatch
import glob
import hashlib
import hmac
import io
import os
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mam.errors import ValidationError
from mam.media.checksums import PIECE, hash_stream
from mam.media.mhl import (
    CHAIN_NAME,
    FOLDER,
    IGNORED,
    MOST_BYTES,
    Entry,
    Link,
    Manifest,
    file_name,
    parse_chain,
    parse_manifest,
    write_chain,
    write_manifest,
)
from mam.media.mhl_tree import FORMATS, spelled

Step = Callable[[str, int], None]
"""Called with a file's path and how many of its bytes were hashed since the last call."""


@dataclass(frozen=True)
class Altered:
    """A file that is not what the list says: which hash (or `size`) was expected and which was found."""

    path: str
    format: str
    expected: str
    found: str


@dataclass
class Report:
    """What a folder is against its lists. `proven` are the SHA-256 of files that are as listed."""

    listed: int = 0
    proven: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    altered: list[Altered] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every listed file is there and whole, and nothing else is."""
        return not (self.missing or self.extra or self.altered)

    def sentences(self) -> list[str]:
        """One line for each finding."""
        return [
            *(f"missing  {path}" for path in self.missing),
            *(f"extra    {path}" for path in self.extra),
            *(
                f"altered  {one.path}: {one.format} {one.found}, listed {one.expected}"
                for one in self.altered
            ),
        ]


@dataclass(frozen=True)
class Expected:
    """What lists say: entries by path below the folder, and the patterns of what they leave out."""

    entries: Mapping[str, Entry]
    ignored: tuple[str, ...] = IGNORED


def find_manifest(folder: Path) -> Path | None:
    """The list that covers a folder: its `ascmhl` history, or the one `.mhl` file at its top, or None."""
    if (folder / FOLDER / CHAIN_NAME).is_file():
        return folder / FOLDER
    lists = sorted(folder.glob("*.mhl"))
    return lists[0] if len(lists) == 1 else None


def read_expected(folder: Path, manifest: Path | None = None) -> Expected:
    """What the lists say of `folder`: of one manifest file, or of every history in it.

    A manifest's paths count from `folder`. Raises `ValidationError` where there is no list, where one cannot
    be read, or where a manifest is not the one its chain names.
    """
    if manifest is not None and manifest.is_file():
        found = parse_manifest(_bytes(manifest))
        ignored = (*IGNORED, *found.ignored, glob.escape(manifest.name))
        return Expected({entry.path: entry for entry in found.entries}, ignored)
    entries: dict[str, Entry] = {}
    patterns = set(IGNORED)
    for history in _histories(folder):
        base = history.parent.relative_to(folder).as_posix()
        for link in parse_chain(_bytes(history / CHAIN_NAME)):
            generation = parse_manifest(_linked(history, link))
            patterns.update(generation.ignored)
            for entry in generation.entries:
                _add(entries, base, entry)
    if not entries:
        raise ValidationError(f"There is no media hash list in {folder.name!a}.")
    return Expected(entries, tuple(sorted(patterns)))


def check_folder(folder: Path, expected: Expected, step: Step | None = None) -> Report:
    """Hash every listed file and look for others. `OSError` of a file that cannot be read passes through."""
    report = Report(listed=len(expected.entries))
    there = {_key(path): path for path in files_of(folder, expected.ignored)}
    for path, entry in expected.entries.items():
        actual = there.pop(_key(path), None)
        if actual is None:
            report.missing.append(path)
        else:
            _check(folder, actual, entry, report, step)
    report.extra.extend(sorted(there.values()))
    return report


def add_generation(folder: Path, manifest: Manifest) -> Path:
    """Write a manifest as the folder's next generation, and the chain after it; the manifest's path.

    Raises `ValidationError` where the chain there cannot be read, `OSError` where nothing can be written.
    """
    history = folder / FOLDER
    history.mkdir(parents=True, exist_ok=True)
    chain = history / CHAIN_NAME
    links = parse_chain(_bytes(chain)) if chain.exists() else ()
    number = 1 + max((link.number for link in links), default=0)
    path, data = history / file_name(number, folder.name, manifest.created), write_manifest(manifest)
    c4 = hash_stream(io.BytesIO(data)).c4
    for place, content in ((path, data), (chain, write_chain((*links, Link(number, path.name, c4))))):
        write_whole(place, content)
    return path


def write_whole(place: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all; raises `OSError`."""
    new = place.with_name(f".{place.name}.new")
    new.write_bytes(data)
    new.replace(place)


def _check(folder: Path, path: str, entry: Entry, report: Report, step: Step | None) -> None:
    size = (folder / path).stat().st_size
    if entry.size is not None and size != entry.size:
        report.altered.append(Altered(path, "size", str(entry.size), str(size)))
        return
    if not entry.hashes:
        report.altered.append(Altered(path, "hash", "none that is known here", "not comparable"))
        return
    found = hash_file(folder / path, (*entry.hashes, "sha256"), step and (lambda count: step(path, count)))
    for name, wanted in entry.hashes.items():
        if not hmac.compare_digest(found[name], wanted):
            report.altered.append(Altered(path, name, wanted, found[name]))
            return
    report.proven[path] = found["sha256"]


def hash_file(
    path: Path, names: tuple[str, ...], step: Callable[[int], None] | None = None
) -> dict[str, str]:
    """A file's hashes by format name (`FORMATS` and "sha256") in one read; links are not followed."""
    makers: dict[str, Callable[[], Any]] = {**FORMATS, "sha256": hashlib.sha256}
    hashers = {name: makers[name]() for name in names}
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    memory = memoryview(bytearray(PIECE))
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        while count := file.readinto(memory):
            for hasher in hashers.values():
                hasher.update(memory[:count])
            if step is not None:
                step(count)
    return {name: spelled(name, hasher) for name, hasher in hashers.items()}


def _histories(folder: Path) -> Iterator[Path]:
    """Every `ascmhl` folder with a chain, the nearest to the top first."""
    for place, names, _ in os.walk(folder):
        if FOLDER in names:
            names.remove(FOLDER)
            if (Path(place) / FOLDER / CHAIN_NAME).is_file():
                yield Path(place) / FOLDER
        names.sort()


def _linked(history: Path, link: Link) -> bytes:
    """A generation's manifest, if it is the one the chain names."""
    data = _bytes(history / link.name)
    if not hmac.compare_digest(hash_stream(io.BytesIO(data)).c4, link.c4):
        raise ValidationError(f"The manifest {link.name!a} was changed after its chain file was written.")
    return data


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValidationError(f"The media hash list {path.name!a} is too large.")
        return path.read_bytes()
    except OSError as error:
        raise ValidationError(
            f"The media hash list {path.name!a} cannot be read: {error.strerror}."
        ) from error


def _add(entries: dict[str, Entry], base: str, entry: Entry) -> None:
    """A later generation's word counts; a hash that only an earlier one has stays, a renamed file goes."""
    path = entry.path if base == "." else f"{base}/{entry.path}"
    if entry.previous:
        entries.pop(entry.previous if base == "." else f"{base}/{entry.previous}", None)
    before = entries.get(path)
    if before is not None and entry.action != "failed":
        hashes = {**before.hashes, **entry.hashes}
        entry = Entry(path, hashes, entry.size or before.size, action=entry.action)
    if before is None or entry.action != "failed":
        entries[path] = entry


def files_of(folder: Path, ignored: tuple[str, ...] = IGNORED) -> Iterator[str]:
    """Paths of all files below, in order, without what the patterns leave out; links are files here."""
    for place, names, files in os.walk(folder):
        base = Path(place).relative_to(folder).as_posix()
        prefix = "" if base == "." else f"{base}/"
        names[:] = sorted(name for name in names if not _is_ignored(prefix + name, ignored, folder=True))
        links = [name for name in names if (Path(place) / name).is_symlink()]
        for name in sorted((*files, *links)):
            if not _is_ignored(prefix + name, ignored, folder=False):
                yield prefix + name


def _is_ignored(path: str, patterns: tuple[str, ...], *, folder: bool) -> bool:
    """Whether one of the patterns (as in .gitignore, without negation) names the path or its last part."""
    name = path.rpartition("/")[2]
    for pattern in patterns:
        only_folders, bare = pattern.endswith("/"), pattern.strip("/")
        if only_folders and not folder:
            continue
        subject = path if "/" in bare or pattern.startswith("/") else name
        if fnmatch.fnmatchcase(subject, bare):
            return True
    return False


def _key(path: str) -> str:
    """Paths are compared as letters: disks of different systems spell the same letters in two ways."""
    return unicodedata.normalize("NFC", path)
