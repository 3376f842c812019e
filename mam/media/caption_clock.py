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
_LABEL = re.compile(r"(\d{2}):(\d{2}):(\d{2})[:;](\d{2,3})", re.ASCII)


class CaptionsError(ValueError):
    """What is wrong with a caption file, as a sentence."""


@dataclass(frozen=True)
class Clock:
    """How a file counts: its frames a second, and whether it leaves labels out (drop-frame)."""

    rate: Fraction
    drop: bool = False

    def seconds(self, hours_to_seconds: str, frames: int) -> float:
        """The moment of a label `HH:MM:SS` and frames. Raises `CaptionsError` for one that there is not."""
        label = f"{hours_to_seconds}{';' if self.drop else ':'}{frames:02}"
        try:
            return float(timecode.parse(label, self.rate) / self.rate)
        except ValidationError as error:
            raise CaptionsError(error.detail) from None


def zero(clock: Clock, first: float, *, label: str | None, rate: Fraction | None, duration: float) -> float:
    """The second of a file's clock at which the film begins.

    `first` is when the file's first caption begins, `label` the film's start time code at its `rate`. Without
    one, or where the file begins before it, captions that begin after the film is over are taken to count
    from a full hour, as tapes do.
    """
    start = _read_in(clock, label, rate) if label and rate else 0.0
    if 0 < start <= first + 1:
        return start
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
