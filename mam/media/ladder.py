"""The plan of a preview: which rungs, how large, how long a segment, what has to be mended on the way.

Pure arithmetic from the technical metadata of a source to a `Recipe`; starts nothing, writes nothing.
What every transcoder is asked for is decided here and nowhere else.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import cast

from mam.config import Media
from mam.ladder_config import QUALITY, Ladder, LadderRung
from mam.types import Codec, MediaInfo, Recipe, Rung, VideoTrack

MAX_LONG_SIDE = 4096
"""Longest side of a rung in pixels: what H.264 decoders of browsers and phones take (level 5.1)."""

MAX_AUDIO_TRACKS = 16
"""More tracks than this are not rendered; camera masters carry up to 16 mono tracks."""

MAX_SEGMENTS = 100_000
"""Of one rendition, 55 hours of two seconds each; what a film holds beyond is not shown."""

_MAX_FRAME_RATE = Fraction(120)
_MAX_TIMEBASE = 1_000_000
_DEFAULT_RATE = Fraction(25)
_STANDARD_RATES = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
)
_BITRATE_1080P30 = 8_000_000
_PIXELS_1080P = 1920 * 1080
_MIN_BITRATE = 200_000
_THRIFT = {"h264": 1.0, "hevc": 0.65, "av1": 0.55}  # bits for the same picture, beside H.264's
_AVERAGE = 0.6  # of the highest bit rate, where only that is known
_RUNG_DISTANCE = 1.1  # a top rung of the source's own size wants the next one to be smaller by this factor
_HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
_PROGRESSIVE = frozenset({"", "progressive", "unknown"})


_USUAL = Ladder()


def plan(media: MediaInfo, settings: Media, ladder: Ladder = _USUAL) -> Recipe:
    """The recipe for a source: rungs by the short side, never upscaled, plus its audio tracks.

    A source without a picture gets no rungs, a `frame_rate` and `gop` of 0 and audio renditions only.
    What `ladder` leaves open is as `settings` say.
    """
    length = Fraction(ladder.segment_seconds or settings.segment_seconds).limit_denominator(1000)
    audio = tuple(track.index for track in media.audio[:MAX_AUDIO_TRACKS])
    video = media.video
    if video is None:
        return Recipe(
            rungs=(),
            frame_rate=Fraction(0),
            gop=0,
            audio=audio,
            audio_bitrate=ladder.audio_bitrate,
            segment_seconds=length,
        )
    rate = constant_rate(video)
    gop = max(1, round(rate * length))
    wanted = tuple(rung.height for rung in ladder.rungs) or settings.rungs
    return Recipe(
        rungs=tuple(_rung(video, short, rate, ladder) for short in short_sides(video, wanted)),
        frame_rate=rate,
        gop=gop,
        audio=audio,
        audio_bitrate=ladder.audio_bitrate,
        codec=cast("Codec", ladder.codec),
        tonemap=needs_tonemap(video),
        deinterlace=is_interlaced(video),
        segment_seconds=gop / rate,
    )


def needs_tonemap(video: VideoTrack) -> bool:
    """Whether a picture is HDR (PQ or HLG), which an SDR preview has to bring down."""
    return bool(video.hdr) or video.color_transfer in _HDR_TRANSFERS


def is_interlaced(video: VideoTrack) -> bool:
    """Whether a frame is two fields, taken one after the other."""
    return video.field_order not in _PROGRESSIVE


def short_sides(video: VideoTrack, wanted: tuple[int, ...]) -> tuple[int, ...]:
    """The rungs' short sides in pixels, largest first.

    Those of `wanted` that the source fills; and where the source lies between two of them, or below
    all, one of its own size on top, so that a preview never throws away what the source has.
    """
    own = min(_bounded(video))
    sizes = sorted({size for size in wanted if 0 < size <= own}, reverse=True)
    fills_the_top = bool(sizes) and (own == sizes[0] or own >= max(wanted))
    if fills_the_top:
        return tuple(sizes)
    return (own, *(size for size in sizes if own >= size * _RUNG_DISTANCE))


def constant_rate(video: VideoTrack) -> Fraction:
    """The constant frame rate of all rungs, so that frame n lies at n / rate.

    A constant source keeps its own up to 120/s; above, whole divisions of it. A variable one gets the
    standard rate at or above its own: hardly a frame is dropped and every editor knows the rate.
    """
    rate = video.frame_rate if video.frame_rate > 0 else _DEFAULT_RATE
    if video.variable_rate:
        average = _average_rate(video) if rate > _STANDARD_RATES[-1] else rate
        fitting = (standard for standard in _STANDARD_RATES if standard >= average * Fraction(99, 100))
        return next(fitting, _STANDARD_RATES[-1])
    if rate > _MAX_FRAME_RATE:
        rate /= math.ceil(rate / _MAX_FRAME_RATE)
    if max(rate.numerator, rate.denominator) > _MAX_TIMEBASE:
        rate = rate.limit_denominator(1001)
    return rate or _DEFAULT_RATE


def _average_rate(video: VideoTrack) -> Fraction:
    """Frames by duration: what a variable film really has where its container only tells its clock."""
    if not video.frames or not video.duration:
        return video.frame_rate
    return Fraction(video.frames) / Fraction(video.duration).limit_denominator(1000)


def _rung(video: VideoTrack, short: int, rate: Fraction, ladder: Ladder) -> Rung:
    whole = _bounded(video)
    scale = Fraction(short, min(whole))
    width, height = (_even(side * scale, side) for side in whole)
    said = _said(ladder, short)
    usual = round(_max_bitrate(width * height, rate) * _THRIFT[ladder.codec])
    most = said.max_bitrate or max(usual, said.bitrate)
    return Rung(
        name=str(min(width, height)),
        width=width,
        height=height,
        crf=said.crf or ladder.crf or QUALITY[ladder.codec],
        max_bitrate=most,
        bitrate=(said.bitrate or round(most * _AVERAGE)) if ladder.rate_control == "bitrate" else 0,
        preset=said.preset or ladder.preset,
    )


def _said(ladder: Ladder, short: int) -> LadderRung:
    """What is said of a rung; one of the source's own size is as the next larger one, but for its rates."""
    for rung in reversed(ladder.rungs):
        if rung.height == short:
            return rung
        if rung.height > short:
            return LadderRung(short, crf=rung.crf, preset=rung.preset)
    return LadderRung(short)


def _bounded(video: VideoTrack) -> tuple[int, int]:
    """The picture's size as shown, made smaller where its long side is more than players take."""
    scale = min(Fraction(1), Fraction(MAX_LONG_SIDE, max(video.width, video.height)))
    return max(1, int(video.width * scale)), max(1, int(video.height * scale))


def _even(pixels: Fraction, source: int) -> int:
    """The nearest even number that is not above the source's own size; 2 at least."""
    even = 2 * round(pixels / 2)
    return max(2, even if even <= source else even - 2)


def _max_bitrate(pixels: int, rate: Fraction) -> int:
    """The VBV rate of a rung: 8 Mbit/s at 1080p30, less than in proportion to area and frame rate.

    Small pictures need more bits per pixel and fast ones fewer per frame (exponents 0.75 and 0.5 are
    the usual rule of thumb for H.264).
    """
    by_area = (pixels / _PIXELS_1080P) ** 0.75
    by_rate = math.sqrt(max(1.0, float(rate) / 30))
    return max(_MIN_BITRATE, round(_BITRATE_1080P30 * by_area * by_rate / 1000) * 1000)
