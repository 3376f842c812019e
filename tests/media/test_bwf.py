"""Start time code of Broadcast Wave: samples since midnight at the recorder's rate, else at 25."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mam.media import bwf
from mam.types import AudioTrack

TRACK = (AudioTrack(index=0, codec="pcm_s24le", channels=2, sample_rate=48_000),)


@pytest.mark.parametrize(
    ("description", "label", "rate"),
    [
        ("", "01:00:00:00", Fraction(25)),
        ("Scene 12 take 3", "01:00:00:00", Fraction(25)),
        ("sSPEED=024.000-ND sTAKE=03", "01:00:00:00", Fraction(24)),
        ("sSPEED=023.976-ND", "00:59:56:09", Fraction(24000, 1001)),
        ("sSPEED=029.970-DF", "01:00:00;00", Fraction(30000, 1001)),
        ("dFRAMERATE=29.97ND", "00:59:56:12", Fraction(30000, 1001)),
        ("sSPEED=025.000-DF", "01:00:00:00", Fraction(25)),
        ("sSPEED=000.000-ND", "01:00:00:00", Fraction(25)),
    ],
)
def test_one_hour_after_midnight(description: str, label: str, rate: Fraction) -> None:
    tags = {"time_reference": str(3600 * 48_000), "comment": description}
    assert bwf.start_label(tags, TRACK) == label
    assert bwf.frame_rate(tags) == rate


@pytest.mark.parametrize("samples", ["", "-5", "1e9", "9" * 20, str(86_400 * 48_000)])
def test_no_time_or_an_impossible_one_is_none(samples: str) -> None:
    assert bwf.start_label({"time_reference": samples}, TRACK) is None
    assert bwf.start_label({"time_reference": "5"}, ()) is None
