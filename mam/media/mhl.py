"""ASC media hash lists: manifests and their chain as XML, read with suspicion, written by the standard.

Version 2.0 (ASC MHL specification, namespace `urn:ASC:MHL:v2.0`) is written and read; of the older lists
(1.0, 1.1, "MHL" files of offload tools) only what names files and their hashes is read. Pure: no disk, no
database. A manifest comes from strangers: no document type, no entities, bounded in entries and in names.
"""

from __future__ import annotations

import io
import posixpath
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, SubElement, indent, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

import mam
from mam.errors import ValidationError
from mam.media.mhl_tree import FORMATS, Hashes, directories

NAMESPACE = "urn:ASC:MHL:v2.0"
CHAIN_NAMESPACE = "urn:ASC:MHL:DIRECTORY:v2.0"
FOLDER = "ascmhl"
CHAIN_NAME = "ascmhl_chain.xml"
IGNORED = (".DS_Store", FOLDER, f"{FOLDER}/")
"""What no manifest covers, as the reference tool has it."""

MOST_ENTRIES = 1_000_000
MOST_BYTES = 512 << 20
"""Bounds on a manifest that is read; a card has some thousands of files."""

_LONGEST_PATH = 4096
_OLD_NAMES = {"xxhash64be": "xxh64", "xxhash64": "xxh64", "xxhash": "xxh64", "xxhash128": "xxh128"}


@dataclass(frozen=True)
class Entry:
    """One file of a manifest. `path` is relative to the list's root, `size` in bytes, `hashes` by format.

    `previous` is where the file lay in the generation before.
    """

    path: str
    hashes: Mapping[str, str]
    size: int | None = None
    modified: datetime | None = None
    action: str = "original"
    previous: str = ""


@dataclass(frozen=True)
class Manifest:
    """One generation: who made it when with what, and what it lists."""

    entries: tuple[Entry, ...]
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    author: str = ""
    comment: str = ""
    location: str = ""
    process: str = "in-place"
    ignored: tuple[str, ...] = IGNORED


@dataclass(frozen=True)
class Link:
    """One line of the chain: a generation's number, the manifest's file name, the C4 id of its bytes."""

    number: int
    name: str
    c4: str


def file_name(number: int, root: str, created: datetime) -> str:
    """`0001_<root>_2026-11-21_115212Z.mhl`, as the specification names generations."""
    return f"{number:04}_{root}_{created.astimezone(UTC):%Y-%m-%d_%H%M%SZ}.mhl"


# --- writing -------------------------------------------------------------------------------------


def write_manifest(manifest: Manifest) -> bytes:
    """The manifest as XML, with hashes of every folder and of the root."""
    root = Element("hashlist", {"version": "2.0", "xmlns": NAMESPACE})
    _creator(SubElement(root, "creatorinfo"), manifest)
    folders = dict(directories({entry.path: entry.hashes for entry in manifest.entries}))
    process = SubElement(root, "processinfo")
    SubElement(process, "process").text = manifest.process
    _folder_hashes(SubElement(process, "roothash"), folders.pop(""))
    ignore = SubElement(process, "ignore")
    for pattern in manifest.ignored:
        SubElement(ignore, "pattern").text = pattern
    hashes = SubElement(root, "hashes")
    stamp = _iso(manifest.created)
    for entry in sorted(manifest.entries, key=lambda one: one.path):
        _entry(SubElement(hashes, "hash"), entry, stamp)
    for path, found in folders.items():
        directory = SubElement(hashes, "directoryhash")
        SubElement(directory, "path").text = path
        _folder_hashes(directory, found)
    return _document(root)


def write_chain(links: Iterable[Link]) -> bytes:
    """The chain file that names each generation and the C4 id of its manifest."""
    root = Element("ascmhldirectory", {"xmlns": CHAIN_NAMESPACE})
    for link in links:
        item = SubElement(root, "hashlist", {"sequencenr": str(link.number)})
        SubElement(item, "path").text = link.name
        SubElement(item, "c4").text = link.c4
    return _document(root)


def _document(root: Element) -> bytes:
    indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8") + b"\n"


def _creator(info: Element, manifest: Manifest) -> None:
    SubElement(info, "creationdate").text = _iso(manifest.created)
    SubElement(info, "hostname").text = socket.gethostname()
    SubElement(info, "tool", {"version": mam.__version__}).text = "mam"
    for name in ("author", "location", "comment"):
        text = getattr(manifest, name)
        if text:
            SubElement(info, name).text = _printable(text)


