"""What is heard in one audio track while it is decoded: loudness, silence, clipping, the waveform's peaks.

Loudness is ffmpeg's measurement after EBU R128 (ITU-R BS.1770-4, EBU Tech 3341 and 3342), taken from its
lines with suspicion; silence and clipping are found in the samples, to the sample. Writes nothing.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mam.config import Qc
from mam.media.waveform import Peaks

FULL_SCALE = 32766 / 32768
"""From here on a sample has no room left: one step below the highest of 16 bits."""

_NOTHING = -70.0  # LUFS; BS.1770's absolute gate: nothing was loud enough to be measured
_MEASURES = re.compile(rb"lavfi\.r128\.(I|LRA|true_peak)=(-?\d{1,9}(?:\.\d{1,9})?)")
_LONGEST_LINE = 4096
_MOST_SPANS = 10_000
_TOGETHER_SECONDS = 0.5


@dataclass(frozen=True)
class Loudness:
    """A whole track: integrated in LUFS, range in LU, highest true peak in dBTP; None where unmeasurable."""

    integrated: float | None
    range: float | None
    true_peak: float | None


@dataclass
class Span:
    """From `start` to before `end`, in samples; `count` of them are meant."""

    start: int
    end: int
    count: int


class LoudnessReader:
    """Takes the lines of the `ebur128` filter; the last word counts."""

    def __init__(self) -> None:
        """Nothing measured yet."""
        self._rest = b""
        self._last: dict[bytes, float] = {}

    def feed(self, data: bytes) -> None:
        """The next bytes, whole lines or not."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_LONGEST_LINE:]
        for line in lines:
            found = _MEASURES.fullmatch(line)
            if found:
                self._last[found[1]] = float(found[2])

    @property
    def loudness(self) -> Loudness:
        """What was measured so far."""
        integrated, peak = self._last.get(b"I", _NOTHING), self._last.get(b"true_peak", 0.0)
        if integrated <= _NOTHING:
            return Loudness(None, None, _decibels(peak))
        return Loudness(round(integrated, 1), round(self._last.get(b"LRA", 0.0), 1), _decibels(peak))


def _decibels(peak: float) -> float | None:
    return round(20 * math.log10(peak), 1) if peak > 0 else None


@dataclass
class SoundMeter:
    """Listens to one track's samples: interleaved 32-bit floats, `channels` of them at `rate` a second.

    The first sample is at 0 on the preview's clock.
    """

    index: int
    channels: int
    rate: int
    qc: Qc
    layout: str = ""
    silences: list[Span] = field(default_factory=list)
    clipped: list[Span] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nothing heard yet."""
        self.loudness = LoudnessReader()
        self.peaks = Peaks(self.rate)
        self.heard = 0
        self._rest = b""
        self._last_loud = -1
        self._runs = [0] * self.channels
        self._threshold = np.float32(10 ** (self.qc.silence_db / 20))
        self._silence = round(self.qc.silence_seconds * self.rate)

    def feed(self, data: bytes) -> None:
        """The next bytes, whole samples or not."""
        data = self._rest + data
        whole = len(data) - len(data) % (4 * self.channels)
        self._rest = data[whole:]
        samples = np.frombuffer(data[:whole], "<f4").reshape(-1, self.channels)
        if len(samples):
            self._hear(np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0))

    def finish(self) -> None:
        """The track is over: a silence or a clipping that lasted to its end is noted."""
        self._note_silence(self.heard)
        for channel, length in enumerate(self._runs):
            self._note_clipping(self.heard, length)
            self._runs[channel] = 0

    def _hear(self, samples: NDArray[np.float32]) -> None:
        low, high = samples[:, 0], samples[:, 0]
        for channel in range(1, self.channels):  # by columns: far quicker than along the short axis
            low, high = np.minimum(low, samples[:, channel]), np.maximum(high, samples[:, channel])
        self.peaks.add(low, high)
        peak = np.maximum(high, -low)
        self._find_silence(peak)
        if self.qc.clipping and (any(self._runs) or peak.max() >= FULL_SCALE):
            for channel in range(self.channels):
                self._find_clipping(channel, np.abs(samples[:, channel]) >= FULL_SCALE)
        self.heard += len(samples)

    def _find_silence(self, peak: NDArray[np.float32]) -> None:
        loud = np.flatnonzero(peak > self._threshold) + self.heard
        if not len(loud):
            return
        self._note_silence(int(loud[0]))
        for at in np.flatnonzero(np.diff(loud) > self._silence):
            self._last_loud = int(loud[at])
            self._note_silence(int(loud[at + 1]))
        self._last_loud = int(loud[-1])

    def _note_silence(self, end: int) -> None:
        start = self._last_loud + 1
        if end - start >= max(1, self._silence) and self.qc.silence and len(self.silences) < _MOST_SPANS:
            self.silences.append(Span(start, end, end - start))

    def _find_clipping(self, channel: int, full: NDArray[np.bool_]) -> None:
        """Runs of full samples; one that reaches the end goes on in the next piece."""
        edges = np.flatnonzero(np.diff(np.concatenate(([False], full, [False])).astype(np.int8)))
        starts, ends = edges[::2], edges[1::2]
        carried, self._runs[channel] = self._runs[channel], 0
        if carried and not (len(starts) and starts[0] == 0):
            self._note_clipping(self.heard, carried)
            carried = 0
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            length = end - start + (carried if start == 0 else 0)
            if end == len(full):
                self._runs[channel] = length
            else:
                self._note_clipping(self.heard + end, length)

    def _note_clipping(self, end: int, length: int) -> None:
        """Runs near each other are one; `count` is of the samples in them."""
        if length < self.qc.clipping_samples or not length:
            return
        start, last = end - length, self.clipped[-1] if self.clipped else None
        if last is not None and start <= last.end + _TOGETHER_SECONDS * self.rate:
            last.start, last.end, last.count = min(last.start, start), max(last.end, end), last.count + length
        elif len(self.clipped) < _MOST_SPANS:
            self.clipped.append(Span(start, end, length))
