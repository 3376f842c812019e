"""What the times of pictures and their likeness tell: missing frames, repeated ones, other frame rates.

A repeat that comes regularly is a cadence (2:3, 24 in 30, on twos) and no fault, nor is one where nothing
moves. Pure arithmetic on what `mam.media.pictures` saw; answers spans of pictures by their number.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mam.media.pictures import Pictures

Times = NDArray[np.int64]

SAME = 0.02
"""Percent of white: a picture that differs less from the one before is a repeat."""

NEARLY_SAME = 0.1
"""Percent of white: what a coder's noise adds to a repeat; one is seen by how much more all others change."""

_STANDS_OUT = 0.1  # of what a quarter of the pictures around change by: three in four may be repeats
_USUAL_REACH = 12  # pictures before and after
_AT_ONCE = 20_000

MOVING = 0.08
"""Percent of white: where pictures usually change by less, a repeat says nothing."""

_CUT = 6.0  # times the usual change; a still that begins or ends like this is a title, not a stuck frame
_AROUND_SECONDS = 4.0
_NEAR_SECONDS = 0.6
_DENSE = 0.25
_REGULAR = 0.7
_FEW_HOLDS = 4
_LEAST_DISTANCE = 3  # pictures; nearer ones are a cadence only where they are dense
_BLOCK = 12  # pictures whose rate is measured together
_LEAST_BLOCKS = 2
_JITTER = 2_200  # microseconds: containers that count in milliseconds round two neighbours apart
_UNEVEN = 0.10
_OTHER = 0.02
_LOST = 1.6  # times the usual distance
_LONE = 6


@dataclass(frozen=True)
class Stretch:
    """Pictures `first` to `last` (numbers of decoded ones); `value` is what was found there."""

    first: int
    last: int
    value: float


# --- frames that are missing ---------------------------------------------------------------------


def dropped(times: Times, rate: Fraction) -> list[Stretch]:
    """Gaps in an otherwise even row: from the picture before to the one after; `value` frames are missing."""
    if len(times) < 2:  # noqa: PLR2004 - there is no distance of one
        return []
    steps, usual = np.diff(times), float(1_000_000 / rate)
    found = []
    for at in np.flatnonzero(steps > _LOST * usual).tolist():
        near = np.concatenate((steps[max(0, at - _LONE) : at], steps[at + 1 : at + 1 + _LONE]))
        even = len(near) > 0 and abs(float(np.median(near)) - usual) <= max(_JITTER, _UNEVEN * usual)
        if even:
            found.append(Stretch(at, at + 1, round(float(steps[at]) / usual) - 1))
    return found


# --- frames that stand too long ------------------------------------------------------------------


def duplicated(pictures: Pictures, rate: Fraction, longest_seconds: float) -> list[Stretch]:
    """Repeats that break the motion: the repeated pictures; `value` is their number.

    Longer ones than `longest_seconds` are stills, black ones are black.
    """
    repeats = _repeats(pictures.change)
    holds = _runs(repeats)
    longest = max(1, int(longest_seconds * rate))
    short = [hold for hold in holds if hold.value <= longest and not pictures.black[hold.first]]
    starts = np.array([hold.first for hold in short], np.int64)
    found = []
    for hold in short:
        low, high = _around(hold.first, round(_AROUND_SECONDS * rate), len(repeats))
        first, last = np.searchsorted(starts, (low, high))
        if _breaks(hold, short[first:last], high - low) and _in_motion(pictures.change, hold, rate):
            found.append(hold)
    return found


def _repeats(change: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pictures like the one before: exactly, or but for what a coder makes of them."""
    found = change <= SAME
    doubtful = np.flatnonzero((change > SAME) & (change <= NEARLY_SAME))
    reach = np.arange(-_USUAL_REACH, _USUAL_REACH + 1)
    for at in range(0, len(doubtful), _AT_ONCE):
        some = doubtful[at : at + _AT_ONCE]
        around = np.clip(some[:, None] + reach, 0, len(change) - 1)
        found[some] = change[some] <= _STANDS_OUT * np.percentile(change[around], 75, axis=1)
    return found


def _runs(flags: NDArray[np.bool_]) -> list[Stretch]:
    """Each run of set flags; `value` is its length."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [
        Stretch(first, end - 1, end - first)
        for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    ]


def _around(at: int, reach: int, total: int) -> tuple[int, int]:
    """The pictures up to `reach` before and after; near an end of the film as many on its other side."""
    low = max(0, min(at - reach, total - 2 * reach))
    return low, min(total, low + 2 * reach)


