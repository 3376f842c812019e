"""HLS playlists as text: read the encoder's, write ours, measure bit rates. Pure; touches no file.

How the previews service uses it, while a transcoder runs and once more at its end:

1. `parse_media(text)` of `<target>/<name>/index.m3u8` names the segments that are whole;
2. after those are stored, `write_media(segments, ended=...)` is the playlist to store beside them;
3. `measure(sizes, durations)` gives `(peak, average)`; until `ended`, `max(peak, bound(rung.max_bitrate))`
   is the honest peak, because what comes later is not known yet;
4. `codecs.codec_of(init_bytes)` gives the RFC 6381 string of each rendition;
5. `master([Rendition(...), ...])` is the master playlist; `uri` is relative to where that will lie.

Rules: RFC 8216 and Apple's authoring rules. Durations in seconds, rates in bits per second.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from mam.media import languages

AUDIO_GROUP = "audio"
CAPTIONS_GROUP = "captions"
INIT_NAME = "init.mp4"
PLAYLIST_NAME = "index.m3u8"
VBV_SECONDS = 1
"""Length of the encoder's rate buffer in seconds at `Rung.max_bitrate`; encoders are started with it."""

_VERSION = 7  # EXT-X-MAP in a playlist of fMP4 segments asks for 6; 7 is what Apple's CMAF examples state
_SHORTEST_SEGMENT = Fraction(2)
_EXTINF = re.compile(r"#EXTINF:(\d+(?:\.\d+)?)")
_SEGMENT_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_TITLED = re.compile(r'#EXT-X-MEDIA:TYPE=SUBTITLES,.*?NAME="([^"]*)"')
_MONO, _STEREO = 1, 2
_LAYOUTS = {_MONO: "mono", 6: "5.1", 8: "7.1"}


@dataclass(frozen=True)
class Segment:
    """One media segment: its file name and its length in seconds."""

    name: str
    duration: float


@dataclass(frozen=True)
class MediaPlaylist:
    """What a media playlist says. `ended` is True once no segment will follow."""

    segments: tuple[Segment, ...] = ()
    ended: bool = False


@dataclass(frozen=True)
class Rendition:
    """One line of the master playlist: a rung (`kind` "video") or an audio track ("audio").

    `uri` is the media playlist as seen from the master playlist; `peak` and `average` are those of this
    rendition alone, `master` adds the audio to each rung. `language` and `title` may be anything that a
    user's file says: they are made safe here. `default` marks the audio track that plays first; `channels`
    are those of the rendition, `source_channels` those of the track it was made of, for its name.
    """

    name: str
    kind: Literal["video", "audio"]
    uri: str
    codecs: str
    peak: int
    average: int
    width: int = 0
    height: int = 0
    frame_rate: Fraction = Fraction(0)
    language: str = ""
    title: str = ""
    channels: int = 2
    source_channels: int = 2
    default: bool = False


@dataclass(frozen=True)
class Captions:
    """A text track of the master playlist; `uri`, `language` and `title` as in `Rendition`."""

    uri: str
    language: str = ""
    title: str = ""
    forced: bool = False


