"""Side-car caption files of a user: SRT, WebVTT, ASS/SSA, SBV, TTML, SCC, EBU STL as safe cues.

Bounded and strict about time: a moment that cannot be read is an error that names its line, so that nobody
finds out in the cinema. Words are made safe by `mam.media.vtt`. Pure; writes nothing.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Literal

from mam.errors import TooLargeError, ValidationError
from mam.media import scc, stl, ttml
from mam.media.caption_clock import CaptionsError, Clock, zero
from mam.media.vtt import MOST_CUES, Cue, safe_text

LARGEST = 5 << 20
"""Bytes of one caption file; a film of three hours has some 150 KB."""

SUFFIXES = (".srt", ".vtt", ".ass", ".ssa", ".sbv", ".ttml", ".dfxp", ".scc", ".stl")
"""Endings of the files that are read."""

Format = Literal["srt", "vtt", "ass", "sbv", "ttml", "scc", "stl"]

_NOTES = frozenset({"forced", "sdh", "cc"})
_NAMED_CODE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?", re.ASCII)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, which begins alike
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT = 4096
_MANY_ZEROS = 0.2
_LATEST = 100 * 3600.0
_CUE_CHARACTERS = 2_000
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?", re.ASCII)
_SBV_TIMING = re.compile(rf"\s*{_TIME}\s*,\s*{_TIME}\s*", re.ASCII)
_SBV_BREAK = re.compile(r"\[br\]", re.IGNORECASE)
_ASS_TIME = re.compile(rf"\s*{_TIME}\s*", re.ASCII)
_OVERRIDES = re.compile(r"\{\\[^{}]{0,500}\}")  # ASS's, found in SRT as well
_BRACES = re.compile(r"\{[^{}]{0,500}\}")
_ASS_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")


@dataclass(frozen=True)
class Subtitles:
    """What a file says: its format, its cues by their start, the encoding it was written in.

    `clock` where the times are a time code: they count from midnight then, and not from the film's begin;
    `programme` is where the file says that its programme begins.
    """

    format: Format
    cues: tuple[Cue, ...]
    encoding: str
    clock: Clock | None = None
    programme: float = 0.0

    def on_film(self, *, label: str | None, rate: Fraction | None, duration: float) -> Subtitles:
        """The same from the film's first picture on; `label` is its start time code, `duration` in seconds.

        Raises `ValidationError` where nothing is left of it.
        """
        if self.clock is None:
            return self
        clock = self.clock.beside(label, rate)
        told, programme = (self.cues, self.programme) if clock == self.clock else self._again(clock)
        off = zero(clock, told[0].start, label=label, rate=rate, duration=duration, programme=programme)
        cues = tuple(
            replace(cue, start=max(0.0, cue.start - off), end=cue.end - off) for cue in told if cue.end > off
        )
        if not cues:
            raise _bad("Everything it says comes before the film begins.")
        return replace(self, cues=cues, clock=None)

    def _again(self, clock: Clock) -> tuple[tuple[Cue, ...], float]:
        """The cues and the programme's begin with their labels read by another clock."""
        assert self.clock is not None  # noqa: S101 - there are labels
        read = partial(clock.again, other=self.clock)
        cues = tuple(replace(cue, start=read(cue.start), end=read(cue.end)) for cue in self.cues)
        return cues, read(self.programme)


@dataclass(frozen=True)
class Named:
    """What a caption file's name says: the films it may belong to, without endings; language; forced."""

    bases: tuple[str, ...]
    language: str = ""
    forced: bool = False


def read_name(name: str) -> Named | None:
    """Read `clip.de.srt`, `clip.pt-BR.forced.vtt`; None for a name that is no caption file's."""
    stem, dot, ending = name.rpartition(".")
    if f"{dot}{ending.lower()}" not in SUFFIXES or not stem:
        return None
    parts, forced = stem.split("."), False
    while len(parts) > 1 and parts[-1].lower() in _NOTES:
        forced = parts.pop().lower() == "forced" or forced
    if len(parts) > 1 and _NAMED_CODE.fullmatch(parts[-1]):
        return Named((".".join(parts), ".".join(parts[:-1])), parts[-1], forced)
    return Named((".".join(parts),), "", forced)


