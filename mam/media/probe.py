"""Technical metadata of video and sound: contained runs of ffprobe, their JSON read with suspicion.

Everything in the answer is a number, a word from ffmpeg's own lists, or text cut to a bound. Frame rates
stay fractions; sizes are as shown, after pixel aspect and rotation. Promises B1-B6, B13.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from mam.errors import SourceError
from mam.media import bwf, frame_rates, second_look, timecode
from mam.media.ffmpeg import MAX_PIXELS, Tools
from mam.media.ffprobe import Asking, Json, clean, count, mapping, seconds, sequence, word
from mam.media.limits import Limits
from mam.media.walls import Sandbox
from mam.types import AudioTrack, CaptionTrack, MediaInfo, VideoTrack

_HDR = {"smpte2084": "pq", "arib-std-b67": "hlg"}  # SMPTE ST 2084, ARIB STD-B67 (BT.2100)
_SHOWN = frozenset({"video", "audio"})
_CLOCKS_MENDED = frozenset({"mpegts", "mpeg"})  # ffmpeg takes leaps out of these itself
_TAGS, _TEXT_CHARACTERS = 64, 4000
_TEXT_TAGS = ("title", "artist", "album", "comment", "description", "synopsis", "keywords", "show", "genre")
_TEXT_CODECS = frozenset({"mov_text", "subrip", "srt", "text", "webvtt", "ass", "ssa"})
_MOST_CAPTIONS = 32
_A_PROGRAM = re.compile(
    r"handler|media|gpac|mainconcept|encoder|^(?:sound|audio|mono|stereo|text)$", re.IGNORECASE
)
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
    ask = Asking(tools, sandbox, source, limits, max_pixels)
    report = ask.first()
    container = mapping(report.get("format"))
    told = [mapping(stream) for stream in sequence(report.get("streams"))]
    streams = _filled(told, report)
    if not streams:
        raise SourceError("The file holds neither picture nor sound.", code="source_corrupt")
    if streams != told:
        ask = replace(ask, only=_held(streams))
        report["packets"] = ask.packets(f"%+#{second_look.PACKETS_LOOKED_AT}")
    video = _video(streams, sequence(report.get("packets")), container)
    if video is not None and video.coded_width * video.coded_height > max_pixels:
        raise SourceError(
            f"The picture has {video.coded_width} x {video.coded_height} pixels; {max_pixels} are allowed.",
            code="source_too_large",
        )
    info = _info(container, streams, video)
    with ThreadPoolExecutor(1, thread_name_prefix="second-look") as beside:
        decoded = beside.submit(_decoded, video, ask) if video else None
        info = _as_long_as_it_is(info, report, ask)
    if decoded is None or info.video is None:
        return info
    lasting = info.video
    return replace(info, video=replace(decoded.result(), duration=lasting.duration, frames=lasting.frames))


def _filled(streams: list[Json], report: Json) -> list[Json]:
    """The tracks; those of a short file that hold no packet lose their codec: nothing can be read."""
    packets = [mapping(packet) for packet in sequence(report.get("packets"))]
    broken = not packets and _duration(mapping(report.get("format")), streams)  # for its decoder to say
    if broken or len(packets) >= second_look.PACKETS_LOOKED_AT:
        return streams
    holding = {packet.get("stream_index") for packet in packets}
    return [
        stream if stream.get("index") in holding or stream.get("codec_type") not in _SHOWN
        else {**stream, "codec_name": ""}
        for stream in streams
    ]  # fmt: skip


def _held(streams: list[Json]) -> str:
    """The number of the track to go by where others hold nothing: reading ends where one of those is due."""
    held = [one for one in streams if word(one.get("codec_name")) and one.get("codec_type") in _SHOWN]
    held.sort(key=lambda one: one.get("codec_type") != "video")
    return str(count(held[0].get("index"))) if held else ""


def _info(container: Json, streams: list[Json], video: VideoTrack | None) -> MediaInfo:
    """The answer as container and tracks tell it."""
    audio = _audio(streams)
    tags = _tags(container)
    label = _start_timecode(container, streams, video, audio)
    if label is not None and video is None:
        tags = {**tags, "timecode_rate": str(bwf.frame_rate(tags))}
    return MediaInfo(
        kind="video" if video else ("audio" if audio else "other"),
        format=word(container.get("format_name")),
        content_type=content_type(word(container.get("format_name")), has_picture=video is not None),
        duration=_duration(container, streams),
        video=video,
        audio=audio,
        captions=_captions(streams),
        start_timecode=label,
        drop_frame=label is not None and timecode.is_drop(label),
        width=video.width if video else None,
        height=video.height if video else None,
        previewable=bool(video or audio),
        note=_note(streams, video, audio),
        text=" ".join(tags[name] for name in _TEXT_TAGS if name in tags)[:_TEXT_CHARACTERS],
        tags=tags,
    )


def _note(streams: list[Json], video: VideoTrack | None, audio: tuple[AudioTrack, ...]) -> str:
    """What people should know: nothing to show, or tracks that nobody can read."""
    if not video and not audio:
        return "The file holds no picture and no sound that can be shown."
    lost = {
        stream.get("codec_type") for stream in streams if stream.get("codec_type") in _SHOWN
        and not word(stream.get("codec_name"))
    }  # fmt: skip
    if "video" in lost and not video:
        return "The picture of this file cannot be read; only its sound is shown."
    return "Not every track of this file can be read." if lost else ""


def _decoded(video: VideoTrack, ask: Asking) -> VideoTrack:
    """The track with what only decoded frames tell: fields that no header signals, and colours."""
    told = video.field_order != "progressive"
    if not told and not second_look.may_be_woven(video.codec):
        return video
    frames = ask.frames(video.index)
    if told:
        return replace(video, fields_untold=second_look.fields_untold(frames))
    colours = second_look.colours(frames)
    transfer = video.color_transfer or word(colours.get("color_transfer"))
    return replace(
        video,
        field_order=second_look.field_order(frames) or video.field_order,
        color_transfer=transfer,
        color_primaries=video.color_primaries or word(colours.get("color_primaries")),
        color_space=video.color_space or word(colours.get("color_space")),
        color_range=video.color_range or word(colours.get("color_range")),
        hdr=_HDR.get(transfer, ""),
    )


def _as_long_as_it_is(info: MediaInfo, report: Json, ask: Asking) -> MediaInfo:
    """The answer with the length of what is there, where the header claims more or nothing."""
    start = _clock_start(mapping(report.get("format")))
    claimed = max(info.duration or 0.0, (info.video and info.video.duration) or 0.0)
    packets = sequence(report.get("packets"))
    if second_look.sparse(ask.source.stat().st_size, claimed) and info.format not in _CLOCKS_MENDED:
        second_look.refuse_emptiness(ask.all_packets(), start)
    ends = second_look.real_ends(packets, start, claimed, ask.packets, ask.all_packets)
    if ends is None or ends.last is None or ends.last <= start:
        return info
    cut = f"The file claims {claimed:.1f} seconds and holds {ends.last - start:.1f}: it seems cut off."
    video = info.video
    if video is not None:
        track = ends.of_track(_index_of(report, video))
        video = replace(video, duration=track or video.duration, frames=None if claimed else video.frames)
    note = " ".join(filter(None, (info.note, cut if claimed else "")))
    return replace(info, duration=round(ends.last - start, 6), video=video, note=note)


def _index_of(report: Json, video: VideoTrack) -> int:
    """The file's own number of its video track of that index."""
    streams = map(mapping, sequence(report.get("streams")))
    return [count(one.get("index")) for one in streams if one.get("codec_type") == "video"][video.index]


