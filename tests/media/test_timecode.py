"""Time code arithmetic against SMPTE ST 12-1 and against itself."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mam.errors import ValidationError
from mam.media import timecode

NTSC, NTSC60 = Fraction(30000, 1001), Fraction(60000, 1001)
RATES = [
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    NTSC,
    Fraction(30),
    Fraction(50),
    NTSC60,
    Fraction(60),
]
DROP_RATES = [NTSC, NTSC60, Fraction(120_000, 1001), Fraction(2997, 100)]
counted = st.one_of(
    st.tuples(st.sampled_from(RATES), st.just(value=False)),
    st.tuples(st.sampled_from(DROP_RATES), st.just(value=True)),
)


@pytest.mark.parametrize(
    ("frame", "rate", "label"),
    [
        (0, NTSC, "00:00:00;00"),
        (1799, NTSC, "00:00:59;29"),
        (1800, NTSC, "00:01:00;02"),
        (17981, NTSC, "00:09:59;29"),
        (17982, NTSC, "00:10:00;00"),
        (107_892, NTSC, "01:00:00;00"),
        (2_589_407, NTSC, "23:59:59;29"),
        (3599, NTSC60, "00:00:59;59"),
        (3600, NTSC60, "00:01:00;04"),
        (86_399, Fraction(24000, 1001), "00:59:59:23"),
        (90_000, Fraction(25), "01:00:00:00"),
    ],
)
def test_known_labels(frame: int, rate: Fraction, label: str) -> None:
    drop = timecode.is_drop(label)
    assert timecode.label(frame, rate, drop=drop) == label
    assert timecode.parse(label, rate) == frame


def labels_before(label: str, nominal: int, dropped: int) -> int:
    """The oracle: how many labels of the day come before one, counted minute for minute (ST 12-1)."""
    hours, minutes, seconds, frames = (int(part) for part in label.replace(";", ":").split(":"))
    before = 0
    for minute in range(hours * 60 + minutes):
        before += nominal * 60 - (dropped if minute % 10 else 0)
    left_out = dropped if minutes % 10 else 0
    return before + seconds * nominal + frames - left_out


@given(counted, st.integers(0, 20_000_000))
def test_labels_agree_with_counting_them_one_minute_after_the_other(
    how: tuple[Fraction, bool], frame: int
) -> None:
    """Drop-frame by SMPTE ST 12-1, at 29.97, 59.94 and 119.88, against an oracle that only adds."""
    rate, drop = how
    nominal = round(rate)
    dropped = nominal // 30 * 2 if drop else 0
    frame %= labels_before("24:00:00:00", nominal, dropped)
    label = timecode.label(frame, rate, drop=drop)
    assert labels_before(label, nominal, dropped) == frame
    assert (label[8] == ";") == drop


@pytest.mark.parametrize(
    ("last", "rate"),
    [("23:59:59;29", NTSC), ("23:59:59;59", NTSC60), ("23:59:59:24", Fraction(25)), ("23:59:59:59", NTSC60)],
)
def test_after_the_last_label_of_the_day_comes_midnight(last: str, rate: Fraction) -> None:
    midnight = f"00:00:00{last[8]}00"
    assert timecode.shifted(last, 1, rate) == midnight
    assert timecode.shifted(midnight, -1, rate) == last


@given(counted, st.integers(0, 10_000_000))
def test_every_frame_of_a_day_has_one_label(how: tuple[Fraction, bool], frame: int) -> None:
    rate, drop = how
    frame %= timecode.counting(rate, drop=drop).per_day
    assert timecode.parse(timecode.label(frame, rate, drop=drop), rate) == frame


@given(counted, st.integers(0, 5_000_000))
def test_labels_grow_with_frames(how: tuple[Fraction, bool], frame: int) -> None:
    rate, drop = how
    frame %= timecode.counting(rate, drop=drop).per_day - 1
    assert timecode.label(frame, rate, drop=drop) < timecode.label(frame + 1, rate, drop=drop)


@given(counted, st.integers(-3_000_000, 3_000_000))
def test_a_day_later_is_the_same_label(how: tuple[Fraction, bool], frame: int) -> None:
    rate, drop = how
    day = timecode.counting(rate, drop=drop).per_day
    assert timecode.label(frame, rate, drop=drop) == timecode.label(frame + day, rate, drop=drop)


@given(st.sampled_from(DROP_RATES[:2]), st.integers(0, 2_500_000))
def test_drop_frame_keeps_to_the_clock(rate: Fraction, frame: int) -> None:
    """That is what it is for: a label is never further from real time than two frames' worth and a second."""
    text = timecode.label(frame % timecode.counting(rate, drop=True).per_day, rate, drop=True)
    hours, minutes, seconds = (int(part) for part in text[:8].split(":"))
    clock = frame % timecode.counting(rate, drop=True).per_day / rate
    assert abs(hours * 3600 + minutes * 60 + seconds - clock) < Fraction(12, 10)


@given(counted, st.integers(0, 1_000_000), st.integers(-100_000, 100_000))
def test_shifting_there_and_back(how: tuple[Fraction, bool], frame: int, by: int) -> None:
    rate, drop = how
    start = timecode.label(frame, rate, drop=drop)
    assert timecode.shifted(timecode.shifted(start, by, rate), -by, rate) == start


@pytest.mark.parametrize(
    ("label", "rate"),
    [
        ("00:01:00;00", NTSC),  # left out
        ("00:01:00;01", NTSC),
        ("00:01:00;03", NTSC60),
        ("00:00:00:25", Fraction(25)),
        ("24:00:00:00", Fraction(25)),
        ("00:60:00:00", Fraction(25)),
        ("00:00:00;00", Fraction(25)),  # no drop-frame at 25
        ("00:00:00;00", Fraction(24000, 1001)),
        ("00:00:00:00\n", Fraction(25)),
        ("0:0:0:0", Fraction(25)),
        ("<b>", Fraction(25)),
        ("00:00:00:00", Fraction(1, 10)),
    ],
)
def test_labels_that_do_not_exist_are_refused(label: str, rate: Fraction) -> None:
    with pytest.raises(ValidationError):
        timecode.parse(label, rate)


def test_times_and_frames() -> None:
    assert timecode.time_of(30, NTSC) == Fraction(1001, 1000)
    assert timecode.frame_at(Fraction(1001, 1000), NTSC) == 30
    assert timecode.frame_at(Fraction(1000, 1000), NTSC) == 29
