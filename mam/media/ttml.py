"""TTML and DFXP captions: the words of timed paragraphs and spans, as (start, end, text). Pure.

Read by an expat that knows no entity and opens nothing; a document type ends it. Times in each of the three
time bases (media, SMPTE with drop-frame, clock read as media), as clock times, frames, ticks and offsets;
children count from their parent. Styles but italics, regions and images are left behind. W3C TTML1 and 2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from xml.parsers import expat

from mam.media.caption_clock import CaptionsError, Clock

_DEPTH, _MOST = 64, 100_000
_CLOCK = re.compile(r"(\d{2,3}):([0-5]\d):([0-5]\d)(?:\.(\d{1,9})|[:;](\d{2,3})(?:\.\d{1,3})?)?", re.ASCII)
_OFFSET = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?(h|ms|m|s|f|t)", re.ASCII)
_UNITS = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}
_TIMED = frozenset(("body", "div", "p", "span"))
_FASTEST = 1_000
_OPEN_SECONDS = 4.0  # how long something stands that says no end

Said = tuple[float, float, str]


@dataclass
class _Times:
    """What the root says about time."""

    rate: Fraction = Fraction(30)
    ticks: Fraction = Fraction(1)
    clock: Clock | None = None

    @classmethod
    def told(cls, told: Mapping[str, str]) -> _Times:
        """From the attributes of `tt`, by their local names."""
        rate = Fraction(_whole(told, "frameRate", 30))
        multiplier = re.fullmatch(r"(\d{1,6})[ :](\d{1,6})", told.get("frameRateMultiplier", "1 1").strip())
        if multiplier is None or not int(multiplier[1]) or not int(multiplier[2]):
            raise CaptionsError("Its frameRateMultiplier is none.")
        rate *= Fraction(int(multiplier[1]), int(multiplier[2]))
        ticks = Fraction(_whole(told, "tickRate", 0)) or (rate if "frameRate" in told else Fraction(1))
        drop = told.get("dropMode", "nonDrop") != "nonDrop"
        return cls(rate, ticks, Clock(rate, drop) if told.get("timeBase") == "smpte" else None)

    def seconds(self, text: str) -> float:
        """A time expression; `CaptionsError` for what is none."""
        text = text.strip()
        if clock := _CLOCK.fullmatch(text):
            return self._clock(*clock.groups())
        offset = _OFFSET.fullmatch(text)
        if offset is None:
            raise CaptionsError(f"It has a time that cannot be read: {text[:40]!a}.")
        number = Fraction(f"{offset[1]}.{offset[2] or 0}")
        if offset[3] in _UNITS:
            return float(number * _UNITS[offset[3]])
        return float(number / (self.rate if offset[3] == "f" else self.ticks))

    def _clock(
        self, hours: str, minutes: str, seconds: str, fraction: str | None, frames: str | None
    ) -> float:
        if self.clock is not None and fraction is None:
            return self.clock.seconds(f"{hours[-2:]}:{minutes}:{seconds}", int(frames or 0))
        whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        return float(whole + Fraction(f"0.{fraction or 0}") + int(frames or 0) / self.rate)


@dataclass
class _Element:
    """An open element: its local name, its time, whether its text is in italics."""

    name: str
    begin: float
    end: float | None
    italic: bool = False
    keeps: bool = False
    words: list[str] | None = None


@dataclass
class _Reader:
    """Collects what timed elements say."""

    said: list[Said] = field(default_factory=list)
    times: _Times = field(default_factory=_Times)
    open: list[_Element] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        local = name.rpartition(" ")[2]
        if len(self.open) >= _DEPTH:
            raise CaptionsError("It is nested too deeply.")
        told = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if not self.open:
            if local != "tt":
                raise CaptionsError("It is XML, and no TTML.")
            self.times = _Times.told(told)
        self.open.append(self._element(local, told))
        if local == "br":
            self.write("\n")
        elif self.open[-1].italic:
            self.write("<i>")

    def _element(self, name: str, told: Mapping[str, str]) -> _Element:
        parent = self.open[-1] if self.open else _Element("", 0.0, None)
        begin, end = parent.begin, parent.end
        timed = name in _TIMED and bool({"begin", "end", "dur"} & told.keys())
        if timed:
            begin = parent.begin + self.times.seconds(told.get("begin", "0s"))
            ends = [parent.begin + self.times.seconds(told["end"])] if "end" in told else []
            ends += [begin + self.times.seconds(told["dur"])] if "dur" in told else []
            end = min([*ends, *([] if parent.end is None else [parent.end])], default=None)
        italic = name == "span" and told.get("fontStyle") in {"italic", "oblique"}
        keeps = told.get("space", "preserve" if parent.keeps else "default") == "preserve"
        words: list[str] | None = [] if name == "p" or (name == "span" and timed) else parent.words
        return _Element(name, begin, end, italic, keeps, words if name in _TIMED | {"br"} else None)

    def text(self, text: str) -> None:
        """Characters, white space as one space where nobody asked to keep it."""
        if self.open:
            self.write(text if self.open[-1].keeps else re.sub(r"\s+", " ", text))

    def write(self, text: str) -> None:
        """To the paragraph or the timed span that this stands in."""
        words = self.open[-1].words
        if words is not None:
            words.append(text)

    def end(self, _name: str) -> None:
        """An element ends; a paragraph, or a timed span, has been said."""
        if self.open[-1].italic:
            self.write("</i>")
        element = self.open.pop()
        parent = self.open[-1].words if self.open else None
        if element.words is not None and element.words is not parent:
            self._say(element)

    def _say(self, element: _Element) -> None:
        text = "".join(element.words or ())
        end = element.end if element.end is not None or not element.begin else element.begin + _OPEN_SECONDS
        if text.strip() and end is not None:
            self.said.append((element.begin, end, text))
        if len(self.said) > _MOST:
            raise CaptionsError(f"It holds more than {_MOST} captions.")

    def refuse(self, *_declared: object) -> None:
        """A document type, an entity."""
        raise CaptionsError("It declares a document type or entities; those are never read.")


def read(text: str) -> tuple[list[Said], Clock | None]:
    """What is said from when to when, and the clock of one in SMPTE time. Raises `CaptionsError`."""
    reader, parser = _Reader(), expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler, parser.buffer_text = reader.text, True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = reader.refuse
    body = re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", text)  # its encoding was undone already
    try:
        parser.Parse(body.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise CaptionsError(f"It is no XML that can be read, from line {error.lineno} on.") from None
    return reader.said, reader.times.clock


def _whole(told: Mapping[str, str], name: str, otherwise: int) -> int:
    """A positive whole number of an attribute, of a size that means something."""
    text = told.get(name, str(otherwise)).strip()
    most = _FASTEST if name == "frameRate" else 10**12
    if not re.fullmatch(r"\d{1,13}", text, re.ASCII) or int(text) > most or (name in told and not int(text)):
        raise CaptionsError(f"Its {name} is none.")
    return int(text)
