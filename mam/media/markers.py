"""Markers: findings on the preview's own frames, with their time codes.

Frame n of a marker is frame n of the player; `frame_out` is the last frame meant, `seconds_out` is when that
one ends. Pure arithmetic.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mam.errors import ValidationError
from mam.media import timecode
from mam.media.ladder import constant_rate
from mam.media.pictures import Pictures
from mam.types import MediaInfo

KINDS = (
    "black", "freeze", "silence", "clipping", "loudness", "dropped", "duplicated", "mixed_rate", "interlace",
)  # fmt: skip
"""Every kind of marker, in the order of the legend."""

_NEARLY = 0.02  # of a frame: sound that begins this little before a frame's end begins with the next


@dataclass(frozen=True)
class Marker:
    """One finding. Frames are None where there is no picture; `value`'s unit goes with the kind.

    black, freeze, silence: seconds; clipping: samples; loudness: LUFS or dBTP; dropped, duplicated: frames;
    mixed_rate: frames a second; interlace: share of the pictures, 0 to 1. Of a note that there are more it is
    how many.
    """

    kind: str
    seconds_in: float
    seconds_out: float
    severity: str
    value: float | None
    detail: str
    frame_in: int | None = None
    frame_out: int | None = None
    timecode_in: str | None = None
    timecode_out: str | None = None
    track: int | None = None


class Ruler:
    """Times into the frames of the preview and their labels."""

    def __init__(self, info: MediaInfo, pictures: Pictures | None) -> None:
        """The rate and the first label of the preview; `pictures` tell where it ends."""
        self.rate = constant_rate(info.video) if info.video else Fraction(0)
        self.numbers = _numbers(pictures.times, self.rate) if pictures is not None else np.empty(0, np.int64)
        self.last = int(self.numbers[-1]) if len(self.numbers) else None
        self.start = self._start(info)

    def span(self, first: int, end: int) -> dict[str, Any]:
        """Where frames `first` to before `end` lie."""
        first, last = max(0, first), max(0, first, end - 1)
        return {
            "frame_in": first,
            "frame_out": last,
            "timecode_in": self._label(first),
            "timecode_out": self._label(last),
            "seconds_in": round(float(first / self.rate), 6),
            "seconds_out": round(float((last + 1) / self.rate), 6),
        }

    def pictures(self, first: int, last: int) -> dict[str, Any]:
        """Where decoded pictures `first` to `last` stand on screen."""
        after = int(self.numbers[last + 1]) if last + 1 < len(self.numbers) else int(self.numbers[last]) + 1
        return self.span(int(self.numbers[first]), after)

    def sound(self, start: float, end: float) -> dict[str, Any]:
        """Where a span of sound in seconds lies: the frames that it touches, none after the last picture."""
        if self.last is None:
            return {"seconds_in": round(start, 6), "seconds_out": round(end, 6)}
        first = min(self.last, math.floor(start * self.rate + _NEARLY))
        after = min(self.last + 1, math.ceil(end * self.rate - _NEARLY))
        return self.span(first, after)

    def whole(self, seconds: float) -> dict[str, Any]:
        """From the first frame to the last; `seconds` where there is no picture."""
        return self.sound(0.0, seconds) if self.last is None else self.span(0, self.last + 1)

    def _start(self, info: MediaInfo) -> int:
        try:
            return timecode.parse(info.start_timecode, self.rate) if info.start_timecode and self.rate else 0
        except ValidationError:
            return 0
        finally:
            self.drop = bool(info.drop_frame and self.rate and timecode.can_drop(self.rate))

    def _label(self, frame: int) -> str:
        return timecode.label(self.start + frame, self.rate, drop=self.drop)


def _numbers(times: NDArray[np.int64], rate: Fraction) -> NDArray[np.int64]:
    """The frame of the preview with which each picture comes: the nearest, as the ladder's `fps` decides."""
    over = 2 * rate.denominator * 1_000_000
    return (2 * times * rate.numerator + over // 2) // over


def shape(marker: Marker) -> dict[str, Any]:
    """A marker as JSON."""
    return asdict(marker)