def parse(data: bytes) -> Subtitles:
    """Read a caption file.

    Raises `TooLargeError` over `LARGEST` bytes, `ValidationError` (code `captions_invalid`) for what is none
    of the formats, holds no words, or has a time that is none.
    """
    if len(data) > LARGEST:
        raise TooLargeError(f"A caption file may have {LARGEST >> 20} MiB at most.")
    if stl.is_stl(data):
        return _of_stl(data)
    text, encoding = decode(data)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = _format(lines)
    made, clock = _made(found, text, lines)
    return Subtitles(found, _in_order(made), encoding, clock)


def _of_stl(data: bytes) -> Subtitles:
    """A file of bytes: its letters are no encoding of the world's."""
    try:
        said, clock, programme = stl.read(data)
    except CaptionsError as error:
        raise _bad(str(error)) from None
    return Subtitles("stl", _in_order(_spoken(said)), "ebu-stl", clock, programme)


def _in_order(made: Iterable[Cue]) -> tuple[Cue, ...]:
    """The cues by their start; `ValidationError` for none, and for too many."""
    cues = []
    for cue in made:
        cues.append(cue)
        if len(cues) > MOST_CUES:
            raise _bad(f"It holds more than {MOST_CUES} captions.")
    if not cues:
        raise _bad("It holds no captions with words in them.")
    return tuple(sorted(cues, key=lambda cue: (cue.start, cue.end)))


def _made(found: Format, text: str, lines: list[str]) -> tuple[Iterator[Cue], Clock | None]:
    """The cues of a file of that format, and the clock of one that counts in time code."""
    if found in {"scc", "ttml"}:
        try:
            said, clock = scc.read(lines) if found == "scc" else ttml.read(text)
        except CaptionsError as error:
            raise _bad(str(error)) from None
        return _spoken(said), clock
    if found in {"ass", "sbv"}:
        return (_ass if found == "ass" else _sbv)(lines), None
    return _timed(lines, blank_ends=found == "vtt"), None


def _spoken(said: list[tuple[float, float, str]]) -> Iterator[Cue]:
    """What was read with times that are sure already."""
    for start, end, words in said:
        yield from _cue(start, end, words, 0, words)


