"""Peaks of a sound: right, whole and bounded, however long it is and however it comes in."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from mam.media.waveform import MOST_SPANS, Peaks, document


def test_each_span_has_its_lowest_and_highest() -> None:
    # Given a second of silence with one sample up and one down, in pieces that fit nowhere
    samples = np.zeros(48_000, np.float32)
    samples[1_000], samples[47_999] = 0.5, -1.0
    peaks = Peaks(48_000)
    for piece in np.array_split(samples, 7):
        peaks.add(piece, piece)
    # When it is written, then both are in the very spans they came in
    pairs = np.frombuffer(peaks.pairs(), np.int8).reshape(-1, 2)
    assert len(pairs) == 50
    assert pairs[1].tolist() == [0, 64]
    assert pairs[49].tolist() == [-127, 0]
    assert np.abs(pairs).sum() == 64 + 127


def test_ten_hours_take_no_more_than_a_minute_of_spans() -> None:
    # Given ten hours at a low rate, loud in the last second only
    rate = 800
    peaks = Peaks(rate)
    for second in range(36_000):
        sound = np.full(rate, 0.5 if second == 35_999 else 0.0, np.float32)
        peaks.add(-sound, sound)
    # When it is written
    found = json.loads(document({3: peaks}))["tracks"][0]
    # Then it is bounded, as long as the sound, and loud at its end only
    assert found["index"] == 3
    assert MOST_SPANS / 2 <= found["spans"] <= MOST_SPANS
    assert found["seconds"] == 36_000
    assert found["spans"] * found["span_seconds"] == pytest.approx(36_000, abs=2 * found["span_seconds"])
    pairs = np.frombuffer(base64.b64decode(found["peaks"]), np.int8).reshape(-1, 2)
    assert np.flatnonzero(pairs[:, 1]).min() >= found["spans"] - 3


def test_what_is_over_full_scale_is_full_scale() -> None:
    loud = np.full(960, 3.0, np.float32)
    peaks = Peaks(48_000)
    peaks.add(-loud, loud)
    assert set(peaks.pairs()) == {127, 256 - 127}
