"""What the model hears: a window of sound as a log-mel picture, as Whisper was trained on it. Pure.

16 kHz, frames of 25 ms every 10 ms, Slaney's mel scale and area norm, 8 bels of range (Radford et al., 2022).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
HOP = 160
WINDOW_SECONDS = 30
WINDOW = RATE * WINDOW_SECONDS

_FRAME = 400
_FLOOR, _RANGE = 1e-10, 8.0
# Slaney's scale: linear up to 1 kHz (200/3 Hz a mel), 27 steps for each factor of 6.4 above.
_LINEAR, _KNEE_HZ, _KNEE_MEL, _STEP = 200 / 3, 1000.0, 15.0, np.log(6.4) / 27

Samples = NDArray[np.float32]


def log_mel(samples: Samples, bands: int) -> NDArray[np.float32]:
    """A window as `(1, bands, 3000)`; what is shorter is filled with silence."""
    window = np.zeros(WINDOW, np.float32)
    window[: len(samples)] = samples[:WINDOW]
    padded = np.pad(window, _FRAME // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::HOP][: WINDOW // HOP]
    shape = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(frames * shape)).astype(np.float32) ** 2
    bels = np.log10(np.maximum(filters(bands) @ power.T, _FLOOR))
    bels = np.maximum(bels, bels.max() - _RANGE)
    return np.ascontiguousarray(((bels + 4) / 4)[None], dtype=np.float32)


@lru_cache
def filters(bands: int) -> NDArray[np.float32]:
    """The weight of each frequency in each band."""
    hertz = np.fft.rfftfreq(_FRAME, 1 / RATE)
    edges = _hertz(np.linspace(0.0, _mel(RATE / 2), bands + 2))
    rising = (hertz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hertz) / np.diff(edges)[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    return (np.maximum(0, np.minimum(rising, falling)) * area[:, None]).astype(np.float32)


def _mel(hertz: float) -> float:
    if hertz < _KNEE_HZ:
        return hertz / _LINEAR
    return float(_KNEE_MEL + np.log(hertz / _KNEE_HZ) / _STEP)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < _KNEE_MEL, mel * _LINEAR, _KNEE_HZ * np.exp((mel - _KNEE_MEL) * _STEP))
