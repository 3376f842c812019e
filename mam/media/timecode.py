"""SMPTE ST 12-1 time code as arithmetic: frame counts to labels and back, drop-frame included.

A label is `HH:MM:SS:FF`, with `;` before the frames when counting is drop-frame. Rates are exact
fractions of frames per second. Pure functions; no floats, nothing read or written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from mam.errors import ValidationError

_LABEL = re.compile(r"(\d{2}):([0-5]\d):([0-5]\d)([:;])(\d{2,3})", re.ASCII)
_HOURS = 24
# ST 12-1: 30-frame drop counting leaves out 2 labels a minute, save every tenth; multiples likewise.
_DROP_BASE, _DROPPED_AT_BASE, _KEPT_MINUTE = 30, 2, 10


@dataclass(frozen=True)
class Counting:
    """How frames are labelled at a rate: `nominal` labels a second, `dropped` left out a minute."""

    nominal: int
    dropped: int

    @property
    def per_minute(self) -> int:
        """Frames in a minute that drops labels."""
        return self.nominal * 60 - self.dropped

    @property
    def per_ten_minutes(self) -> int:
        """Frames in ten minutes; the first of them drops nothing."""
        return self.per_minute * _KEPT_MINUTE + self.dropped

    @property
    def per_day(self) -> int:
        """Frames in 24 hours of labels, where counting begins again."""
        return self.per_ten_minutes * 6 * _HOURS


def counting(rate: Fraction, *, drop: bool = False) -> Counting:
    """The counting of a rate. `ValidationError` for a rate without one, or that cannot drop frames."""
    nominal = round(rate)
    if nominal < 1:
        raise ValidationError(f"There is no time code at {rate} frames per second.")
    if not drop:
        return Counting(nominal, 0)
    if not can_drop(rate):
        raise ValidationError(f"Drop-frame time code does not exist at {rate} frames per second.")
    return Counting(nominal, nominal // _DROP_BASE * _DROPPED_AT_BASE)


def can_drop(rate: Fraction) -> bool:
    """Whether a rate is one of those that drop-frame counting is for: 29.97, 59.94 and 119.88."""
    nominal = round(rate)
    return rate.denominator != 1 and nominal >= _DROP_BASE and nominal % _DROP_BASE == 0


def is_drop(label: str) -> bool:
    """Whether a label is written as drop-frame."""
    return ";" in label


def is_label(label: str) -> bool:
    """Whether a text has the form of a label, whatever the rate."""
    match = _LABEL.fullmatch(label)
    return match is not None and int(match.group(1)) < _HOURS


def exists(label: str, rate: Fraction) -> bool:
    """Whether a label names a frame at a rate: no frame beyond the last, none that drop-frame leaves out."""
    try:
        parse(label, rate)
    except ValidationError:
        return False
    return True


def parse(label: str, rate: Fraction) -> int:
    """The frame number, from 0 at `00:00:00:00`, that a label names at a rate.

    Raises `ValidationError` for a text that is no label and for labels that the counting leaves out.
    """
    match = _LABEL.fullmatch(label)
    if match is None or not is_label(label):
        raise ValidationError(
            f"{label!r} is no time code. Expected HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame."
        )
    hours, minutes, seconds, frames = (int(match.group(part)) for part in (1, 2, 3, 5))
    count = counting(rate, drop=match.group(4) == ";")
    if frames >= count.nominal:
        raise ValidationError(
            f"{label!r} has no such frame: at {rate} frames per second they end at {count.nominal - 1}."
        )
    if seconds == 0 and frames < count.dropped and minutes % _KEPT_MINUTE:
        raise ValidationError(f"{label!r} is one of the labels that drop-frame counting leaves out.")
    minute = hours * 60 + minutes
    labels = (minute * 60 + seconds) * count.nominal + frames
    return labels - count.dropped * (minute - minute // _KEPT_MINUTE)


def label(frame: int, rate: Fraction, *, drop: bool = False) -> str:
    """The label of a frame number at a rate; past 24 hours, and below 0, it wraps."""
    count = counting(rate, drop=drop)
    ten_minutes, rest = divmod(frame % count.per_day, count.per_ten_minutes)
    minute_of_ten = 0
    if rest >= count.nominal * 60:
        minute_of_ten, rest = divmod(rest - count.dropped, count.per_minute)
        rest += count.dropped
    minute = ten_minutes * _KEPT_MINUTE + minute_of_ten
    seconds, frames = divmod(rest, count.nominal)
    separator = ";" if drop else ":"
    return f"{minute // 60:02}:{minute % 60:02}:{seconds:02}{separator}{frames:02}"


def shifted(start: str, frames: int, rate: Fraction) -> str:
    """The label `frames` after the label `start`, counted as `start` is."""
    return label(parse(start, rate) + frames, rate, drop=is_drop(start))


def frame_at(seconds: Fraction, rate: Fraction) -> int:
    """The frame shown at a time, both from 0."""
    return int(seconds * rate // 1)


def time_of(frame: int, rate: Fraction) -> Fraction:
    """When a frame begins, in seconds from frame 0."""
    return frame / rate
