"""Technical metadata of video and sound: one contained ffprobe, its JSON read with suspicion.

Everything in the answer is a number, a word from ffmpeg's own lists, or text cut to a bound. Frame rates
stay fractions; sizes are as shown, after pixel aspect and rotation. Promises B1-B6, B13.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

from mam.errors import SourceError
from mam.media import frame_rates, timecode
from mam.media.ffmpeg import MAX_PIXELS, Tools, input_args, judge
from mam.media.limits import Limits
from mam.media.process import run_contained
from mam.media.walls import Room, Sandbox
from mam.types import AudioTrack, CaptionTrack, MediaInfo, VideoTrack

Json = dict[str, Any]

_PACKETS_LOOKED_AT = 600
_HDR = {"smpte2084": "pq", "arib-std-b67": "hlg"}  # SMPTE ST 2084, ARIB STD-B67 (BT.2100)
_TAGS, _TAG_CHARACTERS, _TEXT_CHARACTERS = 64, 500, 4000
_TEXT_TAGS = ("title", "artist", "album", "comment", "description", "synopsis", "keywords", "show", "genre")
_TEXT_CODECS = frozenset({"mov_text", "subrip", "srt", "text", "webvtt", "ass", "ssa"})
_MOST_CAPTIONS = 32
_MOST_ASPECT, _SQUARE_ENOUGH = 8, Fraction(1, 200)
_CONTAINERS = {
    "mov": "mp4",
    "matroska": "x-matroska",
    "mpegts": "mp2t",
    "mpeg": "mpeg",
    "avi": "x-msvideo",
    "asf": "x-ms-asf",
    "flv": "x-flv",
    "aac": "aac",
    "aiff": "aiff",
    "wav": "wav",
    "ogg": "ogg",
    "mp3": "mpeg",
    "flac": "flac",
}


def probe(
    tools: Tools, sandbox: Sandbox, source: Path, limits: Limits, *, max_pixels: int = MAX_PIXELS
) -> MediaInfo:
    """What a film or a sound is.

    A container that is read but holds neither (subtitles only) answers with `previewable` False and a note.
    Raises `SourceError`: not on the whitelist, damaged, no stream at all, over `max_pixels`, over a limit.
    """
    report = _ask(tools, sandbox, source, limits, max_pixels)
    container = _mapping(report.get("format"))
    streams = [_mapping(stream) for stream in _sequence(report.get("streams"))]
    video = _video(streams, _sequence(report.get("packets")), container)
    audio = _audio(streams)
    if video is not None and video.coded_width * video.coded_height > max_pixels:
        raise SourceError(
            f"The picture has {video.coded_width} x {video.coded_height} pixels; {max_pixels} are allowed.",
            code="source_too_large",
        )
    if not streams:
        raise SourceError("The file holds neither picture nor sound.", code="source_corrupt")
    label = _start_timecode(container, streams)
    tags = _tags(container)
    return MediaInfo(
        kind="video" if video else ("audio" if audio else "other"),
        format=_word(container.get("format_name")),
        content_type=content_type(_word(container.get("format_name")), has_picture=video is not None),
        duration=_duration(container, streams),
        video=video,
        audio=audio,
        captions=_captions(streams),
        start_timecode=label,
        drop_frame=label is not None and timecode.is_drop(label),
        width=video.width if video else None,
        height=video.height if video else None,
        previewable=bool(video or audio),
        note="" if video or audio else "The file holds no picture and no sound that can be shown.",
        text=" ".join(tags[name] for name in _TEXT_TAGS if name in tags)[:_TEXT_CHARACTERS],
        tags=tags,
    )


def content_type(format_name: str, *, has_picture: bool) -> str:
    """The content type of one of ffmpeg's container names."""
    first = format_name.partition(",")[0]
    if first == "mxf":
        return "application/mxf"
    return f"{'video' if has_picture else 'audio'}/{_CONTAINERS.get(first, f'x-{first}')}"


def _ask(tools: Tools, sandbox: Sandbox, source: Path, limits: Limits, max_pixels: int) -> Json:
    """Run ffprobe over the upload; its JSON."""
    program = [
        str(tools.ffprobe),
        "-hide_banner",
        "-v",
        "error",
        "-of",
        "json",
        "-show_format",
        "-show_streams",
    ]
    program += ["-show_entries", "packet=stream_index,pts_time,duration_time"]
    program += ["-read_intervals", f"%+#{_PACKETS_LOOKED_AT}"]
    program += input_args(sandbox, source, max_pixels=max_pixels)
    outcome = run_contained(sandbox, program, Room(source=source, read_only=tools.read_only), limits)
    judge(outcome, limits)
    try:
        return _mapping(json.loads(outcome.stdout.decode("utf-8", "replace")))
    except (ValueError, RecursionError) as error:
        raise SourceError("The file could not be described.", code="source_corrupt") from error


