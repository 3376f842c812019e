"""Reads the words of documents, for search: PDF, office files, plain text. Bounded in every direction.

Archives are never unpacked: a few entries by fixed names are read through a window that counts what comes
out. XML is read by an expat that knows no entity and opens nothing. Promise B8. Writes nothing.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.parsers import expat

from mam.media.readers import LONGEST_TAG, KeptError, ReaderError, pdf

_ENTRIES = 20_000
"""Entries of an archive; a larger one is not looked into."""

_ENTRY_BYTES = 32 * 1024 * 1024
_ALL_BYTES = 96 * 1024 * 1024
_RATIO = 200
"""So many times its stored size may an entry grow, beyond the first mebibyte."""

_SMALL = 1024 * 1024
_CHUNK = 64 * 1024
_DEPTH = 256
_TEXT_BYTES = 8 * 1024 * 1024
_FEW_BYTES = 64
_OPEN_XML, _OPEN_DOCUMENT = (
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
)
# What holds words, by the kind of office file; numbers sort as numbers.
_PARTS = {
    "wordprocessingml": r"word/(document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml",
    "spreadsheetml": r"xl/(workbook|sharedStrings|worksheets/sheet\d+|comments\d*|drawings/drawing\d+)\.xml",
    "presentationml": r"ppt/(slides/slide\d+|notesSlides/notesSlide\d+)\.xml",
}
_WORD_ELEMENTS = frozenset(("t", "delText"))
_SHEETS = frozenset(("sheet", "table"))  # whose name is on a tab below the cells
_BREAKS = frozenset(("p", "br", "tab", "tr", "si", "h", "c", "row", "line-break", "list-item"))
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


class _TooMuch(Exception):  # noqa: N818 - it ends the reading and is no error
    """Enough was read."""


def read(source: str, content_type: str, characters: int) -> dict[str, Any]:
    """`{"text": ..., "tags": {...}, "partial": bool}` of a document; `{"error": ...}` where it is damaged."""
    try:
        if content_type == "application/pdf":
            pages = (tidy(page) for page in pdf.text_of(source, characters).split("\f"))
            return {"text": "\f".join(pages), "tags": {}, "partial": False}
        if content_type.startswith((_OPEN_XML, _OPEN_DOCUMENT)) or content_type == "application/epub+zip":
            return _office(source, content_type, characters)
        text = _plain(source, content_type)
    except (ReaderError, *_FAULTS) as error:
        return {"error": "unreadable", "reason": str(error)[:LONGEST_TAG]}
    except KeptError as error:
        return {"error": "kept", "reason": str(error)}
    return {"text": tidy(text)[:characters], "tags": {}, "partial": False}


def tidy(text: str) -> str:
    """Lines without control characters, runs of white space as one."""
    lines = (re.sub(r"[\x00-\x1f\x7f\s]+", " ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _plain(source: str, content_type: str) -> str:
    """Text as it is written; of RTF and HTML what people see."""
    with Path(source).open("rb") as stream:
        data = stream.read(_TEXT_BYTES)
    if content_type == "application/rtf":
        return _rtf(data.decode("latin-1"))
    text = _decoded(data)
    if content_type in {"text/html", "text/xml"}:
        return _seen(text)
    return text


def _decoded(data: bytes) -> str:
    """By its mark, else UTF-8, else the one 8-bit code that knows every byte."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    for code, zeros in (("utf-16-le", data[1:_FEW_BYTES:2]), ("utf-16-be", data[:_FEW_BYTES:2])):
        if zeros and not any(zeros):  # every other byte: Latin letters without the mark
            return data.decode(code, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace") if b"\0" not in data else data.decode("utf-8", "replace")


# --- office --------------------------------------------------------------------------------------


def _office(source: str, content_type: str, characters: int) -> dict[str, Any]:
    """The words of an archive's parts, as many as may be."""
    words = _Words(characters, sheets="spreadsheet" in content_type)
    partial = False
    with zipfile.ZipFile(source) as archive:
        entries = archive.infolist()
        if len(entries) > _ENTRIES:
            raise ReaderError("too many entries")
        left = _ALL_BYTES
        for entry in _wanted(entries, content_type):
            try:
                left -= words.read(archive, entry, left)
            except _TooMuch:
                partial = True
                break
            except (expat.ExpatError, *_FAULTS):
                partial = True
    return {"text": tidy(words.text)[:characters], "tags": {}, "partial": partial}


def _wanted(entries: list[zipfile.ZipInfo], content_type: str) -> list[zipfile.ZipInfo]:
    """The entries that hold words, in the order of pages; no folder, no link, nothing encrypted."""
    pattern = next((one for name, one in _PARTS.items() if name in content_type), r"content\.xml")
    if content_type == "application/epub+zip":
        pattern = r"[^\x00]{1,200}\.x?html?"
    plain = [one for one in entries if re.fullmatch(pattern, one.filename) and not one.flag_bits & 1]
    return sorted({one.filename: one for one in plain}.values(), key=_in_order)


def _in_order(entry: zipfile.ZipInfo) -> tuple[bool, list[tuple[int, str]]]:
    """The names of sheets before what stands on them, then by number."""
    return not entry.filename.endswith("/workbook.xml"), _by_number(entry.filename)


def _by_number(name: str) -> list[tuple[int, str]]:
    return [(int(one), "") if one.isdigit() else (-1, one) for one in re.findall(r"\d{1,9}|\D+", name)]


class _Words:
    """Collects the text of XML parts; entities, document types and bottomless nesting end it."""

    def __init__(self, characters: int, *, sheets: bool) -> None:
        self._left, self._sheets = characters, sheets
        self._found: list[str] = []
        self._depth = 0
        self._inside = 0
        self._everything = False
        self._refers = False

    @property
    def text(self) -> str:
        return "".join(self._found)

    def read(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> int:
        """Read one part; how many bytes came out. Raises `_TooMuch` at any bound."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._refuse
        parser.StartDoctypeDeclHandler = None if entry.filename.endswith("html") else self._refuse
        self._depth = self._inside = 0
        self._refers = False
        self._everything = not entry.filename.startswith(("word/", "xl/", "ppt/"))
        came = 0
        for chunk in _chunks(archive, entry, left):
            came += len(chunk)
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
        self._found.append("\n")
        return came

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH:
            raise _TooMuch
        local = name.rpartition(" ")[2]
        if local == "c":  # a cell whose value is the number of a shared text says nothing itself
            self._refers = attributes.get("t") == "s"
        self._inside += self._speaks(name, local)
        if local in _BREAKS:
            self._found.append("\n" if local != "c" else " ")
        if self._sheets and local in _SHEETS:
            self._name(
                next((value for key, value in attributes.items() if key.rpartition(" ")[2] == "name"), "")
            )

    def _end(self, name: str) -> None:
        self._depth -= 1
        local = name.rpartition(" ")[2]
        self._inside -= self._speaks(name, local)

    def _speaks(self, name: str, local: str) -> bool:
        return local in _WORD_ELEMENTS or (local == "v" and "spreadsheet" in name and not self._refers)

    def _name(self, name: str) -> None:
        if name:
            self._add(f"\n{name}\n")

    def _characters(self, text: str) -> None:
        if self._inside or self._everything:
            self._add(text)

    def _add(self, text: str) -> None:
        self._found.append(text[: self._left])
        self._left -= len(text)
        if self._left <= 0:
            raise _TooMuch

    def _refuse(self, *_declared: object) -> None:
        raise _TooMuch


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> Iterator[bytes]:
    """What comes out of one entry; raises `_TooMuch` where it is more than may be."""
    most = min(left, _ENTRY_BYTES, max(_SMALL, entry.compress_size * _RATIO))
    came = 0
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            came += len(chunk)
            if came > most:
                raise _TooMuch
            yield chunk


# --- text with marks -----------------------------------------------------------------------------


class _Seen(HTMLParser):
    """The text of a page that people see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        """What is hidden begins; anything else parts words."""
        self._hidden += tag in {"script", "style"}
        self.found.append("\n" if tag in {"p", "br", "div", "li", "tr"} else " ")

    def handle_endtag(self, tag: str) -> None:
        """What is hidden ends."""
        if tag in {"script", "style"} and self._hidden:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        """Text."""
        if not self._hidden:
            self.found.append(data)


def _seen(text: str) -> str:
    parser = _Seen()
    parser.feed(text)
    return "".join(parser.found)


_RTF = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)|[\r\n]+"
)
_RTF_HIDDEN = frozenset(
    (
        "fonttbl",
        "colortbl",
        "stylesheet",
        "info",
        "pict",
        "object",
        "themedata",
        "datastore",
        "latentstyles",
        "listtable",
    )
)
_RTF_BREAKS = {"par": "\n", "line": "\n", "tab": " ", "cell": " ", "row": "\n", "page": "\n"}


def _rtf(text: str) -> str:
    """What people see of rich text: words outside of tables of fonts, colours and styles."""
    found: list[str] = []
    hidden: list[bool] = [False]
    skip = 0
    for match in _RTF.finditer(text):
        word, number, code, symbol, brace, plain = match.groups()
        if brace:
            hidden = [*hidden, hidden[-1]][-_DEPTH:] if brace == "{" else (hidden[:-1] or [False])
        elif symbol == "*" or word in _RTF_HIDDEN:
            hidden[-1] = True
        elif hidden[-1]:
            continue
        elif word == "u" and number:
            found.append(chr(int(number) % 65536))
            skip = 1
        elif word in _RTF_BREAKS:
            found.append(_RTF_BREAKS[word])
        elif code and not skip:
            found.append(bytes.fromhex(code).decode("cp1252", "replace"))
        elif plain:
            found.append(plain[skip:])
        skip = skip if word == "u" else 0
    return "".join(found)