def _breaks(hold: Stretch, near: list[Stretch], span: int) -> bool:
    """Whether a repeat is none of a cadence's: those are many, or come at even distances."""
    usual = Counter(one.value for one in near if one is not hold).most_common(1)
    longer = bool(usual) and hold.value > usual[0][0]
    if sum(one.value for one in near) - hold.value >= _DENSE * span:
        return longer and hold.value > max(one.value for one in near if one is not hold)
    if len(near) < _FEW_HOLDS:
        return True
    gaps = [after.first - before.first for before, after in pairwise(near)]
    common = Counter(gaps).most_common(1)[0][0]
    # of even distances some are doubled: a repeat hides where nothing moves
    even = sum(abs(gap - round(gap / common) * common) <= 1 for gap in gaps)
    regular = common > _LEAST_DISTANCE and even >= _REGULAR * len(gaps)
    return longer if regular else True


def _in_motion(change: NDArray[np.float32], hold: Stretch, rate: Fraction) -> bool:
    """Whether pictures move on both sides of a repeat, and it is not a still between two cuts."""
    reach = max(3, int(_NEAR_SECONDS * rate))
    before = change[max(1, hold.first - reach) : hold.first]
    after = change[hold.last + 1 : hold.last + 1 + reach]
    if not len(before) or not len(after):
        return False
    usual = float(np.median(np.concatenate((before, after))))
    sides = min(float(np.median(before)), float(np.median(after)))
    begins, ends = float(change[hold.first - 1]), float(change[hold.last + 1])
    cut = begins > _CUT * usual or ends > _CUT * usual * (hold.value + 1)
    return sides >= MOVING and min(begins, ends) > NEARLY_SAME and not cut


# --- rates ---------------------------------------------------------------------------------------


def rates(times: Times) -> list[Stretch]:
    """The rates of a film one after the other; `value` is frames a second, 0 where they are uneven.

    One stretch where it keeps its rate; frames that are missing do not interrupt one.
    """
    steps = np.diff(times).astype(np.float64)
    blocks = [_Block(at, steps[at : at + _BLOCK]) for at in range(0, len(steps) - _BLOCK + 1, _BLOCK)]
    grouped: list[list[_Block]] = []
    for block in blocks:
        if grouped and block.like(grouped[-1][-1]):
            grouped[-1].append(block)
        else:
            grouped.append([block])
    lasting = [group for group in grouped if len(group) >= _LEAST_BLOCKS]
    merged: list[list[_Block]] = []
    for group in lasting:
        if merged and group[0].like(merged[-1][-1]):
            merged[-1] += group
        else:
            merged.append(group)
    return _bounded(merged, steps)


class _Block:
    """Some steps, and the one distance that nearly all of them have, or 0."""

    def __init__(self, at: int, steps: NDArray[np.float64]) -> None:
        self.at = at
        usual = float(np.median(steps))
        even = np.abs(steps - usual) <= max(_JITTER, _UNEVEN * usual)
        self.step = float(steps[even].mean()) if even.sum() >= len(steps) - 1 else 0.0

    def like(self, other: _Block) -> bool:
        """Whether both have the same distance, or both none."""
        if not self.step or not other.step:
            return self.step == other.step
        return abs(self.step - other.step) <= max(_OTHER * other.step, _JITTER / 4)


def _bounded(groups: list[list[_Block]], steps: NDArray[np.float64]) -> list[Stretch]:
    """Groups of blocks as stretches that meet at the very picture from which the next distance holds."""
    found: list[Stretch] = []
    first = 0
    for here, after in [*pairwise(groups), *[(group, []) for group in groups[-1:]]]:
        last = _meeting(here, after, steps) if after else len(steps)
        step = float(np.mean([block.step for block in here]))
        found.append(Stretch(first, last, 1_000_000 / step if step else 0.0))
        first = last
    return found


def _meeting(here: list[_Block], after: list[_Block], steps: NDArray[np.float64]) -> int:
    """The picture from which the steps are nearer to the later distance."""
    low, high = here[-1].at, min(after[0].at + _BLOCK, len(steps))
    if not here[-1].step or not after[0].step:
        return after[0].at
    nearer = np.abs(steps[low:high] - after[0].step) < np.abs(steps[low:high] - here[-1].step)
    wrong = np.flatnonzero(~nearer)
    return low + (int(wrong[-1]) + 1 if len(wrong) else 0)
