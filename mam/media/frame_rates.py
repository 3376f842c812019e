"""Frame rate of a track from three witnesses: ffprobe's two rates and the times of its first packets.

A container may lie about its rate, and one without a rate (WebM) lets ffprobe guess; the packets decide
whether the rate varies and which of the two rates is meant. Pure functions on ffprobe's JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median_low
from typing import Any

_TIME = re.compile(r"-?\d{1,9}(\.\d{1,9})?", re.ASCII)
_FALLBACK = Fraction(25)
_MOST = 1000
_FEW = 4
_STANDARD = tuple(
    Fraction(rate, base) for rate, base in (
        (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1), (50, 1), (60000, 1001), (60, 1),
        (100, 1), (120000, 1001), (120, 1),
    )
)  # fmt: skip
_SNAP = Fraction(1, 2000)
# Containers that count in milliseconds round 33.37 to 33 or 34: up to two are still even.
_EVEN_SECONDS = Fraction(22, 10_000)
_STRAY = Fraction(1, 50)
_MANY = 12  # of so many steps one may be stray: fragments and edits move a single frame
_WRITTEN = frozenset({1, 2, 100, 125, 1000, 1001})


@dataclass(frozen=True)
class FrameRate:
    """Frames per second as a fraction; `variable` where frames are not evenly spaced."""

    rate: Fraction
    variable: bool


def fraction(text: Any) -> Fraction:
    """A fraction written "30000/1001"; 0 for "0/0" and for anything else."""
    match = re.fullmatch(r"(\d{1,12})/(\d{1,12})", str(text), re.ASCII)
    if match is None or int(match[2]) == 0:
        return Fraction(0)
    return Fraction(int(match[1]), int(match[2]))


def times_of(packets: list[Any], index: Any) -> list[Fraction]:
    """When the packets of stream `index` are shown, in seconds, in order.

    Where more of them tell when they are decoded (MPEG program streams, AVI), that counts.
    """
    mine = [packet for packet in packets if isinstance(packet, dict) and packet.get("stream_index") == index]
    shown, sent = (
        [text for packet in mine if _TIME.fullmatch(text := str(packet.get(name, "")))]
        for name in ("pts_time", "dts_time")
    )
    return sorted(map(Fraction, set(sent if len(sent) > len(shown) else shown)))


def measured(track: dict[str, Any], times: list[Fraction]) -> FrameRate:
    """The rate of a track, given when its first packets are shown."""
    claims = [fraction(track.get("r_frame_rate")), fraction(track.get("avg_frame_rate"))]
    lowest, average = (claim if 0 < claim <= _MOST else Fraction(0) for claim in claims)
    steps = [after - before for before, after in pairwise(times)]
    if len(steps) < _FEW:
        return FrameRate(lowest or average or _FALLBACK, variable=_apart(lowest, average))
    regular = _regular(steps)
    if len(steps) - len(regular) > max(float(len(steps) * _STRAY), len(steps) >= _MANY):
        return FrameRate(lowest or snapped(average) or _FALLBACK, variable=True)
    seen = len(regular) / sum(regular, Fraction(0))
    agreeing = [claim for claim in (lowest, average) if claim and abs(claim - seen) <= claim * _STRAY]
    known = next((claim for claim in agreeing if claim in _STANDARD), *agreeing[:1] or [snapped(seen)])
    return FrameRate(_tidied(known), variable=False)


def _tidied(rate: Fraction) -> Fraction:
    """A rate as people write it: one that was rounded to nanoseconds (Matroska's 19001/317) is mended."""
    return rate if rate.denominator in _WRITTEN else snapped(rate)


def snapped(rate: Fraction) -> Fraction:
    """The standard rate within 0.05 % of a measured one, else the rate itself."""
    return next((known for known in _STANDARD if abs(known - rate) <= known * _SNAP), rate)


def _regular(steps: list[Fraction]) -> list[Fraction]:
    """The steps of the usual length; where a frame or two was lost they are still nearly all."""
    usual = median_low(steps)
    return [step for step in steps if abs(step - usual) <= _EVEN_SECONDS]


def _apart(lowest: Fraction, average: Fraction) -> bool:
    """Whether two claimed rates differ by more than rounding, and not as fields differ from frames."""
    if not lowest or not average:
        return False
    ratio = lowest / average
    return abs(ratio - 1) > _STRAY and abs(ratio - 2) > _STRAY