def _video(streams: list[Json], packets: list[Any], container: Json) -> VideoTrack | None:
    """The first picture track that is not cover art, preferring one marked as default."""
    tracks = [stream for stream in streams if stream.get("codec_type") == "video"]
    usable = [track for track in tracks if _is_moving(track)]
    if not usable:
        return None
    chosen = next((track for track in usable if _mapping(track.get("disposition")).get("default")), usable[0])
    width, height = _count(chosen.get("width")), _count(chosen.get("height"))
    aspect = _aspect(chosen.get("sample_aspect_ratio"))
    rotation = _rotation(chosen)
    shown = (round(width * aspect), height)
    rate = frame_rates.measured(chosen, frame_rates.times_of(packets, chosen.get("index")))
    transfer = _word(chosen.get("color_transfer"))
    return VideoTrack(
        codec=_word(chosen.get("codec_name")),
        width=shown[rotation in {90, 270}],
        height=shown[rotation not in {90, 270}],
        coded_width=width,
        coded_height=height,
        frame_rate=rate.rate,
        pixel_format=_word(chosen.get("pix_fmt")),
        bit_depth=bit_depth(_word(chosen.get("pix_fmt"))),
        sample_aspect=aspect,
        rotation=rotation,
        field_order=_field_order(chosen),
        variable_rate=rate.variable,
        frames=_frames(chosen),
        color_primaries=_word(chosen.get("color_primaries")),
        color_transfer=transfer,
        color_space=_word(chosen.get("color_space")),
        color_range=_word(chosen.get("color_range")),
        hdr=_HDR.get(transfer, ""),
        index=tracks.index(chosen),
        start=_after_start(chosen, container),
        duration=_seconds(chosen.get("duration"))
        or _clock(_mapping(chosen.get("tags")).get("DURATION", ""))
        or None,
    )


def _after_start(track: Json, container: Json) -> float:
    """Seconds from the file's first timestamp to the track's first; 0 where either is unknown."""
    try:
        late = float(track.get("start_time", "")) - float(container.get("start_time", ""))
    except (TypeError, ValueError):
        return 0.0
    return round(late, 6) if 0 < late < 86_400 else 0.0  # noqa: PLR2004 - a day is no offset but a mistake


def _is_moving(track: Json) -> bool:
    """Whether a picture track has a size and a codec and is no cover art or thumbnail."""
    role = _mapping(track.get("disposition"))
    still = any(role.get(name) for name in ("attached_pic", "timed_thumbnails", "still_image"))
    return not still and bool(_word(track.get("codec_name"))) and bool(_count(track.get("width")))


def _audio(streams: list[Json]) -> tuple[AudioTrack, ...]:
    """Every sound track that can be decoded, numbered as the file numbers its sound tracks."""
    tracks = [stream for stream in streams if stream.get("codec_type") == "audio"]
    return tuple(
        AudioTrack(
            index=index,
            codec=_word(track.get("codec_name")),
            channels=_count(track.get("channels")),
            sample_rate=_count(track.get("sample_rate")),
            layout=_word(track.get("channel_layout")),
            language=_language(track),
            title=clean(_mapping(track.get("tags")).get("title", "")),
        )
        for index, track in enumerate(tracks)
        if _word(track.get("codec_name")) and _count(track.get("channels"))
    )


def _captions(streams: list[Json]) -> tuple[CaptionTrack, ...]:
    """The subtitle tracks that are text, numbered as the file numbers its subtitle tracks; bounded."""
    tracks = [stream for stream in streams if stream.get("codec_type") == "subtitle"]
    found = tuple(
        CaptionTrack(
            index=index,
            codec=_word(track.get("codec_name")),
            language=_language(track),
            title=clean(_mapping(track.get("tags")).get("title", "")),
            forced=bool(_mapping(track.get("disposition")).get("forced")),
        )
        for index, track in enumerate(tracks)
        if _word(track.get("codec_name")) in _TEXT_CODECS
    )
    return found[:_MOST_CAPTIONS]


