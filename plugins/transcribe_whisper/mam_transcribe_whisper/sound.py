"""Samples of a file as the decoder left them: 16 kHz mono, 16 bit, read as needed. Writes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class Sound:
    """A file of samples, sliced as an array is; only what is asked for is in memory."""

    def __init__(self, samples: NDArray[np.int16]) -> None:
        """Of samples as they lie in the file."""
        self._samples = samples

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self._samples)

    def __getitem__(self, wanted: slice) -> NDArray[np.float32]:
        """A part of it, from -1 to 1."""
        return self._samples[wanted].astype(np.float32) / np.float32(32768)


def open_sound(path: str) -> Sound:
    """The samples of a raw file; none of an empty one."""
    if Path(path).stat().st_size < np.dtype(np.int16).itemsize:
        return Sound(np.empty(0, np.int16))
    return Sound(np.memmap(path, np.int16, mode="r"))
