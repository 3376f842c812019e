"""What a picture or a film looks like, in 64 bits a moment, and how alike two of them are. Pure arithmetic.

A hash is the signs of the 64 lowest frequencies of the small grey picture against their median: it stays when
the picture is encoded again, scaled, brightened or framed in black. Moments with nothing to see (black, flat,
bars) are 0 and speak for nobody. Reads no file and writes nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
Hashes = NDArray[np.uint64]
Reals = NDArray[np.float64]

RECIPE = 1
"""Of this way to make hashes; only hashes of one recipe are compared."""

SIDE = 128
"""Pixels of a side of the grey pictures that hashes are made of; they are stretched to a square."""

ALIKE = 16
"""Bits in which the hashes of two pictures that look alike differ at most."""

ALIKE_WHOLE = 26
"""The same of both hashes of a picture together."""

_SMALL = 32  # pixels of a side after the frame is cut off
_BLACK = 12  # of 255; a border darker than this in every picture is no part of it
_LEAST = SIDE // 4  # pixels that have to be left of a side
_FLAT = 7.0  # of 255; the deviation below which there is nothing to see
_ONE_WAY = 3.0  # of 255; a picture that changes by less along one side is bars
_TOP = 0.62  # the part of test bars that has nothing but bars


def hash_picture(picture: Frames) -> Hashes:
    """Two hashes of one grey picture of `SIDE` x `SIDE`, both 0 where there is nothing to see.

    The second says where it grows brighter from left to right: what two pictures share by chance in the
    first, they do not in the second.
    """
    found = hash_film(picture[np.newaxis])
    if not found[0]:
        return np.zeros(2, dtype=np.uint64)
    top, bottom, left, right = _content(picture[np.newaxis])
    cut = picture[top:bottom, left:right].astype(np.float64)
    coarse = _resize(bottom - top, 8) @ cut @ _resize(right - left, 9).T
    brighter = np.packbits(coarse[:, 1:] > coarse[:, :-1]).view(">u8").astype(np.uint64)
    return np.concatenate((found, brighter))


def alike(one: Hashes, other: Hashes) -> float | None:
    """How alike two pictures are, 0 to 1, by their hashes; None where they are not."""
    first, second = (int(distance(one[number], other[number])) for number in (0, 1))
    if not (one[0] and other[0]) or first > ALIKE or first + second > ALIKE_WHOLE:
        return None
    return round(1 - (first + second) / 128, 4)


def hash_film(frames: Frames) -> Hashes:
    """A hash for each of the grey pictures of a film, without the black frame that all of them have."""
    if not len(frames):
        return np.zeros(0, dtype=np.uint64)
    top, bottom, left, right = _content(frames)
    rows, columns = _resize(bottom - top), _resize(right - left)
    small = np.empty((len(frames), _SMALL, _SMALL))
    for number, frame in enumerate(frames):
        small[number] = rows @ frame[top:bottom, left:right].astype(np.float64) @ columns.T
    cosines = _cosines()
    spectrum = cosines @ small @ cosines.T
    bits = spectrum[:, *_lowest()]
    signs = bits > np.median(bits, axis=1, keepdims=True)
    packed = np.ascontiguousarray(np.packbits(signs, axis=1)).view(">u8").ravel().astype(np.uint64)
    packed[_nothing_to_see(small)] = 0
    return packed


def distance(one: Any, other: Any) -> Any:
    """In how many bits hashes differ: a number, or an array where one of them is."""
    return np.bitwise_count(np.bitwise_xor(np.asarray(one, np.uint64), np.asarray(other, np.uint64)))


def _content(frames: Frames) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of what is not a black border in all of the pictures."""
    found: list[int] = []
    for axis in (2, 1):
        lit = np.flatnonzero(frames.mean(axis=axis).max(axis=0) > _BLACK)
        ends = (int(lit[0]), int(lit[-1]) + 1) if len(lit) else (0, SIDE)
        found += ends if ends[1] - ends[0] >= _LEAST else (0, SIDE)
    return found[0], found[1], found[2], found[3]


def _nothing_to_see(small: Reals) -> NDArray[np.bool_]:
    """Which of the pictures are flat, or nothing but bars along one side."""
    flat = small.std(axis=(1, 2)) < _FLAT
    top = small[:, : int(_SMALL * _TOP)]
    upright = top.std(axis=1).mean(axis=1) < _ONE_WAY
    lying = small.std(axis=2).mean(axis=1) < _ONE_WAY
    return np.asarray(flat | upright | lying)


