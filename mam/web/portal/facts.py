"""Technical metadata and the master's lock as lines people read. Pure: a version's shape in, facts out."""

from __future__ import annotations

from collections.abc import Iterable

from mam.services.shapes import Shape
from mam.web import words
from mam.web.views import Fact


def technical(version: Shape) -> tuple[Fact, ...]:
    """What the file is: picture, sound, timecode, container."""
    media = version["media"]
    lines = [
        Fact(label="File", value=version["filename"]),
        Fact(label="Size", value=words.size(version["size"])),
        *_picture(media),
        Fact(label="Duration", value=_duration(media)),
        Fact(label="Start", value=_start(media), mono=True),
        *(Fact(label="Sound", value=_sound(track)) for track in media["audio_tracks"]),
        Fact(label="Container", value=version["content_type"]),
        Fact(label="Note", value=media.get("note") or ""),
    ]
    return tuple(one for one in lines if one.value)


def integrity(version: Shape) -> tuple[Fact, ...]:
    """Hashes, and what locks the master."""
    master = version["master"]
    lines = (
        Fact(label="Locked", value=_lock(master)),
        Fact(label="Verified", value=words.moment(master["verified_at"])),
        Fact(label="SHA-256", value=version["sha256"] or "", mono=True),
        Fact(label="xxh128", value=version["xxh128"] or "", mono=True),
        Fact(label="C4", value=version["c4"] or "", mono=True),
        Fact(label="Came in", value=words.moment(version["created_at"])),
    )
    return tuple(one for one in lines if one.value)


def _lock(master: Shape) -> str:
    if master["in_place"]:
        return "not locked: indexed where it lies"
    held = "legal hold, without an end" if master["legal_hold"] else ""
    until = f"until {words.day(master['retain_until'])}" if master["retain_until"] else ""
    lock = ", ".join(filter(None, (held, until))) or "no end set"
    return lock if master["locked"] else f"advisory only, {lock}"


def _picture(media: Shape) -> Iterable[Fact]:
    if not media["width"]:
        return
    video = media.get("video") or {}
    turned = f", turned {video['rotation']}°" if video.get("rotation") else ""
    yield Fact(label="Picture", value=f"{media['width']} × {media['height']}{turned}{_stored(video)}")  # noqa: RUF001
    yield Fact(label="Rate", value=_rate(media, video))
    depth = f"{video['bit_depth']} bit" if video.get("bit_depth") else ""
    parts = (media["codec"], video.get("pixel_format"), depth)
    yield Fact(label="Codec", value=" · ".join(filter(None, parts)))
    color = video.get("color") or {}
    named = (color.get("primaries"), color.get("transfer"), _range(color), _hdr(video))
    yield Fact(label="Colour", value=" · ".join(filter(None, named)))


def _stored(video: Shape) -> str:
    """How an anamorphic picture is stored: its pixels are not square."""
    aspect = video.get("sample_aspect") or "1/1"
    if aspect == "1/1":
        return ""
    size = f"{video['coded_width']} × {video['coded_height']}"  # noqa: RUF001
    return f", anamorphic (stored {size}, pixels {aspect.replace('/', ':')})"


def _range(color: Shape) -> str:
    return "full range" if color.get("range") == "pc" else color.get("range") or ""


def _hdr(video: Shape) -> str:
    """That a picture is HDR, and that what people see of it here is not."""
    return f"HDR ({video['hdr'].upper()}), tone-mapped to SDR in the preview" if video.get("hdr") else ""


def _rate(media: Shape, video: Shape) -> str:
    variable = ", variable" if video.get("variable_rate") else ""
    order = {"t": "top", "b": "bottom"}.get(video.get("field_order", "")[1:])
    fields = f", interlaced ({order} field first), deinterlaced in the preview" if order else ""
    return f"{words.rate(media['frame_rate'])}{variable}{fields}" if media["frame_rate"] else ""


def _duration(media: Shape) -> str:
    frames = (media.get("video") or {}).get("frames")
    counted = f" ({frames} frames)" if frames else ""
    return f"{words.clock(media['duration'])}{counted}" if media["duration"] is not None else ""


def _start(media: Shape) -> str:
    if not media["start_timecode"]:
        return ""
    return media["start_timecode"] + (" (drop frame)" if media["drop_frame"] else "")


def _sound(track: Shape) -> str:
    shape = track.get("layout") or f"{track['channels']} channels"
    rate = f"{track['sample_rate'] / 1000:g} kHz" if track.get("sample_rate") else ""
    return " · ".join(filter(None, (track["codec"], shape, rate, track.get("language"), track.get("title"))))
