"""The DASH manifest over the same CMAF segments as the HLS playlists (ISO/IEC 23009-1). Pure.

Times are counted in the clock of each rendition's own init segment, segment by segment, so that nothing is
rounded twice. One address set of pictures, one a sound track, one a text track. Touches no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from mam.media import languages
from mam.media.playlists import (
    INIT_NAME,
    Captions,
    Rendition,
    Segment,
    audio_names,
    caption_name,
)

NAME = "manifest.mpd"

_SCHEMA = "urn:mpeg:dash:schema:mpd:2011"
_PROFILE = "urn:mpeg:dash:profile:isoff-live:2011"
_CHANNELS = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
_ROLE = "urn:mpeg:dash:role:2011"
_HEADER = 8
_NUMBERED = re.compile(r"(\d+)\.m4s")
_TEXT_BANDWIDTH = 256
_END = "  </Period>"


@dataclass(frozen=True)
class Stream:
    """A rendition with what its manifest needs beside its playlist: the clock of its segments.

    `timescale` is ticks a second, `start` the decode time of the first segment in ticks.
    """

    rendition: Rendition
    segments: tuple[Segment, ...]
    timescale: int
    start: int = 0

    @property
    def folder(self) -> str:
        """The rendition's folder as the manifest names it, with its slash."""
        return self.rendition.uri.rpartition("/")[0] + "/"

    @property
    def seconds(self) -> float:
        """How long it is."""
        return sum(segment.duration for segment in self.segments)


def timescale_of(init: bytes) -> int:
    """Ticks a second of an init segment's first track (`mdhd`). Raises ValueError where it says none."""
    header = _find(init, ("moov", "trak", "mdia", "mdhd"))
    at = 20 if header[:1] == b"\x01" else 12  # version 1 has times of eight bytes
    ticks = int.from_bytes(header[at : at + 4], "big")
    if not ticks:
        raise ValueError("the init segment has no clock")
    return ticks


def start_of(segment: bytes) -> int:
    """The decode time of a media segment's first sample in ticks (`tfdt`); its beginning is enough."""
    box = _find(segment, ("moof", "traf", "tfdt"))
    return int.from_bytes(box[4:12] if box[:1] == b"\x01" else box[4:8], "big")


def manifest(streams: Sequence[Stream], captions: Sequence[Captions] = ()) -> str:
    """The manifest of these renditions; addresses are as seen from beside the master playlist.

    Raises ValueError where there is nothing to play, or segments are not numbered in a row.
    """
    rungs = [one for one in streams if one.rendition.kind == "video"]
    audio = [one for one in streams if one.rendition.kind == "audio"]
    if not streams:
        raise ValueError("a manifest needs at least one rendition")
    longest = max(one.seconds for one in (rungs or audio))
    body = [*_pictures(rungs), *_sounds(audio)]
    target = max(segment.duration for one in streams for segment in one.segments)
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<MPD xmlns="{_SCHEMA}" profiles="{_PROFILE}" type="static"',
            f'  mediaPresentationDuration="PT{longest:.6f}S" maxSegmentDuration="PT{target:.6f}S"',
            f'  minBufferTime="PT{target:.6f}S">',
            f'  <Period id="0" start="PT0S" duration="PT{longest:.6f}S">',
            *body,
            *_texts(captions, 0),
            _END,
            "</MPD>",
            "",
        ]
    )


def with_captions(text: str, captions: Sequence[Captions]) -> str:
    """A manifest of ours with further text tracks."""
    before = text.count('contentType="text"')
    return text.replace(_END, "\n".join([*_texts(captions, before), _END]))


def _pictures(rungs: Sequence[Stream]) -> Iterator[str]:
    if not rungs:
        return
    yield (
        '    <AdaptationSet id="1" contentType="video" mimeType="video/mp4"'
        ' segmentAlignment="true" startWithSAP="1">'
    )
    for one in sorted(rungs, key=lambda rung: -rung.rendition.width * rung.rendition.height):
        line = one.rendition
        rate = line.frame_rate
        shown = f"{rate.numerator}/{rate.denominator}" if rate.denominator > 1 else str(rate.numerator)
        size = f'width="{line.width}" height="{line.height}" frameRate="{shown}" sar="1:1"'
        yield from _representation(one, size)
    yield "    </AdaptationSet>"