def parse_media(text: str) -> MediaPlaylist:
    """Read a media playlist written by an encoder; a name that is no plain file name is an error.

    A last line without its segment is left out. Raises ValueError for anything that is no media playlist.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or lines[0] != "#EXTM3U":
        raise ValueError("this is not a media playlist: the first line is not #EXTM3U")
    segments: list[Segment] = []
    duration: float | None = None
    for line in lines:
        timed = _EXTINF.match(line)
        if timed:
            duration = float(timed[1])
        elif not line.startswith("#") and duration is not None:
            if not _SEGMENT_NAME.fullmatch(line):
                raise ValueError(f"a segment's name is not a plain file name: {line[:80]!r}")
            segments.append(Segment(line, duration))
            duration = None
    return MediaPlaylist(tuple(segments), "#EXT-X-ENDLIST" in lines)


def write_media(
    segments: Iterable[Segment],
    *,
    ended: bool,
    segment_seconds: Fraction | float = _SHORTEST_SEGMENT,
    init: str = INIT_NAME,
) -> str:
    """The media playlist of these segments: `VOD` with an end when `ended`, else a growing `EVENT`.

    `segment_seconds` is the nominal length: the target duration of an `EVENT` may not change as it grows.
    """
    listed = tuple(segments)
    longest = max([float(segment_seconds), *(segment.duration for segment in listed)])
    head = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSION}",
        f"#EXT-X-TARGETDURATION:{_rounded(longest)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if ended else 'EVENT'}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{init}"',
    ]
    body = [line for one in listed for line in (f"#EXTINF:{one.duration:.6f},", one.name)]
    return "\n".join([*head, *body, *(["#EXT-X-ENDLIST"] if ended else []), ""])


def write_captions(name: str, seconds: float) -> str:
    """The media playlist of a text track: one WebVTT file, `name`, for the whole length.

    Cue time 0 is media time 0 where no `X-TIMESTAMP-MAP` says otherwise (RFC 8216, 3.5).
    """
    head = ["#EXTM3U", f"#EXT-X-VERSION:{_VERSION}", f"#EXT-X-TARGETDURATION:{_rounded(seconds)}"]
    head += ["#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD"]
    return "\n".join([*head, f"#EXTINF:{seconds:.6f},", name, "#EXT-X-ENDLIST", ""])


def measure(sizes: Sequence[int], durations: Sequence[float]) -> tuple[int, int]:
    """Peak and average bit rate of a rendition from its segments' sizes (bytes) and durations (seconds).

    The peak is RFC 8216's: over every run of segments between 0.5 and 1.5 target durations, so that a
    last segment of one frame does not count as a peak. Answers (0, 0) where there are no segments.
    """
    total = sum(durations)
    if total <= 0:
        return 0, 0
    average = math.ceil(8 * sum(sizes) / total)
    target = _rounded(max(durations))
    peak = max((rate for rate in _runs(sizes, durations, target)), default=0.0)
    return max(math.ceil(peak), average), average


def bound(max_bitrate: int, segment_seconds: Fraction | float = _SHORTEST_SEGMENT) -> int:
    """The highest rate that one segment can have under a rung's VBV: a full buffer on top of the rate."""
    return math.ceil(max_bitrate * (1 + VBV_SECONDS / float(segment_seconds)))