@lru_cache(maxsize=4 * SIDE)
def _resize(size: int, small: int = _SMALL) -> Reals:
    """The matrix that takes `size` pixels to `small`, each the mean of what it covers."""
    edges = np.linspace(0, size, small + 1)
    pixels = np.arange(size)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights = np.clip(covered, 0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@lru_cache(maxsize=1)
def _cosines() -> Reals:
    """The matrix of the discrete cosine transform (DCT-II) over `_SMALL` samples."""
    k, n = np.arange(_SMALL)[:, None], np.arange(_SMALL)[None, :]
    return np.asarray(np.cos(np.pi * k * (2 * n + 1) / (2 * _SMALL)))


@lru_cache(maxsize=1)
def _lowest() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the 64 lowest frequencies but the mean, by the sum of both."""
    row, column = np.unravel_index(np.arange(_SMALL * _SMALL), (_SMALL, _SMALL))
    order = np.lexsort((row, row + column))[1:65]
    return row[order], column[order]


# --- films --------------------------------------------------------------------------------------------------

_COVERED = 0.75  # of what both show, by distinct moments, has to be the same
_SHARED = 0.5  # of the shorter film has to lie beside the other
_MOMENTS = 3  # distinct moments that have to be the same
_STILL = 6  # bits between samples of one unmoving picture
_FRAME_ALIKE = 12
_OFFSETS = 8  # best offsets that are tried
_LENGTH = 0.05  # by which the lengths of two unmoving films may differ
_ROWS = 256  # samples compared at once: bounds the memory


@dataclass(frozen=True)
class Film:
    """The hashes of a film, one every `step` seconds from its beginning; `duration` in seconds."""

    hashes: Hashes
    step: float
    duration: float

    @property
    def weights(self) -> Reals:
        """How much each sample says: nothing where it is blank, a share where the picture stands still."""
        weights = np.zeros(len(self.hashes))
        if not len(weights):
            return weights
        moves = np.flatnonzero(distance(self.hashes[1:], self.hashes[:-1]) > _STILL) + 1
        bounds = [0, *moves.tolist(), len(weights)]
        for start, end in itertools.pairwise(bounds):
            weights[start:end] = 1 / (end - start)
        weights[self.hashes == 0] = 0
        return weights


@dataclass(frozen=True)
class Match:
    """How alike two films are: `score` 0 to 1; the other begins `offset` seconds after the one."""

    score: float
    offset: float


def compare(one: Film, other: Film) -> Match | None:
    """Whether the films show the same, wherever one begins in the other; None where they do not.

    Lengths count: half of the shorter one has to lie beside the other, and two pictures that never move are
    the same film only where they last equally long.
    """
    finer, coarser = (one, other) if one.step <= other.step else (other, one)
    found = [match for offset in _offsets(finer, coarser) if (match := _beside(finer, coarser, offset))]
    best = max(found, key=lambda match: match.score, default=None)
    if best is None or finer is one:
        return best
    return Match(best.score, 0.0 - best.offset)


def _offsets(finer: Film, coarser: Film) -> list[int]:
    """In samples of the finer: where the coarser may begin, by how many moments agree on it."""
    own, others = finer.weights, coarser.weights
    there, here = np.flatnonzero(others), np.flatnonzero(own)
    ratio = coarser.step / finer.step
    span = len(finer.hashes) + int(len(coarser.hashes) * ratio) + 2
    votes = np.zeros(2 * span)
    for start in range(0, len(there), _ROWS):
        some = there[start : start + _ROWS]
        near = distance(coarser.hashes[some][:, None], finer.hashes[here][None, :]) <= _FRAME_ALIKE
        row, column = np.nonzero(near)
        offset = here[column] - np.rint(some[row] * ratio).astype(np.int64) + span
        np.add.at(votes, offset, np.minimum(others[some[row]], own[here[column]]))
    best = np.argsort(votes)[::-1][:_OFFSETS]
    return [int(number) - span for number in best if votes[number] > 0]


def _beside(finer: Film, coarser: Film, offset: int) -> Match | None:
    """The match with the coarser film laid beside the finer at that sample, if it is one."""
    at = np.rint(np.arange(len(coarser.hashes)) * coarser.step / finer.step).astype(np.int64) + offset
    inside = np.flatnonzero((at >= 0) & (at < len(finer.hashes)))
    weights = np.maximum(coarser.weights[inside], finer.weights[at[inside]] * (finer.step == coarser.step))
    if weights.sum() == 0:
        return None
    apart, exactly = _apart(finer.hashes, coarser.hashes[inside], at[inside])
    same = apart <= _FRAME_ALIKE
    covered = float(weights[same].sum() / weights.sum())
    if covered < _COVERED or not _long_enough(finer, coarser, weights, same, inside):
        return None
    mean = float(np.average((apart + exactly)[same] / 2, weights=weights[same] + 1e-9))
    return Match(round(covered * (1 - mean / 64), 4), round(offset * finer.step, 3))


def _apart(hashes: Hashes, others: Hashes, at: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """The least distance of each to the sample beside it or its neighbours, and that to the one beside it.

    Blank is like blank only. Neighbours count, for two films are seldom sampled at the very same moments.
    """
    found = []
    for shift in (0, -1, 1):
        beside = hashes[np.clip(at + shift, 0, len(hashes) - 1)]
        bits = np.where((beside == 0) != (others == 0), 64, distance(beside, others))
        found.append(bits.astype(np.int64))
    return np.minimum.reduce(found), found[0]


def _long_enough(
    finer: Film, coarser: Film, weights: Reals, same: NDArray[np.bool_], inside: NDArray[np.intp]
) -> bool:
    """Whether what is the same is enough of both films to call them so."""
    shared = len(inside) * coarser.step
    shorter, longer = sorted((finer.duration, coarser.duration))
    if shared < _SHARED * _seen(finer, coarser):
        return False
    if weights[same].sum() >= _MOMENTS:
        return True
    return longer - shorter <= max(_LENGTH * longer, coarser.step) and bool(same.all())


def _seen(finer: Film, coarser: Film) -> float:
    """Seconds in which the film that shows less shows something."""
    return min(float(np.count_nonzero(film.hashes)) * film.step for film in (finer, coarser))


# --- finding ------------------------------------------------------------------------------------------------

BANDS = 4
_BAND_BITS = 16
_PICTURE, _FILM = 0, 1
ANCHORS = 16
"""Moments of a film by which it is found."""

ASKED = 192
"""Moments of a film that are asked for when its look-alikes are looked for."""

_FLIPS = 2


def picture_keys(value: int) -> list[int]:
    """The keys under which a picture is kept: its four quarters."""
    return [_key(_PICTURE, band, quarter) for band, quarter in enumerate(_quarters(value))]


def near_picture_keys(value: int) -> list[int]:
    """The keys under which every picture lies that differs in no more than 11 bits, and some others.

    Of 11 bits over four quarters one quarter has two at most, so two bits are turned in each.
    """
    return [
        _key(_PICTURE, band, quarter ^ flip)
        for band, quarter in enumerate(_quarters(value))
        for flip in _flips()
    ]


def film_keys(hashes: Hashes, most: int = ANCHORS) -> list[int]:
    """The keys of `most` distinct moments, evenly over the film: to keep it, or `ASKED` to look for it."""
    moving = hashes[np.flatnonzero(hashes)]
    if not len(moving):
        return []
    new = np.concatenate(([True], distance(moving[1:], moving[:-1]) > _STILL))
    distinct = moving[new]
    chosen = np.unique(np.linspace(0, len(distinct) - 1, min(most, len(distinct))).round().astype(int))
    keys = [
        _key(_FILM, band, quarter)
        for value in distinct[chosen]
        for band, quarter in enumerate(_quarters(int(value)))
    ]
    return sorted(set(keys))


def pack(hashes: Hashes | Sequence[int]) -> bytes:
    """Hashes as they are stored."""
    return np.asarray(hashes, dtype=np.uint64).astype(">u8").tobytes()


def unpack(stored: bytes) -> Hashes:
    """What `pack` packed."""
    return np.frombuffer(bytes(stored), dtype=">u8").astype(np.uint64)


def _key(kind: int, band: int, quarter: int) -> int:
    return ((kind * BANDS + band) << _BAND_BITS) | quarter


def _quarters(value: int) -> list[int]:
    return [(value >> (_BAND_BITS * band)) & 0xFFFF for band in range(BANDS)]


@lru_cache(maxsize=1)
def _flips() -> tuple[int, ...]:
    """Nothing, one bit or two bits of a quarter."""
    ones = [1 << bit for bit in range(_BAND_BITS)]
    return tuple(sorted({0, *ones, *(one | other for one in ones for other in ones)}))
