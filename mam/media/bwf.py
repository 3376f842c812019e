"""Start time code of Broadcast Wave (EBU Tech 3285): samples since midnight, counted in frames.

A sound knows no frames. The rate is the recorder's own word in the description ("sSPEED=023.976-ND",
"FRAMERATE=25ND"), else 25 frames per second, non-drop. Pure functions on ffprobe's tags.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from mam.media import timecode
from mam.types import AudioTrack

DEFAULT_RATE = Fraction(25)
"""Frames per second where the recorder tells none (EBU's own)."""

_DAY_SECONDS = 86_400
_SPEED = re.compile(
    r"(?:SPEED|FRAMERATE|TIMECODE_RATE)\s*=\s*(\d{2,3}(?:\.\d{1,3})?)[-_ ]*(ND|DF|D)?", re.ASCII
)
_NTSC = {24: Fraction(24000, 1001), 30: Fraction(30000, 1001), 60: Fraction(60000, 1001)}


def frame_rate(tags: Mapping[str, str]) -> Fraction:
    """The rate at which a sound's time code counts."""
    return _told(tags)[0]


def start_label(tags: Mapping[str, str], audio: tuple[AudioTrack, ...]) -> str | None:
    """The label of the first sample; None where the file says no time or a time beyond the day."""
    samples = tags.get("time_reference", "")
    if not audio or not audio[0].sample_rate or not re.fullmatch(r"\d{1,14}", samples, re.ASCII):
        return None
    seconds = Fraction(int(samples), audio[0].sample_rate)
    if seconds >= _DAY_SECONDS:
        return None
    rate, drop = _told(tags)
    return timecode.label(timecode.frame_at(seconds, rate), rate, drop=drop)


def _told(tags: Mapping[str, str]) -> tuple[Fraction, bool]:
    """The recorder's rate, and whether it drops labels."""
    found = _SPEED.search(
        " ".join(tags.get(name, "") for name in ("comment", "description", "timecode_rate"))
    )
    if found is None:
        return DEFAULT_RATE, False
    told = Fraction(found[1])
    rate = told if told.denominator == 1 else _NTSC.get(round(told), DEFAULT_RATE)
    rate = rate if rate >= 1 else DEFAULT_RATE
    return rate, (found[2] or "").startswith("D") and timecode.can_drop(rate)
