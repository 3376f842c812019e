"""The clock of caption files that count in time code: labels to seconds, and where the film begins. Pure.

Such a file says when of a programme's tape something is said. Its labels count by its own rate, which need
not be the film's (a film of 23.976 frames has captions in 29.97 drop-frame), so the film's first label is
read in the file's counting before it is taken off. SMPTE ST 12-1. Writes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from mam.errors import ValidationError
from mam.media import timecode

_HOUR = 3600
_NTSC = Fraction(1001, 1000)
_LABEL = re.compile(r"(\d{2}):(\d{2}):(\d{2})[:;](\d{2,3})", re.ASCII)


class CaptionsError(ValueError):
    """What is wrong with a caption file, as a sentence."""


@dataclass(frozen=True)
class Clock:
    """How a file counts: its frames a second, and whether it leaves labels out (drop-frame).

    `nominal` says that the rate is a round number for television's, which the film tells.
    """

    rate: Fraction
    drop: bool = False
    nominal: bool = False

    def seconds(self, hours_to_seconds: str, frames: int) -> float:
        """The moment of a label `HH:MM:SS` and frames. Raises `CaptionsError` for one that there is not."""
        label = f"{hours_to_seconds}{';' if self.drop else ':'}{frames:02}"
        try:
            return float(timecode.parse(label, self.rate) / self.rate)
        except ValidationError as error:
            raise CaptionsError(error.detail) from None

    def beside(self, label: str | None, rate: Fraction | None) -> Clock:
        """The clock as it ran for a film of that rate and start: 30 labels a second last 1.001 in NTSC."""
        if not self.nominal or rate is None or rate.denominator != _NTSC.numerator:
            return self
        true = self.rate / _NTSC
        return Clock(true, drop=timecode.can_drop(true) and timecode.is_drop(label or ""))

    def again(self, moment: float, other: Clock) -> float:
        """What `other` read of a label is `moment`: the same label read here."""
        minutes, frames = divmod(round(moment * other.rate), round(other.rate) * 60)
        seconds, frames = divmod(frames, round(other.rate))
        if self.drop and minutes % 10 and not seconds:
            frames = max(2, frames)  # there are no labels before in drop-frame
        return self.seconds(f"{minutes // 60 % 24:02}:{minutes % 60:02}:{seconds:02}", frames)


def zero(
    clock: Clock,
    first: float,
    *,
    label: str | None,
    rate: Fraction | None,
    duration: float,
    programme: float = 0.0,
) -> float:
    """The second of a file's clock at which the film begins.

    `first` is when the file's first caption begins, `label` the film's start time code at its `rate`,
    `programme` when the file says that the programme begins. Without either, or where the file begins before
    it, captions that begin after the film is over are taken to count from a full hour, as tapes do.
    """
    start = _read_in(clock, label, rate) if label and rate else 0.0
    for told in (start, programme):
        if 0 < told <= first + 1:
            return told
    return first // _HOUR * _HOUR if duration and first >= max(duration, _HOUR) else 0.0


def _read_in(clock: Clock, label: str, rate: Fraction) -> float:
    """The film's label in the counting of the file; its frames are a part of a second here as there."""
    match = _LABEL.fullmatch(label)
    if match is None:
        return 0.0
    hours, minutes, seconds, frames = match.groups()
    left_out = clock.drop and int(minutes) % 10 and seconds == "00"  # there is no such label in drop-frame
    try:
        whole = clock.seconds(f"{hours}:{minutes}:{seconds}", 2 if left_out else 0)
    except CaptionsError:
        return 0.0
    return whole + float(int(frames) / Fraction(round(rate)))
