"""The picture of a sound: its lowest and highest sample in each of many short spans, 8 bit, bounded.

Memory does not grow with the length: where there are too many spans, each two become one. Writes nothing;
`document` is what a player reads as `waveform.json`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

NAME = "waveform.json"
MOST_SPANS = 20_000
"""Spans of one track: several for every pixel of a wide screen."""

FINEST = 50
"""Spans a second of a short sound."""

_FULL = 127


class Peaks:
    """Lowest and highest sample a span, of a stream of samples at `rate` a second."""

    def __init__(self, rate: int) -> None:
        """Nothing heard yet."""
        self.rate = rate
        self.samples = 0
        self._span = max(1, rate // FINEST)
        self._low = np.zeros(MOST_SPANS, np.float32)
        self._high = np.zeros(MOST_SPANS, np.float32)
        self._count = 0
        self._rest = (np.empty(0, np.float32), np.empty(0, np.float32))

    @property
    def span_seconds(self) -> float:
        """How long a span is."""
        return self._span / self.rate

    def add(self, low: Samples, high: Samples) -> None:
        """The next samples: the lowest and the highest of all channels at each moment."""
        self.samples += len(low)
        low, high = np.concatenate((self._rest[0], low)), np.concatenate((self._rest[1], high))
        while len(low) >= self._span:
            room = MOST_SPANS - self._count
            spans = min(len(low) // self._span, room)
            used = spans * self._span
            at = slice(self._count, self._count + spans)
            self._low[at] = low[:used].reshape(spans, self._span).min(axis=1)
            self._high[at] = high[:used].reshape(spans, self._span).max(axis=1)
            self._count += spans
            low, high = low[used:], high[used:]
            if self._count == MOST_SPANS:
                self._halve()
        self._rest = (low, high)

    def pairs(self) -> bytes:
        """Signed bytes, lowest and highest in turn, for each span; -127 and 127 are full scale."""
        low, high = self._low[: self._count], self._high[: self._count]
        if len(self._rest[0]):
            low, high = np.append(low, self._rest[0].min()), np.append(high, self._rest[1].max())
        both = np.stack((np.floor(low * _FULL), np.ceil(high * _FULL)), axis=1)
        return bytes(np.clip(both, -_FULL, _FULL).astype(np.int8).tobytes())

    def _halve(self) -> None:
        """Each two spans become one."""
        half = self._count // 2
        self._low[:half] = self._low[: 2 * half].reshape(half, 2).min(axis=1)
        self._high[:half] = self._high[: 2 * half].reshape(half, 2).max(axis=1)
        self._count, self._span = half, 2 * self._span


def document(tracks: Mapping[int, Peaks]) -> str:
    """`{version, tracks: [{index, span_seconds, seconds, spans, peaks}]}`; `peaks` are pairs in base64."""
    found = [
        {
            "index": index,
            "span_seconds": peaks.span_seconds,
            "seconds": round(peaks.samples / peaks.rate, 6),
            "spans": len(peaks.pairs()) // 2,
            "peaks": base64.b64encode(peaks.pairs()).decode(),
        }
        for index, peaks in sorted(tracks.items())
    ]
    return json.dumps({"version": 1, "tracks": found}, separators=(",", ":"))
