"""What is seen in each picture while a film is decoded: ffmpeg's filters, their lines read with suspicion.

Black, difference to the picture before, sameness with the first of a still, order of fields; a few bytes a
picture, so that the verdicts can look as far as they need. Writes nothing.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mam.config import Qc
from mam.errors import SourceError

MOST_PICTURES = 12_000_000
"""More are not looked at: 55 hours at 60 a second, 160 MB."""

UNKNOWN, PROGRESSIVE, TOP_FIRST, BOTTOM_FIRST = range(4)
_ORDERS = {b"progressive": PROGRESSIVE, b"tff": TOP_FIRST, b"bff": BOTTOM_FIRST}
_HEAD = re.compile(rb"frame:(\d{1,12}) +pts:(-?\d{1,18}) .*")
_CHANGE = re.compile(rb"lavfi\.scd\.mafd=(\d{1,3}(?:\.\d{1,6})?)")
_LONGEST_LINE = 4096
_FIELDS_APART = 1.2  # ffmpeg's 1.04 takes fine moving patterns for fields; real fields reach 1.5
_ALL = 100.0  # percent; the first picture changes everything


def filters(qc: Qc) -> tuple[str, str]:
    """The filters before each of the two lists: fields, and everything else. Times are in microseconds.

    What the file itself attached to its frames is thrown away before anything is measured.
    """
    clean = "settb=AVTB,metadata=mode=delete"
    order = "lavfi.idet.single.current_frame"
    black = f"blackdetect=d=0:pic_th={qc.black_picture:.4f}:pix_th={qc.black_pixel:.4f}"
    freeze = f"freezedetect=d=0:n={10 ** (qc.freeze_db / 20):.9f}"
    return (
        f"{clean},idet=intl_thres={_FIELDS_APART},metadata=print:key={order}",
        f"metadata=mode=delete,{black},{freeze},scdet=t=100",
    )


@dataclass(frozen=True)
class Pictures:
    """Every decoded picture: when it comes (microseconds), and what was seen in it.

    `still` means like the first of the pictures before it that are still; `change` is the mean difference
    to the one before in percent of white.
    """

    times: NDArray[np.int64]
    change: NDArray[np.float32]
    black: NDArray[np.bool_]
    still: NDArray[np.bool_]
    orders: NDArray[np.int8]


@dataclass
class PictureReader:
    """Takes both lists as they come: `feed` the pictures', `feed_orders` the fields'."""

    times: array[int] = field(default_factory=lambda: array("q"))
    change: array[float] = field(default_factory=lambda: array("f"))
    flags: bytearray = field(default_factory=bytearray)
    orders: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        """Nothing seen yet."""
        self._rests = [b"", b""]
        self._is_black = False

    def feed(self, data: bytes) -> None:
        """The next bytes of the pictures' list, whole lines or not. Raises `SourceError` for too many."""
        for line in self._lines(0, data):
            if line.startswith(b"frame:"):
                self._begin(line)
            elif not self.times:
                continue
            elif line.startswith(b"lavfi.black_start="):
                self._is_black = True
                self.flags[-1] |= 1
            elif line.startswith(b"lavfi.black_end="):
                self._is_black = False
                self.flags[-1] &= ~1
            elif line.startswith(b"lavfi.freezedetect.freeze_end="):
                self.flags[-1] &= ~2
            elif self.change[-1] < _ALL and (found := _CHANGE.fullmatch(line)):
                self.change[-1] = float(found[1])

    def feed_orders(self, data: bytes) -> None:
        """The next bytes of the fields' list."""
        for line in self._lines(1, data):
            name, _, value = line.partition(b"=")
            if name == b"lavfi.idet.single.current_frame" and len(self.orders) < MOST_PICTURES:
                self.orders.append(_ORDERS.get(value, UNKNOWN))

    def pictures(self) -> Pictures:
        """Everything seen, in the order of time."""
        flags = np.frombuffer(bytes(self.flags), np.uint8)
        orders = np.frombuffer(bytes(self.orders), np.int8)[: len(flags)]
        orders = np.pad(orders, (0, len(flags) - len(orders)))
        times = np.array(self.times, np.int64)
        order = np.argsort(times, kind="stable")
        return Pictures(
            times[order],
            np.array(self.change, np.float32)[order],
            (flags & 1).astype(bool)[order],
            (flags & 2).astype(bool)[order],
            orders[order],
        )

    def _lines(self, which: int, data: bytes) -> list[bytes]:
        *lines, rest = (self._rests[which] + data).split(b"\n")
        self._rests[which] = rest[-_LONGEST_LINE:]
        return lines

    def _begin(self, line: bytes) -> None:
        """A picture; until its lines say otherwise it is as black as the one before, and still.

        Number 0 is the first, also of a decoder that began anew in the middle: it has nothing before it.
        """
        head = _HEAD.fullmatch(line)
        if head is None:
            return
        if len(self.times) >= MOST_PICTURES:
            raise SourceError("The film has more pictures than are looked at.", code="source_too_large")
        first = int(head[1]) == 0
        self._is_black = self._is_black and not first
        self.times.append(int(head[2]))
        self.change.append(_ALL if first else 0.0)
        self.flags.append(int(self._is_black) | (0 if first else 2))