def decode(data: bytes) -> tuple[str, str]:
    """The text and its encoding: by its mark, else UTF-16 by its zeros, else UTF-8, else Windows Latin-1."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding), encoding
    encoding = _by_zeros(data[:_LOOKED_AT])
    if encoding:
        return _decoded(data, encoding), encoding
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        if b"\0" in data:
            raise _bad("It is no text.") from None
        return data.decode("cp1252", "replace"), "cp1252"


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _bad(f"It says that it is {encoding.upper()}, and is not from byte {error.start} on.") from None


def _by_zeros(head: bytes) -> str:
    """UTF-16 without a mark: western letters have a zero at every other byte."""
    half = max(1, len(head) // 2)
    if head[1::2].count(0) / half > _MANY_ZEROS > head[::2].count(0) / half:
        return "utf-16-le"
    if head[::2].count(0) / half > _MANY_ZEROS > head[1::2].count(0) / half:
        return "utf-16-be"
    return ""


def _format(lines: list[str]) -> Format:
    first = next((line.strip() for line in lines if line.strip()), "")
    if re.match(r"WEBVTT(\s|$)", first):
        return "vtt"
    if first.lower() == "[script info]":
        return "ass"
    if scc.HEAD.match(first):
        return "scc"
    if first.startswith("<"):
        return "ttml"
    if any("-->" in line for line in lines):
        return "srt"
    if _SBV_TIMING.fullmatch(first):
        return "sbv"
    raise _bad("It is none of the formats that are read: SRT, WebVTT, ASS, SBV, TTML, SCC, EBU STL.")


def _timed(lines: list[str], *, blank_ends: bool) -> Iterator[Cue]:
    """The cues of SRT and WebVTT. In SRT a blank line may stand in a caption; the next number ends it."""
    timings = [number for number, line in enumerate(lines) if "-->" in line]
    for place, number in enumerate(timings):
        match = _TIMING.fullmatch(lines[number])
        if match is None:
            raise _bad_time(number, lines[number])
        groups = match.groups()
        start, end = (_seconds(part, number, lines[number]) for part in (groups[:4], groups[4:]))
        until = timings[place + 1] if place + 1 < len(timings) else len(lines)
        words = _to_blank(lines[number + 1 : until]) if blank_ends else _to_number(lines[number + 1 : until])
        yield from _cue(start, end, "\n".join(words), number, lines[number])


def _to_blank(lines: list[str]) -> list[str]:
    end = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
    return lines[:end]


def _to_number(lines: list[str]) -> list[str]:
    """Without the number of the next caption, which stands right before its times."""
    return lines[:-1] if lines and re.fullmatch(r"\s*\d{1,7}\s*", lines[-1], re.ASCII) else lines


def _sbv(lines: list[str]) -> Iterator[Cue]:
    """The cues of SBV: a line of two times, words until a blank line."""
    at = 0
    while at < len(lines):
        number, at = at, at + 1
        if not lines[number].strip():
            continue
        match = _SBV_TIMING.fullmatch(lines[number])
        if match is None:
            raise _bad_time(number, lines[number])
        groups = match.groups()
        start, end = (_seconds(part, number, lines[number]) for part in (groups[:4], groups[4:]))
        words = _to_blank(lines[at:])
        at += len(words)
        yield from _cue(start, end, _SBV_BREAK.sub("\n", "\n".join(words)), number, lines[number])


def _ass(lines: list[str]) -> Iterator[Cue]:
    fields: tuple[str, ...] = _ASS_FIELDS
    in_events = False
    for number, line in enumerate(lines):
        name, colon, value = line.partition(":")
        if line.strip().startswith("["):
            in_events = line.strip().lower() == "[events]"
        elif not (in_events and colon):
            continue
        elif name.strip().lower() == "format":
            fields = tuple(one.strip().lower() for one in value.split(","))
        elif name.strip().lower() == "dialogue":
            row = dict(zip(fields, value.split(",", len(fields) - 1), strict=False))
            start, end = (_ass_seconds(row.get(key, ""), number, line) for key in ("start", "end"))
            words = re.sub(r"\\[Nn]", "\n", _BRACES.sub("", row.get("text", ""))).replace("\\h", " ")
            yield from _cue(start, end, words, number, line)


def _ass_seconds(text: str, number: int, line: str) -> float:
    match = _ASS_TIME.fullmatch(text)
    if match is None:
        raise _bad_time(number, line)
    return _seconds(match.groups(), number, line)


def _seconds(groups: tuple[str | None, ...], number: int, line: str) -> float:
    hours, minutes, seconds = (int(group or 0) for group in groups[:3])
    if minutes > 59 or seconds > 59:  # noqa: PLR2004 - minutes of an hour, seconds of a minute
        raise _bad_time(number, line)
    return hours * 3600 + minutes * 60 + seconds + int((groups[3] or "0").ljust(3, "0")) / 1000


def _cue(start: float, end: float, words: str, number: int, line: str) -> Iterator[Cue]:
    """The cue, if it says anything for any time; one that ends before it begins is a mistake."""
    if end < start or end > _LATEST:
        raise _bad_time(number, line)
    text = safe_text(_OVERRIDES.sub("", words)[:_CUE_CHARACTERS])
    if text and end > start:
        yield Cue(start, end, text)


def _bad_time(number: int, line: str) -> ValidationError:
    shown = "".join(char if char.isprintable() else " " for char in line[:80]).strip()
    return _bad(f"Line {number + 1} has no times that can be read: {shown!a}.")


def _bad(detail: str) -> ValidationError:
    return ValidationError(f"The caption file cannot be used. {detail}", code="captions_invalid")
