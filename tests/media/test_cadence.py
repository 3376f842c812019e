"""Times and likeness of pictures: faults stand out of a cadence, a cadence is none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mam.media.cadence import Stretch, dropped, duplicated, rates
from mam.media.pictures import Pictures

RATE = Fraction(25)


def film(change: np.ndarray) -> Pictures:
    """Pictures at 25 a second that change so much."""
    count = len(change)
    nothing = np.zeros(count, bool)
    times = np.arange(count, dtype=np.int64) * 40_000
    return Pictures(times, change.astype(np.float32), nothing, nothing, np.zeros(count, np.int8))


def moving(count: int = 500) -> np.ndarray:
    change = 1 + 0.2 * np.sin(np.arange(count))
    change[0] = 100
    return change


def repeats(change: np.ndarray) -> list[tuple[int, int]]:
    return [(one.first, one.last) for one in duplicated(film(change), RATE, 0.4)]


def test_repeats_stand_out_of_motion() -> None:
    change = moving()
    change[200:203] = 0.03  # a coder's noise
    change[300] = 0
    assert repeats(change) == [(200, 202), (300, 300)]


@pytest.mark.parametrize("every", [2, 4, 5, 6, 25])
def test_a_cadence_is_no_fault_and_a_longer_repeat_in_it_is(every: int) -> None:
    change = moving()
    change[every::every] = 0
    assert repeats(change) == []


def test_stills_cuts_and_slow_pictures_are_no_repeats() -> None:
    change = moving()
    change[100:130] = 0  # more than 0.4 s: a still
    change[200], change[201:206], change[206] = 40, 0, 40  # a title between two cuts
    change[300:500] = 0.03  # hardly anything moves
    change[400:403] = 0
    assert repeats(change) == []


def test_missing_frames_are_counted_in_an_even_row() -> None:
    times = np.delete(np.arange(100, dtype=np.int64) * 40_000, [30, 31, 32, 60])
    assert dropped(times, RATE) == [Stretch(29, 30, 3), Stretch(56, 57, 1)]
    assert (
        dropped(np.arange(100, dtype=np.int64) * 80_000, RATE) == []
    )  # another rate, not every other one lost
    assert dropped(times[:1], RATE) == []


def test_rates_change_where_they_change() -> None:
    steps = np.concatenate((np.full(100, 40_000), np.full(100, 20_000), np.full(60, 40_000)))
    found = rates(np.concatenate(([0], np.cumsum(steps))).astype(np.int64))
    assert [(one.first, one.last, one.value) for one in found] == [
        (0, 100, 25), (100, 200, 50), (200, 260, 25),
    ]  # fmt: skip


def test_rounding_to_milliseconds_and_lost_frames_change_no_rate() -> None:
    times = np.round(np.arange(600) * 1001 / 30).astype(np.int64) * 1000
    assert len(rates(np.delete(times, [50, 51, 300]))) == 1
