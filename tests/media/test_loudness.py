"""What is heard in a track, to the sample, whatever the pieces it comes in; lines are read with suspicion."""

from __future__ import annotations

import numpy as np
import pytest

from mam.config import Qc
from mam.media.loudness import Loudness, LoudnessReader, SoundMeter, Span


def meter_of(samples: np.ndarray, size: int, qc: Qc | None = None) -> SoundMeter:
    """A meter that has heard interleaved samples in pieces of so many bytes."""
    meter = SoundMeter(0, samples.shape[1], 1000, qc or Qc())
    data = samples.astype("<f4").tobytes()
    for at in range(0, len(data), size):
        meter.feed(data[at : at + size])
    meter.finish()
    return meter


@pytest.mark.parametrize("size", [7, 8, 999, 1 << 20])
def test_silence_is_found_to_the_sample(size: int) -> None:
    # Given three seconds of stereo, silent from sample 1000 to 1899 on both sides, on one side alone later
    samples = np.full((3000, 2), 0.1)
    samples[1000:1900] = 0.0
    samples[2000:3000, 0] = 0.0
    # When it is heard, then only the silence of both is one
    assert meter_of(samples, size).silences == [Span(1000, 1900, 900)]


@pytest.mark.parametrize("size", [8, 36, 1 << 20])
def test_clipping_is_found_across_pieces(size: int) -> None:
    # Given three full samples in a row, then six, then a second later four on the other side
    samples = np.full((3000, 2), 0.1)
    samples[100:103, 0] = 1.0
    samples[200:206, 0] = -1.0
    samples[1500:1504, 1] = 1.0
    # When it is heard, then three are a peak, six and four are clipped
    assert meter_of(samples, size).clipped == [Span(200, 206, 6), Span(1500, 1504, 4)]


def test_silence_and_clipping_at_the_end_are_noted() -> None:
    samples = np.zeros((2000, 1))
    assert meter_of(samples, 4096).silences == [Span(0, 2000, 2000)]
    samples[:] = 1.0
    assert meter_of(samples, 4096).clipped == [Span(0, 2000, 2000)]


def test_what_is_no_number_is_no_sound() -> None:
    samples = np.full((2000, 1), 0.1)
    samples[500:1500:2] = np.nan
    meter = meter_of(samples, 4096)
    assert (meter.heard, meter.silences) == (2000, [])


def test_only_whole_lines_of_numbers_are_measures() -> None:
    reader = LoudnessReader()
    for piece in (
        b"frame:1 pts:2\nlavfi.r128.I=-2",
        b"3.0\nlavfi.r128.LRA=5.04\nlavfi.r128.true_",
        b"peak=0.5\n",
    ):
        reader.feed(piece)
    assert reader.loudness == Loudness(-23.0, 5.0, -6.0)
    reader.feed(b"lavfi.r128.I=nan\nlavfi.r128.I=-1e999\nx lavfi.r128.I=-1\n" + b"A" * 100_000)
    assert reader.loudness == Loudness(-23.0, 5.0, -6.0)


def test_nothing_loud_enough_has_no_loudness() -> None:
    reader = LoudnessReader()
    reader.feed(b"lavfi.r128.I=-70.000\nlavfi.r128.LRA=0.000\nlavfi.r128.true_peak=0.000\n")
    assert reader.loudness == Loudness(None, None, None)