def _language(track: Json) -> str:
    """A track's language code, empty where unknown ("und", ISO 639-2)."""
    code = clean(_mapping(track.get("tags")).get("language", ""))[:16]
    return "" if code == "und" else code


def _aspect(value: Any) -> Fraction:
    """Pixel aspect; 1 where none is given, where it is absurd, and where only a scaler's rounding is told."""
    aspect = frame_rates.fraction(str(value).replace(":", "/"))
    if abs(aspect - 1) < _SQUARE_ENOUGH or not Fraction(1, _MOST_ASPECT) <= aspect <= _MOST_ASPECT:
        return Fraction(1)
    return aspect


def _rotation(track: Json) -> int:
    """Clockwise turn to show the picture upright; ffprobe counts the other way round."""
    for data in map(_mapping, _sequence(track.get("side_data_list"))):
        if "rotation" in data:
            turn = data["rotation"] if isinstance(data["rotation"], int | float) else 0
            return round(-turn / 90) * 90 % 360
    return 0


def _field_order(track: Json) -> str:
    """The order of fields in ffmpeg's word; what it does not know counts as progressive."""
    order = _word(track.get("field_order"))
    return order if order in {"tt", "bb", "tb", "bt"} else "progressive"


def _frames(track: Json) -> int | None:
    """The number of frames where container or tags say it."""
    tags = _mapping(track.get("tags"))
    for value in (track.get("nb_frames"), tags.get("NUMBER_OF_FRAMES"), tags.get("NUMBER_OF_FRAMES-eng")):
        if _count(value):
            return _count(value)
    return None


def bit_depth(pixel_format: str) -> int:
    """Bits per component of one of ffmpeg's pixel formats ("yuv422p10le" has 10)."""
    match = re.search(r"(?:p[0-4]?|gray|y|xyz)(9|10|12|14|16)(?:le|be)$", pixel_format)
    if match:
        return int(match.group(1))
    return 16 if re.search(r"(?:rgb|bgr)(?:48|a64)|(?:rgb|bgr)a64|ya16", pixel_format) else 8


def _duration(container: Json, streams: list[Json]) -> float | None:
    """Seconds: the container's word, else the longest track's, else None."""
    candidates = [container.get("duration")]
    candidates += [max((_seconds(stream.get("duration")) for stream in streams), default=0.0)]
    candidates += [_clock(_mapping(stream.get("tags")).get("DURATION", "")) for stream in streams]
    return next((seconds for seconds in map(_seconds, candidates) if seconds > 0), None)


def _clock(text: Any) -> float:
    """Seconds of Matroska's `HH:MM:SS.fraction` tag, 0 where it is something else."""
    match = re.fullmatch(r"(\d{1,4}):(\d\d):(\d\d(?:\.\d{1,9})?)", str(text)[:32])
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3]) if match else 0.0


def _start_timecode(container: Json, streams: list[Json]) -> str | None:
    """The start label: of the picture, of a time code track, of any track, of the container."""
    ordered = sorted(streams, key=lambda stream: stream.get("codec_type") != "video")
    for holder in (*ordered, container):
        label = str(_mapping(holder.get("tags")).get("timecode", ""))
        if timecode.is_label(label):
            return label
    return None


def _tags(container: Json) -> dict[str, str]:
    """The container's tags, cut to a bound in number and length."""
    pairs = list(_mapping(container.get("tags")).items())[:_TAGS]
    return {clean(name)[:64].lower(): clean(value) for name, value in pairs if clean(value)}


def clean(text: Any) -> str:
    """Text from a file as one short line: control characters become spaces."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", str(text)[:_TAG_CHARACTERS]).split())


def _mapping(value: Any) -> Json:
    """The value where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def _sequence(value: Any) -> list[Any]:
    """The value where it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def _word(value: Any) -> str:
    """One of ffmpeg's own words; empty for its ways to say that it does not know."""
    word = value if isinstance(value, str) else ""
    return "" if word in {"unknown", "none", "N/A", "reserved"} else word[:64]


def _count(value: Any) -> int:
    """A whole number of at least 0, given as number or digits; 0 for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0  # noqa: PLR2004 - int64


def _seconds(value: Any) -> float:
    """A finite number of seconds, 0 for anything else."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return 0.0
    return seconds if 0 < seconds < 1e9 else 0.0  # noqa: PLR2004 - thirty years
