"""WebVTT as text: what is kept of a foreign one, and what is written. Pure; touches no file.

Cue text is made of words, line ends and <b>, <i>, <u>; every other tag is dropped, every other bracket
escaped, in one pass, so that nothing dropped can make something new. Settings, styles, regions and notes
are left behind. Times in seconds. W3C WebVTT; the media fragments are W3C Media Fragments URI 1.0.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST_CUES = 20_000
"""Cues that are kept of one file: a word a second for five hours."""

_CUE_CHARACTERS, _CUE_LINES = 2_000, 12
_LATEST = 100 * 3600.0
_STAMP = r"(?:(\d{2,3}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"{_STAMP}[ \t]+-->[ \t]+{_STAMP}(?:[ \t].*)?")
_TAG = re.compile(r"(</?[biu]>)|</?[A-Za-z][^<>]{0,200}>|<[0-9][0-9:.]{0,20}>")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


@dataclass(frozen=True)
class Cue:
    """What is shown from `start` to `end`; `text` is cue text, already safe."""

    start: float
    end: float
    text: str


def read(text: str) -> tuple[Cue, ...]:
    """The cues of a WebVTT file by their start, made safe; what is no cue or too much is passed over."""
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    cues = []
    for cue in _cues(normal):
        cues.append(cue)
        if len(cues) == MOST_CUES:
            break
    return tuple(sorted(cues, key=lambda cue: (cue.start, cue.end)))


def write(cues: Iterable[Cue]) -> str:
    """A WebVTT file of these cues."""
    blocks = [f"{stamp(cue.start)} --> {stamp(cue.end)}\n{cue.text}" for cue in cues]
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def stamp(seconds: float) -> str:
    """A moment as WebVTT writes it: `HH:MM:SS.mmm`."""
    minutes, millis = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{millis // 1000:02}.{millis % 1000:03}"


def safe_text(text: str) -> str:
    """Cue text with nothing in it but words, line ends and <b>, <i>, <u>; empty where nothing is left."""
    parts, at = [], 0
    for tag in _TAG.finditer(text):
        parts += [_escaped(text[at : tag.start()]), tag[1] or ""]
        at = tag.end()
    whole = "".join([*parts, _escaped(text[at:])])
    lines = [line.strip() for line in whole.split("\n")]
    kept = "\n".join([line for line in lines if line][:_CUE_LINES])
    return kept if re.sub(r"</?[biu]>", "", kept).strip() else ""


def _cues(text: str) -> Iterator[Cue]:
    for block in re.split(r"\n\n+", text):
        lines = block.split("\n")
        for number, line in enumerate(lines[:2]):  # a cue may have a name in front of its times
            timing = _TIMING.fullmatch(line.strip())
            if timing:
                start, end = _seconds(timing.groups()[:4]), _seconds(timing.groups()[4:])
                words = safe_text("\n".join(lines[number + 1 :])[:_CUE_CHARACTERS])
                if words and start < end <= _LATEST:
                    yield Cue(start, end, words)
                break


def _seconds(groups: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, millis = (int(group or 0) for group in groups)
    return hours * 3600 + minutes * 60 + seconds + millis / 1000


def _escaped(text: str) -> str:
    """Words of a cue: entities become what they mean, then what has a meaning in a cue becomes entities."""
    return html.escape(_CONTROL.sub(" ", html.unescape(text)), quote=False)
