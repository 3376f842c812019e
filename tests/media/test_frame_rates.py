"""Which rate is meant when witnesses disagree."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from mam.media import frame_rates

NTSC = Fraction(30000, 1001)


def track(lowest: str, average: str) -> dict[str, Any]:
    return {"index": 0, "r_frame_rate": lowest, "avg_frame_rate": average}


def evenly(rate: Fraction, *, unit: Fraction = Fraction(1, 90000), frames: int = 60) -> list[Fraction]:
    """When frames come at a rate, rounded to a container's unit of time."""
    return [round(frame / rate / unit) * unit for frame in range(frames)]


@pytest.mark.parametrize(
    ("claims", "times", "expected"),
    [
        (("25/1", "25/1"), evenly(Fraction(25)), Fraction(25)),
        (("30000/1001", "30000/1001"), evenly(NTSC), NTSC),
        (("30000/1001", "989/33"), evenly(NTSC, unit=Fraction(1, 1000)), NTSC),  # milliseconds round
        (("50/1", "25/1"), evenly(Fraction(25)), Fraction(25)),  # fields told as frames
        (("149/6", "25/1"), evenly(Fraction(25)), Fraction(25)),  # what ffprobe guesses over a gap
        (("90000/1", "0/0"), evenly(NTSC), NTSC),  # nonsense and nothing: measured
        (("25/1", "25/1"), [], Fraction(25)),
        (("0/0", "0/0"), [], Fraction(25)),
    ],
)
def test_even_frames(claims: tuple[str, str], times: list[Fraction], expected: Fraction) -> None:
    found = frame_rates.measured(track(*claims), times)
    assert (found.rate, found.variable) == (expected, False)


def test_uneven_frames_are_variable_whatever_the_header_says() -> None:
    times = [Fraction(n * n, 100) for n in range(40)]
    assert frame_rates.measured(track("25/1", "25/1"), times) == frame_rates.FrameRate(
        Fraction(25), variable=True
    )


def test_one_lost_frame_does_not_make_a_rate_variable() -> None:
    times = evenly(Fraction(25), frames=200)
    del times[100]
    assert not frame_rates.measured(track("25/1", "25/1"), times).variable


def test_too_few_packets_leave_it_to_the_header() -> None:
    assert frame_rates.measured(track("25/1", "25/3"), []).variable
    assert not frame_rates.measured(track("50/1", "25/1"), []).variable


def test_packets_are_read_with_suspicion() -> None:
    packets = [
        {"stream_index": 0, "pts_time": "0.04"},
        {"stream_index": 1, "pts_time": "9"},
        {"pts_time": "x"},
    ]
    packets += [{"stream_index": 0, "pts_time": "N/A"}, {"stream_index": 0}, "nonsense"]
    assert frame_rates.times_of(packets, 0) == [Fraction(1, 25)]
    assert frame_rates.fraction("1/0") == 0
    assert frame_rates.fraction("9" * 40 + "/1") == 0


def test_a_stream_that_tells_few_times_is_not_variable_for_it() -> None:
    """MPEG program streams carry the time of some pictures only; when they are decoded is known of all."""
    packets = [
        {"stream_index": 0, "pts_time": f"{number / 25 + 0.04:.6f}" if number % 9 == 0 else "N/A",
         "dts_time": f"{number / 25:.6f}"}
        for number in range(20)
    ]  # fmt: skip
    times = frame_rates.times_of(packets, 0)
    assert len(times) == 20
    claims = {"r_frame_rate": "25/1", "avg_frame_rate": "25/1"}
    assert frame_rates.measured(claims, times) == frame_rates.FrameRate(Fraction(25), variable=False)