def _sounds(audio: Sequence[Stream]) -> Iterator[str]:
    names = audio_names([one.rendition for one in audio])
    for number, (one, name) in enumerate(zip(audio, names, strict=True)):
        role = "main" if one.rendition.default or number == 0 else "alternate"
        yield (
            f'    <AdaptationSet id="{100 + number}" contentType="audio" mimeType="audio/mp4"'
            f'{_lang(one.rendition.language)} segmentAlignment="true" startWithSAP="1">'
        )
        yield f'      <Role schemeIdUri="{_ROLE}" value="{role}"/>'
        yield f"      <Label>{escape(name)}</Label>"
        yield from _representation(one, 'audioSamplingRate="48000"', one.rendition.channels)
        yield "    </AdaptationSet>"


def _representation(one: Stream, details: str, channels: int = 0) -> Iterator[str]:
    line = one.rendition
    name = quoteattr(line.name)
    codecs = quoteattr(line.codecs)
    yield f'      <Representation id={name} codecs={codecs} bandwidth="{max(1, line.peak)}" {details}>'
    if channels:
        yield f'        <AudioChannelConfiguration schemeIdUri="{_CHANNELS}" value="{channels}"/>'
    first, width = _numbering(one.segments)
    media = f"{one.folder}$Number%0{width}d$.m4s"
    offset = f' presentationTimeOffset="{one.start}"' if one.start else ""
    yield (
        f'        <SegmentTemplate timescale="{one.timescale}" startNumber="{first}"{offset}'
        f" initialization={quoteattr(one.folder + INIT_NAME)} media={quoteattr(media)}>"
    )
    yield "          <SegmentTimeline>"
    yield from _timeline(one)
    yield "          </SegmentTimeline>"
    yield "        </SegmentTemplate>"
    yield "      </Representation>"


def _numbering(segments: Sequence[Segment]) -> tuple[int, int]:
    """The first segment's number and how many digits numbers have; they must count up by one."""
    found = [_NUMBERED.fullmatch(segment.name) for segment in segments]
    numbers = [int(match[1]) for match in found if match]
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(segments))):
        raise ValueError("the segments are not numbered in a row")
    return numbers[0], len(segments[0].name) - len(".m4s")


def _timeline(one: Stream) -> Iterator[str]:
    """Runs of segments of one length. A playlist's microseconds are finer than any clock of ours."""
    lengths = [round(segment.duration * one.timescale) for segment in one.segments]
    moment = f' t="{one.start}"'
    for length, run in groupby(lengths):
        count = len(list(run))
        repeat = f' r="{count - 1}"' if count > 1 else ""
        yield f'            <S{moment} d="{length}"{repeat}/>'
        moment = ""


def _texts(captions: Sequence[Captions], before: int) -> Iterator[str]:
    """Each track is one whole WebVTT file; `uri` names its playlist, which lies beside it."""
    for number, one in enumerate(captions, start=before):
        role = "forced-subtitle" if one.forced else "subtitle"
        label = caption_name(one.title, one.language, number + 1, forced=one.forced)
        yield (
            f'    <AdaptationSet id="{200 + number}" contentType="text" mimeType="text/vtt"'
            f"{_lang(one.language)}>"
        )
        yield f'      <Role schemeIdUri="{_ROLE}" value="{role}"/>'
        yield f"      <Label>{escape(label)}</Label>"
        yield f'      <Representation id="text{number}" bandwidth="{_TEXT_BANDWIDTH}">'
        yield f"        <BaseURL>{escape(one.uri.removesuffix('.m3u8') + '.vtt')}</BaseURL>"
        yield "      </Representation>"
        yield "    </AdaptationSet>"


def _lang(language: str) -> str:
    spoken = languages.normal(language)
    return f' lang="{spoken}"' if spoken else ""


def _find(data: bytes, path: tuple[str, ...]) -> bytes:
    """The body of the first box at `path`, which may be cut short. Raises ValueError where it is absent."""
    at = 0
    while at + _HEADER <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8].decode("latin-1") == path[0]:
            body = data[at + _HEADER : at + max(size, _HEADER)]
            return body if len(path) == 1 else _find(body, path[1:])
        if size < _HEADER:
            break
        at += size
    raise ValueError(f"there is no {path[0]} box")
