"""Bytes of a list of markers to text, and text to markers: tables, EDLs, Avid's marker lists.

Pure. A file that is no such list is a `ValidationError` in one sentence; a line that is no note is
listed with its reason.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from mam.errors import FieldError, ValidationError
from mam.media.marks import locators, table
from mam.media.marks.film import LABEL, Film
from mam.media.marks.spots import MOST, Found

MOST_BYTES = 4 << 20
"""Of a list."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16's does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
_AVID = re.compile(rf"[^\t\n]*\t{LABEL}\t[^\t\n]*\t[^\t\n]*\t", re.MULTILINE)
_EDL = re.compile(rf"^\s*(?:TITLE:|FCM:|\*\s*LOC:|\d+\s+\S+\s+\S+\s+\S+\s.*{LABEL})|\|C:", re.MULTILINE)
_READERS: dict[str, Callable[[str, Film], Found]] = {
    "csv": table.read, "edl": locators.read_edl, "avid": locators.read_avid,
}  # fmt: skip


def read(data: bytes, form: str, film: Film) -> Found:
    """The markers of a list; `form` is csv, edl, avid, or auto to look what it is."""
    if len(data) > MOST_BYTES:
        raise refused(f"A list of markers may have {MOST_BYTES >> 20} MiB at most.")
    text = decoded(data)
    found = _READERS[_form(text) if form == "auto" else form](text, film)
    if not len(found):
        raise refused("There are no markers in this file.")
    if len(found) > MOST:
        raise refused(f"A list may have {MOST} markers at most.")
    return found


def decoded(data: bytes) -> str:
    """The text: UTF-8, UTF-16 or UTF-32 by its mark, else UTF-8, else Windows-1252."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _checked(_strictly(data[len(bom) :], encoding))
    if data[1:2] == b"\0" and data[:1] != b"\0":
        return _checked(_strictly(data, "utf-16-le"))  # without a mark; no list begins with a NUL
    try:
        return _checked(data.decode())
    except UnicodeDecodeError:
        return _checked(_strictly(data, "cp1252"))


def refused(message: str) -> ValidationError:
    """The refusal of a whole file."""
    return ValidationError(f"file: {message}", (FieldError("file", message),))


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise refused("This is no text that can be read; save the list as UTF-8.") from error


def _checked(text: str) -> str:
    if _CONTROL.search(text):
        raise refused("This is no list of markers but binary data.")
    if not text.strip():
        raise refused("This file is empty.")
    return text


def _form(text: str) -> str:
    head = text.lstrip()[:20_000]
    if _AVID.match(text.lstrip("\r\n")[:20_000]):
        return "avid"
    return "edl" if _EDL.search(head) and not table.known(head.splitlines()[0]) else "csv"
