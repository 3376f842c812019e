"""`[ladder]`: which renditions a film gets, and how they are encoded. Every default, and what cannot be.

Pure; raises nothing: `problems` says in sentences what is wrong, each with its key and the way out. What
stands in `[media]` as `rungs` and `segment_seconds` since the first release holds where `[ladder]` is silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

CODECS = ("h264", "hevc", "av1")
QUALITY = {"h264": 23, "hevc": 28, "av1": 35}
"""The default `crf` of each codec: about as good as one another, by the encoders' own defaults."""

_WORST = {"h264": 51, "hevc": 51, "av1": 63}
_X26 = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
PRESETS = {"h264": _X26, "hevc": _X26, "av1": tuple(str(number) for number in range(14))}
_SECONDS = (1.0, 10.0)
_HEIGHTS = (2, 4320)
_AUDIO = (32_000, 512_000)
_LEAST_BITRATE = 50_000


@dataclass(frozen=True)
class LadderRung:
    """One rung: `height` is its short side in pixels. What is 0 or empty follows from codec and size."""

    height: int
    crf: int = 0
    bitrate: int = 0
    max_bitrate: int = 0
    preset: str = ""


@dataclass(frozen=True)
class Ladder:
    """`[ladder]`: empty `rungs` and 0 seconds leave those two to `[media]`. Bit rates in bits a second.

    `rate_control` "quality" keeps a `crf` below `max_bitrate`, "bitrate" an average.
    """

    codec: str = field(default="h264", metadata={"choices": CODECS})
    rate_control: str = field(default="quality", metadata={"choices": ("quality", "bitrate")})
    crf: int = 0
    preset: str = ""
    segment_seconds: float = 0.0
    audio_bitrate: int = 128_000
    rungs: tuple[LadderRung, ...] = ()


def problems(ladder: Ladder, media_rungs: Sequence[int], media_seconds: float) -> list[str]:
    """What cannot be in these settings, each sentence with its key and what to write instead."""
    heights = [rung.height for rung in ladder.rungs]
    found = [*_heights(heights, "ladder.rungs"), *_order(heights)] if heights else []
    found += [] if heights else _heights(media_rungs, "media.rungs")
    found += _seconds(ladder.segment_seconds or media_seconds, named=bool(ladder.segment_seconds))
    found += _encoding("ladder", ladder.codec, ladder.crf, ladder.preset)
    low, high = _AUDIO
    if not low <= ladder.audio_bitrate <= high:
        found.append(
            f"ladder.audio_bitrate: {ladder.audio_bitrate} is outside {low} to {high} bits a second."
        )
    for number, rung in enumerate(ladder.rungs):
        key = f"ladder.rungs[{number}]"
        found += _encoding(key, ladder.codec, rung.crf, rung.preset)
        found += _rates(key, rung, ladder.rate_control)
    return found


def _heights(heights: Sequence[int], where: str) -> Iterator[str]:
    low, high = _HEIGHTS
    if not heights:
        yield f"{where}: the ladder has no rung; name at least one height, such as 720."
    for height in heights:
        if not low <= height <= high:
            yield f"{where}: a rung of {height} pixels cannot be; heights are {low} to {high}."


def _order(heights: Sequence[int]) -> Iterator[str]:
    for height in heights:
        if height % 2:
            yield f"ladder.rungs: {height} is odd, and pictures have even sides; write {height + 1}."
    for above, below in pairwise(heights):
        if above == below:
            yield f"ladder.rungs: {above} is there twice; take one out."
        elif above < below:
            yield f"ladder.rungs: {below} comes after {above}; write the largest first."


def _seconds(seconds: float, *, named: bool) -> Iterator[str]:
    low, high = _SECONDS
    if not low <= seconds <= high:
        key = "ladder.segment_seconds" if named else "media.segment_seconds"
        yield f"{key}: {seconds:g} is outside {low:g} to {high:g} seconds; 2 is usual."


def _encoding(key: str, codec: str, crf: int, preset: str) -> Iterator[str]:
    worst = _WORST.get(codec, 0)
    if not 0 <= crf <= worst:
        yield f"{key}.crf: {crf} is outside 1 to {worst} for {codec}; 0 takes the default, {QUALITY[codec]}."
    if preset and preset not in PRESETS.get(codec, ()):
        yield f'{key}.preset: {codec} has no preset "{preset}"; it has {", ".join(PRESETS[codec])}.'


def _rates(key: str, rung: LadderRung, control: str) -> Iterator[str]:
    for name, rate in (("bitrate", rung.bitrate), ("max_bitrate", rung.max_bitrate)):
        if rate and rate < _LEAST_BITRATE:
            yield f"{key}.{name}: {rate} bits a second is less than a picture needs; did you mean {rate}_000?"
    if rung.max_bitrate and rung.bitrate > rung.max_bitrate:
        yield f"{key}.max_bitrate: {rung.max_bitrate} is less than the bitrate of {rung.bitrate}; raise it."
    if rung.bitrate and control != "bitrate":
        yield f'{key}.bitrate: it is not used with rate_control = "{control}"; write "bitrate" there.'
