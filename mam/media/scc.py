"""Scenarist closed captions (SCC): the bytes of CEA-608's first caption channel as words with times. Pure.

Reads pop-on, paint-on and roll-up captions; colours, places and the other channels are left behind. A line is
a label of 29.97 (`;` before the frames: drop-frame) and pairs of bytes, one pair a frame. CEA-608-E, and
47 CFR 15.119 for the characters. Writes nothing.
"""
# ruff: noqa: PLR2004, RUF001 - the codes and letters are the standard's own; names would hide them

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

from mam.media.caption_clock import CaptionsError, Clock

HEAD = re.compile(r"Scenarist_SCC V\d", re.IGNORECASE)
"""How such a file begins."""

RATE = Fraction(30000, 1001)
_LINE = re.compile(r"\s*(\d{1,2}:\d{2}:\d{2})([:;.,])(\d{2})\s+([0-9a-fA-F\s]*)", re.ASCII)
_PAIR = re.compile(r"[0-9a-fA-F]{4}")
_LAST_SECONDS = 4.0
_MOST_PAIRS = 500_000  # a pair in every frame of four hours and a half
_COLUMNS = 32
# Where ASCII is not meant, the two code pages of special characters, and the rows of preambles in order.
_BASIC = str.maketrans("*\\^_`{|}~\x7f", "áéíóúç÷Ññ█")
_SPECIAL = "®°½¿™¢£♪à\u00a0èâêîôû"
_EXTENDED = (
    "ÁÉÓÚÜü‘¡*’—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»",
    "ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤│ÅåØø┌┐└┘",
)
_ROWS = (11, 11, 1, 2, 3, 4, 12, 13, 14, 15, 5, 6, 7, 8, 9, 10)

Said = tuple[float, float, str]


class _Screen:
    """A decoder of one channel: what is written, and what is shown."""

    def __init__(self) -> None:
        self.shown: dict[int, str] = {}
        self._hidden: dict[int, str] = {}
        self._row, self._roll, self._to_shown = 15, 0, False

    @property
    def text(self) -> str:
        """What is read on the screen."""
        return "\n".join(line for _, line in sorted(self.shown.items()) if line.strip())

    def _memory(self) -> dict[int, str]:
        return self.shown if self._to_shown else self._hidden

    def write(self, text: str) -> None:
        """Characters at the end of the row."""
        memory = self._memory()
        memory[self._row] = (memory.get(self._row, "") + text)[:_COLUMNS]

    def back(self) -> None:
        """The last character goes."""
        memory = self._memory()
        memory[self._row] = memory.get(self._row, "")[:-1]

    def place(self, row: int) -> None:
        """What follows stands in another row; rolling captions stay where they are."""
        if not self._roll:
            self._row = row

    def control(self, code: int) -> None:
        """A code of 0x14 0x20 to 0x2f, its second byte less 0x20."""
        modes = {0x0: (False, 0), 0x5: (True, 2), 0x6: (True, 3), 0x7: (True, 4), 0x9: (True, 0)}
        if code in modes:
            rolled, (self._to_shown, self._roll) = self._roll, modes[code]
            if self._roll and not rolled:
                self.shown, self._row = {}, 15
        elif code == 0x1:
            self.back()
        elif code == 0x4:
            self._memory().pop(self._row, None)
        elif code == 0xC:
            self.shown = {}
        elif code == 0xD and self._roll:
            self._carriage_return()
        elif code == 0xE:
            self._hidden = {}
        elif code == 0xF:
            self.shown, self._hidden, self._to_shown, self._roll = self._hidden, self.shown, False, 0

    def _carriage_return(self) -> None:
        kept = {row - 1: line for row, line in self.shown.items() if row > self._row - self._roll + 1}
        self.shown = kept


def read(lines: Iterable[str]) -> tuple[list[Said], Clock]:
    """What is said from when to when, and the file's clock. Raises `CaptionsError` with the line."""
    screen, changes, last, left = _Screen(), [(0.0, "")], "", _MOST_PAIRS
    clock = Clock(RATE)
    for number, line in enumerate(lines):
        if not line.strip() or HEAD.match(line.strip()):
            continue
        start, clock, pairs = _line(number, line)
        left -= len(pairs)
        if left < 0:
            raise CaptionsError("It holds more than a channel can carry in four hours.")
        for at, pair in enumerate(pairs):
            last = _take(screen, pair, last)
            if (text := screen.text) != changes[-1][1]:
                changes.append((start + at / float(RATE), text))
    return list(_said(changes)), clock


def _line(number: int, line: str) -> tuple[float, Clock, list[str]]:
    """When a line begins, how its label counts, and its pairs of bytes."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise CaptionsError(f"Line {number + 1} is no time with pairs of bytes.")
    clock = Clock(RATE, drop=match[2] in ";,")
    try:
        start = clock.seconds(match[1].zfill(8), int(match[3]))
    except CaptionsError as error:
        raise CaptionsError(f"Line {number + 1}: {error}") from None
    return start, clock, _PAIR.findall(re.sub(r"\s+", "", match[4]))


def _take(screen: _Screen, pair: str, last: str) -> str:
    """One pair of bytes; a code that comes twice counts once. Answers the code, or nothing for letters."""
    high, low = (one & 0x7F for one in bytes.fromhex(pair))  # without their parity
    if high >= 0x20:
        if last != "other":
            screen.write("".join(chr(one).translate(_BASIC) for one in (high, low) if one >= 0x20))
        return "other" if last == "other" else ""
    if high < 0x10:
        return last
    if high >= 0x18:  # the second channel; its letters are not ours either
        return "other"
    code = f"{high:02x}{low:02x}"
    if code == last:
        return ""
    _code(screen, high, low)
    return code


def _code(screen: _Screen, high: int, low: int) -> None:
    """A code of the first channel."""
    if low >= 0x40:
        screen.place(_ROWS[(high & 7) << 1 | (low >> 5 & 1)])
    elif high in (0x14, 0x15) and 0x20 <= low <= 0x2F:
        screen.control(low - 0x20)
    elif high == 0x11 and low >= 0x30:
        screen.write(_SPECIAL[low - 0x30])
    elif high == 0x11 and low >= 0x20:  # a change of style takes a place
        screen.write(" ")
    elif high in (0x12, 0x13) and low >= 0x20:
        screen.back()  # a plain one stands before it, for old decoders
        screen.write(_EXTENDED[high - 0x12][low - 0x20])


def _said(changes: list[tuple[float, str]]) -> Iterator[Said]:
    """Each text that stood, from when to when; the last one for some seconds."""
    start, text = 0.0, ""
    for moment, shown in changes:
        if shown != text:
            if text and not (shown.startswith(text) and moment - start < 1):
                yield start, moment, text
                start = moment
            start, text = (start if text and shown.startswith(text) else moment), shown
    if text:
        yield start, start + _LAST_SECONDS, text
