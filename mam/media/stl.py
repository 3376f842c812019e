"""EBU STL subtitles (EBU Tech 3264): blocks of bytes as words with the labels they stand between. Pure.

A block of 1024 bytes says how the file counts and which letters it has, then each 128 bytes are a piece of a
subtitle, open or teletext. Italics and underlining are kept; colours, boxes, heights, places, comments and
user data are left behind. Latin letters are those of ISO 6937 (accents stand before their letter), the
others those of ISO 8859. Writes nothing.
"""
# ruff: noqa: PLR2004, RUF001 - the codes and letters are the standard's own; names would hide them

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction

from mam.media.caption_clock import CaptionsError, Clock

HEAD_BYTES = 1024
_BLOCK = 128
_FORMAT = re.compile(rb"STL(25|30)\.01")
_FORMAT_AT, _LETTERS_AT, _PROGRAMME_AT = 3, 12, 256
_LAST_PIECE, _USER_DATA = 0xFF, 0xFE
_LINE_END, _UNUSED = 0x8A, 0x8F
_MARKS = {0x80: "<i>", 0x81: "</i>", 0x82: "<u>", 0x83: "</u>"}
_CODECS = {b"01": "iso8859-5", b"02": "iso8859-6", b"03": "iso8859-7", b"04": "iso8859-8"}
_ACCENTS = dict(
    zip(
        (0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF),
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u0327\u030b\u0328\u030c",
        strict=True,
    )
)
# From 0xa0 and from 0xd0 on; what is not a letter of the table is a space. 0x24 is written for a dollar
# by most programmes, though the table has the sign of a currency there.
_LATIN = {
    0xA0: "\u00a0¡¢£$¥#§¤‘“«←↑→↓°±²³×µ¶·÷’”»¼½¾¿",
    0xD0: "―¹®©™♪¬¦    ⅛⅜⅝⅞ΩÆĐªĦ ĲĿŁØŒºÞŦŊŉĸæđðħıĳŀłøœßþŧŋ\u00ad",
}
_LETTERS = {start + at: letter for start, row in _LATIN.items() for at, letter in enumerate(row)}

Said = tuple[float, float, str]


def is_stl(data: bytes) -> bool:
    """Whether a file begins as EBU STL does."""
    return len(data) >= HEAD_BYTES and _FORMAT.match(data, _FORMAT_AT) is not None


def read(data: bytes) -> tuple[list[Said], Clock, float]:
    """What is said from when to when, the file's clock, and the second of it that the programme begins at.

    The seconds are those of labels at 25 or 30 a second. Raises `CaptionsError` with the subtitle's number.
    """
    form = _FORMAT.match(data, _FORMAT_AT)
    if form is None or len(data) < HEAD_BYTES:
        raise CaptionsError("It is no EBU STL.")
    clock = Clock(Fraction(int(form[1])), nominal=form[1] == b"30")
    letters = data[_LETTERS_AT : _LETTERS_AT + 2]
    return list(_said(data, clock, letters)), clock, _programme(data, clock)


def _programme(data: bytes, clock: Clock) -> float:
    """When the programme begins, as the head says in digits; 0 where it says none."""
    text = data[_PROGRAMME_AT : _PROGRAMME_AT + 8].decode("ascii", "replace")
    if not re.fullmatch(r"\d{8}", text, re.ASCII):
        return 0.0
    try:
        return clock.seconds(f"{text[:2]}:{text[2:4]}:{text[4:6]}", int(text[6:]))
    except CaptionsError:
        return 0.0


def _said(data: bytes, clock: Clock, letters: bytes) -> Iterator[Said]:
    """The subtitles; a long one goes on in further blocks."""
    field, begun = b"", b""
    for at in range(HEAD_BYTES, len(data) - _BLOCK + 1, _BLOCK):
        block = data[at : at + _BLOCK]
        if block[3] == _USER_DATA or block[15]:  # a comment is for those who write, not for those who read
            continue
        field, begun = field + block[16:], begun or block
        if block[3] != _LAST_PIECE:
            continue
        text = _text(field, letters)
        if text.strip():
            yield _moment(begun, 5, clock), _moment(begun, 9, clock), text
        field, begun = b"", b""


def _moment(block: bytes, at: int, clock: Clock) -> float:
    """A block's label in seconds."""
    hours, minutes, seconds, frames = block[at : at + 4]
    try:
        return clock.seconds(f"{hours:02}:{minutes:02}:{seconds:02}", frames)
    except CaptionsError as error:
        number = int.from_bytes(block[1:3], "little")
        raise CaptionsError(f"Subtitle {number}: {error}") from None


def _text(field: bytes, letters: bytes) -> str:
    """The words of a text field; teletext's codes of colour, height and box take a space, as on a screen."""
    codec, found, accent, open_marks = _CODECS.get(letters), [], "", dict.fromkeys("iu", 0)
    for code in field.partition(bytes((_UNUSED,)))[0]:
        if codec is None and code in _ACCENTS:
            accent = _ACCENTS[code]
            continue
        if code in _MARKS:
            mark = _MARKS[code]
            change = 0 if mark[1] == "/" else 1
            if open_marks[mark[-2]] != change:
                found.append(mark)
                open_marks[mark[-2]] = change
        else:
            found.append(_letter(code, accent, codec))
        accent = ""
    found += [f"</{name}>" for name, is_open in reversed(open_marks.items()) if is_open]
    return re.sub(r"[^\S\n]+", " ", "".join(found))


def _letter(code: int, accent: str, codec: str | None) -> str:
    """One code as a letter, with the accent that stood before it."""
    if code == _LINE_END:
        return "\n"
    if 0x20 <= code < 0x7F:
        return unicodedata.normalize("NFC", chr(code) + accent)
    if code < 0xA0:
        return " "
    return bytes((code,)).decode(codec, "replace") if codec else _LETTERS.get(code, " ")