def content_type(format_name: str, *, has_picture: bool) -> str:
    """The content type of one of ffmpeg's container names."""
    first = format_name.partition(",")[0]
    if first == "mxf":
        return "application/mxf"
    return f"{'video' if has_picture else 'audio'}/{_CONTAINERS.get(first, f'x-{first}')}"


def _video(streams: list[Json], packets: list[Any], container: Json) -> VideoTrack | None:
    """The first picture track that is not cover art, preferring one marked as default."""
    tracks = [stream for stream in streams if stream.get("codec_type") == "video"]
    usable = [track for track in tracks if _is_moving(track)]
    if not usable:
        return None
    chosen = next((track for track in usable if mapping(track.get("disposition")).get("default")), usable[0])
    width, height = count(chosen.get("width")), count(chosen.get("height"))
    aspect = _aspect(chosen.get("sample_aspect_ratio"))
    rotation = _rotation(chosen)
    shown = (round(width * aspect), height)
    rate = frame_rates.measured(chosen, frame_rates.times_of(packets, chosen.get("index")))
    transfer = word(chosen.get("color_transfer"))
    return VideoTrack(
        codec=word(chosen.get("codec_name")),
        width=shown[rotation in {90, 270}],
        height=shown[rotation not in {90, 270}],
        coded_width=width,
        coded_height=height,
        frame_rate=rate.rate,
        pixel_format=word(chosen.get("pix_fmt")),
        bit_depth=bit_depth(word(chosen.get("pix_fmt"))),
        sample_aspect=aspect,
        rotation=rotation,
        field_order=_field_order(chosen),
        variable_rate=rate.variable,
        frames=_frames(chosen),
        color_primaries=word(chosen.get("color_primaries")),
        color_transfer=transfer,
        color_space=word(chosen.get("color_space")),
        color_range=word(chosen.get("color_range")),
        hdr=_HDR.get(transfer, ""),
        index=tracks.index(chosen),
        start=_after_start(chosen, container),
        duration=_lasting(chosen, container) or None,
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
    role = mapping(track.get("disposition"))
    still = any(role.get(name) for name in ("attached_pic", "timed_thumbnails", "still_image"))
    return not still and bool(word(track.get("codec_name"))) and bool(count(track.get("width")))


def _audio(streams: list[Json]) -> tuple[AudioTrack, ...]:
    """Every sound track that can be decoded, numbered as the file numbers its sound tracks."""
    tracks = [stream for stream in streams if stream.get("codec_type") == "audio"]
    return tuple(
        AudioTrack(
            index=index,
            codec=word(track.get("codec_name")),
            channels=count(track.get("channels")),
            sample_rate=count(track.get("sample_rate")),
            layout=word(track.get("channel_layout")),
            language=_language(track),
            title=_track_name(track),
        )
        for index, track in enumerate(tracks)
        if word(track.get("codec_name")) and count(track.get("channels"))
    )


def _captions(streams: list[Json]) -> tuple[CaptionTrack, ...]:
    """The subtitle tracks that are text, numbered as the file numbers its subtitle tracks; bounded."""
    tracks = [stream for stream in streams if stream.get("codec_type") == "subtitle"]
    found = tuple(
        CaptionTrack(
            index=index,
            codec=word(track.get("codec_name")),
            language=_language(track),
            title=_track_name(track),
            forced=bool(mapping(track.get("disposition")).get("forced")),
        )
        for index, track in enumerate(tracks)
        if word(track.get("codec_name")) in _TEXT_CODECS
    )
    return found[:_MOST_CAPTIONS]


def _track_name(track: Json) -> str:
    """What a track is called; QuickTime keeps that as its handler's name, where programs leave their own."""
    tags = mapping(track.get("tags"))
    handler = clean(tags.get("handler_name", ""))
    return clean(tags.get("title", "")) or ("" if _A_PROGRAM.search(handler) else handler)


def _language(track: Json) -> str:
    """A track's language code, empty where unknown ("und", ISO 639-2)."""
    code = clean(mapping(track.get("tags")).get("language", ""))[:16]
    return "" if code == "und" else code


def _aspect(value: Any) -> Fraction:
    """Pixel aspect; 1 where none is given, where it is absurd, and where only a scaler's rounding is told."""
    aspect = frame_rates.fraction(str(value).replace(":", "/"))
    if abs(aspect - 1) < _SQUARE_ENOUGH or not Fraction(1, _MOST_ASPECT) <= aspect <= _MOST_ASPECT:
        return Fraction(1)
    return aspect


def _rotation(track: Json) -> int:
    """Clockwise turn to show the picture upright; ffprobe counts the other way round."""
    for data in map(mapping, sequence(track.get("side_data_list"))):
        if "rotation" in data:
            turn = data["rotation"] if isinstance(data["rotation"], int | float) else 0
            return round(-turn / 90) * 90 % 360
    return 0


def _field_order(track: Json) -> str:
    """The order of fields in ffmpeg's word; what it does not know counts as progressive."""
    order = word(track.get("field_order"))
    return order if order in {"tt", "bb", "tb", "bt"} else "progressive"


def _frames(track: Json) -> int | None:
    """The number of frames where container or tags say it."""
    tags = mapping(track.get("tags"))
    for value in (track.get("nb_frames"), tags.get("NUMBER_OF_FRAMES"), tags.get("NUMBER_OF_FRAMES-eng")):
        if count(value):
            return count(value)
    return None


def bit_depth(pixel_format: str) -> int:
    """Bits per component of one of ffmpeg's pixel formats ("yuv422p10le" has 10)."""
    match = re.search(r"(?:p[0-4]?|gray|y|xyz)(9|10|12|14|16)(?:le|be)$", pixel_format)
    if match:
        return int(match.group(1))
    return 16 if re.search(r"(?:rgb|bgr)(?:48|a64)|(?:rgb|bgr)a64|ya16", pixel_format) else 8


def _duration(container: Json, streams: list[Json]) -> float | None:
    """Seconds: the container's word, else the longest track's, else None."""
    told = seconds(container.get("duration"))
    if told > 0:
        return _since_start(told, container)
    return max((_lasting(stream, container) for stream in streams), default=0.0) or None


def _lasting(track: Json, container: Json) -> float:
    """Seconds that a track lasts by its own word or tag, 0 where it has none."""
    told = seconds(track.get("duration")) or _clock(mapping(track.get("tags")).get("DURATION", ""))
    return _since_start(told, container)


def _since_start(told: float, container: Json) -> float:
    """Matroska tells where the clock ends, not how long it runs; that matters where it starts late."""
    start = _clock_start(container)
    if "matroska" in word(container.get("format_name")) and 1 < start < told:
        return round(told - start, 6)
    return told


def _clock_start(container: Json) -> float:
    """The file's first timestamp in seconds, 0 where it tells none."""
    try:
        start = float(container.get("start_time", ""))
    except (TypeError, ValueError):
        return 0.0
    return start if abs(start) < 3e9 else 0.0  # noqa: PLR2004 - a century


def _clock(text: Any) -> float:
    """Seconds of Matroska's `HH:MM:SS.fraction` tag, 0 where it is something else."""
    match = re.fullmatch(r"(\d{1,4}):(\d\d):(\d\d(?:\.\d{1,9})?)", str(text)[:32])
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3]) if match else 0.0


def _start_timecode(
    container: Json, streams: list[Json], video: VideoTrack | None, audio: tuple[AudioTrack, ...]
) -> str | None:
    """The start label: of the picture, of a time code track, of any track, of the container, of a BWF.

    A label that does not exist at the picture's rate (a damaged track) counts as none.
    """
    ordered = sorted(streams, key=lambda stream: stream.get("codec_type") != "video")
    for holder in (*ordered, container):
        tags = {
            str(name).lower(): value for name, value in mapping(holder.get("tags")).items()
        }  # Matroska shouts
        label = str(tags.get("timecode", ""))
        if timecode.is_label(label) and (video is None or timecode.exists(label, video.frame_rate)):
            return label
    return None if video else bwf.start_label(_tags(container), audio)


def _tags(container: Json) -> dict[str, str]:
    """The container's tags, cut to a bound in number and length."""
    pairs = list(mapping(container.get("tags")).items())[:_TAGS]
    return {clean(name)[:64].lower(): clean(value) for name, value in pairs if clean(value)}