def _entry(element: Element, entry: Entry, stamp: str) -> None:
    path = SubElement(element, "path")
    path.text = entry.path
    if entry.size is not None:
        path.set("size", str(entry.size))
    if entry.modified is not None:
        path.set("lastmodificationdate", _iso(entry.modified))
    for name in sorted(entry.hashes):
        SubElement(element, name, {"action": entry.action, "hashdate": stamp}).text = entry.hashes[name]
    if entry.previous:
        SubElement(element, "previousPath").text = entry.previous


def _folder_hashes(element: Element, found: tuple[Hashes, Hashes]) -> None:
    for part, hashes in zip(("content", "structure"), found, strict=True):
        holder = SubElement(element, part)
        for name in sorted(hashes):
            SubElement(holder, name).text = hashes[name]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _printable(text: str) -> str:
    """Text that XML can carry: no control characters."""
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")


# --- reading -------------------------------------------------------------------------------------


def parse_manifest(stream: BinaryIO | bytes) -> Manifest:
    """A manifest of version 2.0, or an older list. Raises `ValidationError` with what is wrong with it.

    Paths are checked: relative, without `..`. Of the hashes those in `FORMATS` are kept.
    """
    details: dict[str, str] = {}
    ignored: list[str] = []
    entries: list[Entry] = []
    for element in _elements(stream, "hashlist"):
        name = _local(element)
        if name == "hash":
            entries.append(_read_entry(element))
            element.clear()
            if len(entries) > MOST_ENTRIES:
                raise ValidationError(f"The manifest lists more than {MOST_ENTRIES} files.")
        elif name == "directoryhash":
            element.clear()
        elif name == "pattern":
            ignored.append(element.text or "")
        elif name in {"creationdate", "author", "comment", "location", "process"}:
            details.setdefault(name, (element.text or "").strip()[:_LONGEST_PATH])
    return Manifest(
        tuple(entries),
        created=_moment(details.get("creationdate")),
        author=details.get("author", ""),
        comment=details.get("comment", ""),
        location=details.get("location", ""),
        process=details.get("process", ""),
        ignored=tuple(ignored) or IGNORED,
    )


def parse_chain(stream: BinaryIO | bytes) -> tuple[Link, ...]:
    """The generations that a chain file names, by number. Raises `ValidationError`."""
    links = []
    for element in _elements(stream, "ascmhldirectory"):
        if _local(element) != "hashlist":
            continue
        texts = {_local(child): (child.text or "").strip() for child in element}
        number, name = element.get("sequencenr", ""), texts.get("path", "")
        if not number.isdecimal() or not name or "/" in name or "c4" not in texts:
            raise ValidationError("The chain file holds a generation without number, name or C4 id.")
        links.append(Link(int(number), name, texts["c4"]))
    return tuple(sorted(links, key=lambda link: link.number))


def _elements(stream: BinaryIO | bytes, root: str) -> Iterator[Element]:
    """Every element of a document as it ends; `ValidationError` unless its root has that name."""
    source = io.BytesIO(stream) if isinstance(stream, bytes) else stream
    top = ""
    try:
        for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                top = top or _local(element)
                if top != root:
                    raise ValidationError(f"This is no media hash list: it begins with {top[:40]!a}.")
            else:
                yield element
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise ValidationError(f"The media hash list cannot be read: {error}.") from error


def _read_entry(element: Element) -> Entry:
    """One `hash` element, of either version."""
    path, size, hashes, action, previous = "", None, {}, "", ""
    for child in element:
        name, text = _local(child).lower(), (child.text or "").strip()
        if name in {"path", "file"}:
            path, size = text, child.get("size") or size
        elif name == "size":
            size = text
        elif name == "previouspath":
            previous = text
        elif (known := _OLD_NAMES.get(name, name)) in FORMATS and text:
            hashes[known] = text if known == "c4" else text.lower()
            action = child.get("action", action)
    if size is not None and not size.isdecimal():
        raise ValidationError(f"The manifest gives {path[:200]!a} the size {size[:40]!a}.")
    return Entry(_safe(path), hashes, int(size) if size else None, None, action, previous)


def _safe(path: str) -> str:
    """A relative path that stays below its root."""
    clean = posixpath.normpath(path.replace("\\", "/"))
    outside = clean.startswith(("/", "../")) or clean in {".", ".."} or clean[1:2] == ":"
    if not path or outside or "\0" in clean or len(clean) > _LONGEST_PATH:
        raise ValidationError(f"The manifest names a file outside its folder: {path[:200]!a}.")
    return clean


def _moment(text: str | None) -> datetime:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _local(element: Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