def master(renditions: Iterable[Rendition], captions: Sequence[Captions] = ()) -> str:
    """The master playlist: every rung, best first, with all audio tracks in one group; or audio alone.

    `captions` go with pictures only and are in a group of their own; none is shown unasked but forced ones.
    Raises ValueError where there is nothing to list.
    """
    listed = tuple(renditions)
    rungs = sorted((one for one in listed if one.kind == "video"), key=lambda one: -one.width * one.height)
    audio = tuple(one for one in listed if one.kind == "audio")
    if not listed:
        raise ValueError("a master playlist needs at least one rendition")
    head = ["#EXTM3U", f"#EXT-X-VERSION:{_VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    grouped = bool(rungs and audio) or len(audio) > 1
    media = _audio_group(audio) if grouped else []
    if rungs:
        media += _captions_group(captions)
        streams = [line for rung in rungs for line in _video_stream(rung, audio, captioned=bool(captions))]
    else:
        streams = _audio_stream(_default(audio), audio, grouped=grouped)
    return "\n".join([*head, *media, *streams, ""])


def with_captions(text: str, captions: Sequence[Captions]) -> str:
    """A master playlist of ours with further text tracks; one without pictures stays as it is.

    Names that are taken get a number, as within `master`.
    """
    lines = text.splitlines()
    if not captions or not any("RESOLUTION=" in line for line in lines):
        return text
    taken = {found[1] for line in lines if (found := _TITLED.match(line))}
    first = next(number for number, line in enumerate(lines) if line.startswith("#EXT-X-STREAM-INF:"))
    group = f',SUBTITLES="{CAPTIONS_GROUP}"'
    streams = [
        line + group if line.startswith("#EXT-X-STREAM-INF:") and group not in line else line
        for line in lines[first:]
    ]
    return "\n".join([*lines[:first], *_captions_group(captions, taken), *streams, ""])


def audio_names(audio: Sequence[Rendition]) -> list[str]:
    """What each audio track is called, no name twice: "Director · English · 5.1", "Track 2 · mono".

    Title, language in words, channels where they are not two; its number where it has neither word.
    """
    taken: set[str] = set()
    return [_unique(_audio_name(one, number), taken) for number, one in enumerate(audio, start=1)]


def caption_name(title: str, language: str, number: int, *, forced: bool = False) -> str:
    """What a text track is called: its title, its language in words, or its number."""
    name = _safe(title) or _safe(languages.name_of(language) or language) or f"Captions {number}"
    return f"{name} (forced)" if forced and "forced" not in name.lower() else name


def _audio_name(one: Rendition, number: int) -> str:
    title, language = _safe(one.title), _safe(languages.name_of(one.language))
    words = [title] if title else []
    if language and language.lower() not in title.lower():
        words.append(language)
    words = words or [f"Track {number}"]
    if one.source_channels != _STEREO:
        layout = _LAYOUTS.get(one.source_channels, f"{one.source_channels} channels")
        words += [layout] if layout not in title.lower() else []
    return " · ".join(words)


def _runs(sizes: Sequence[int], durations: Sequence[float], target: int) -> Iterable[float]:
    """Bit rates of the runs of neighbouring segments that RFC 8216 measures."""
    for first in range(len(sizes)):
        size, length = 0, 0.0
        for index in range(first, len(sizes)):
            size, length = size + sizes[index], length + durations[index]
            if length > 1.5 * target:
                break
            if length >= 0.5 * target:
                yield 8 * size / length


def _rounded(seconds: float) -> int:
    """A target duration: EXTINF rounded to the nearest second may not exceed it, and it is at least 1."""
    return max(1, math.floor(seconds + 0.5))


def _default(audio: Sequence[Rendition]) -> Rendition:
    return next((one for one in audio if one.default), audio[0])


def _video_stream(rung: Rendition, audio: Sequence[Rendition], *, captioned: bool) -> list[str]:
    codecs = ",".join(dict.fromkeys([rung.codecs, *(one.codecs for one in audio)]))
    attributes = [
        *_bandwidth(rung, audio),
        f'CODECS="{codecs}"',
        f"RESOLUTION={rung.width}x{rung.height}",
        f"FRAME-RATE={float(rung.frame_rate):.3f}",
        "VIDEO-RANGE=SDR",
        *([f'AUDIO="{AUDIO_GROUP}"'] if audio else []),
        *([f'SUBTITLES="{CAPTIONS_GROUP}"'] if captioned else []),
        "CLOSED-CAPTIONS=NONE",
    ]
    return [f"#EXT-X-STREAM-INF:{','.join(attributes)}", rung.uri]


def _audio_stream(first: Rendition, audio: Sequence[Rendition], *, grouped: bool) -> list[str]:
    peak = max(one.peak for one in audio)
    average = max(one.average for one in audio)
    codecs = ",".join(dict.fromkeys(one.codecs for one in audio))
    group = f',AUDIO="{AUDIO_GROUP}"' if grouped else ""
    line = f'#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS="{codecs}"{group}'
    return [line, first.uri]


def _bandwidth(rung: Rendition, audio: Sequence[Rendition]) -> tuple[str, str]:
    """A rung with the dearest audio track: what a player has to be able to fetch."""
    peak = rung.peak + max((one.peak for one in audio), default=0)
    average = rung.average + max((one.average for one in audio), default=0)
    return f"BANDWIDTH={peak}", f"AVERAGE-BANDWIDTH={average}"


def _audio_group(audio: Sequence[Rendition]) -> list[str]:
    first = _default(audio)
    lines: list[str] = []
    for one, name in zip(audio, audio_names(audio), strict=True):
        attributes = [
            "TYPE=AUDIO",
            f'GROUP-ID="{AUDIO_GROUP}"',
            *_named(name, one.language),
            f"DEFAULT={'YES' if one is first else 'NO'}",
            "AUTOSELECT=YES",
            f'CHANNELS="{one.channels}"',
            f'URI="{one.uri}"',
        ]
        lines.append(f"#EXT-X-MEDIA:{','.join(attributes)}")
    return lines


def _captions_group(captions: Sequence[Captions], taken: set[str] | None = None) -> list[str]:
    names = set() if taken is None else taken
    lines: list[str] = []
    for number, one in enumerate(captions, start=1 + len(names)):
        name = _unique(caption_name(one.title, one.language, number, forced=one.forced), names)
        attributes = [
            "TYPE=SUBTITLES",
            f'GROUP-ID="{CAPTIONS_GROUP}"',
            *_named(name, one.language),
            "DEFAULT=NO",
            "AUTOSELECT=YES",
            f"FORCED={'YES' if one.forced else 'NO'}",
            f'URI="{one.uri}"',
        ]
        lines.append(f"#EXT-X-MEDIA:{','.join(attributes)}")
    return lines


def _named(name: str, language: str) -> list[str]:
    """Name and, where it is one, language of a track."""
    spoken = languages.normal(language)
    return [f'NAME="{name}"', *([f'LANGUAGE="{spoken}"'] if spoken else [])]


def _safe(text: str) -> str:
    """A user's words as an attribute's quoted string: no quotes, no line ends, not endless."""
    return "".join(char if char.isprintable() and char != '"' else " " for char in text)[:80].strip()


def _unique(name: str, taken: set[str]) -> str:
    """Names in a group must differ; a second "English" becomes "English 2"."""
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name} {number}"
    taken.add(candidate)
    return candidate
