"""Technical metadata and the master's lock as lines people read. Pure: a version's shape in, facts out."""

from __future__ import annotations

from collections.abc import Iterable

from mam.services.shapes import Shape
from mam.web import words
from mam.web.language import N_, _, pgettext
from mam.web.views import Fact


def technical(version: Shape) -> tuple[Fact, ...]:
    """What the file is: picture, sound, timecode, container."""
    media = version["media"]
    lines = [
        Fact(label=_("File"), value=version["filename"]),
        Fact(label=_("Size"), value=words.size(version["size"])),
        *_picture(media),
        Fact(label=_("Duration"), value=_duration(media)),
        Fact(label=_("Start"), value=_start(media), mono=True),
        *(Fact(label=_("Sound"), value=_sound(track)) for track in media["audio_tracks"]),
        Fact(label=_("Container"), value=version["content_type"]),
        Fact(label=pgettext("of a reader", "Note"), value=media.get("note") or ""),
    ]
    return tuple(one for one in lines if one.value)


def integrity(version: Shape) -> tuple[Fact, ...]:
    """Hashes, and what locks the master."""
    master = version["master"]
    lines = (
        Fact(label=_("Locked"), value=_lock(master)),
        Fact(label=_("Verified"), value=words.moment(master["verified_at"])),
        Fact(label="SHA-256", value=version["sha256"] or "", mono=True),
        Fact(label="xxh128", value=version["xxh128"] or "", mono=True),
        Fact(label="C4", value=version["c4"] or "", mono=True),
        Fact(label=_("Came in"), value=words.moment(version["created_at"])),
    )
    return tuple(one for one in lines if one.value)


def _lock(master: Shape) -> str:
    if master["in_place"]:
        return _("not locked: indexed where it lies")
    held = _("legal hold, without an end") if master["legal_hold"] else ""
    until = _("until %(day)s", day=words.day(master["retain_until"])) if master["retain_until"] else ""
    lock = ", ".join(filter(None, (held, until))) or _("no end set")
    return lock if master["locked"] else _("advisory only, %(lock)s", lock=lock)


def _picture(media: Shape) -> Iterable[Fact]:
    if not media["width"]:
        return
    video = media.get("video") or {}
    size = f"{media['width']} × {media['height']}"  # noqa: RUF001
    turned = _("turned %(degrees)s°", degrees=video["rotation"]) if video.get("rotation") else ""
    yield Fact(label=_("Picture"), value=", ".join(filter(None, (size, turned, _stored(video)))))
    yield Fact(label=_("Rate"), value=_rate(media, video))
    depth = _("%(bits)s bit", bits=video["bit_depth"]) if video.get("bit_depth") else ""
    parts = (media["codec"], video.get("pixel_format"), depth)
    yield Fact(label=_("Codec"), value=" · ".join(filter(None, parts)))
    color = video.get("color") or {}
    named = (color.get("primaries"), color.get("transfer"), _range(color), _hdr(video))
    yield Fact(label=_("Colour"), value=" · ".join(filter(None, named)))


def _stored(video: Shape) -> str:
    """How an anamorphic picture is stored: its pixels are not square."""
    aspect = video.get("sample_aspect") or "1/1"
    if aspect == "1/1":
        return ""
    size = f"{video['coded_width']} × {video['coded_height']}"  # noqa: RUF001
    return _("anamorphic (stored %(size)s, pixels %(aspect)s)", size=size, aspect=aspect.replace("/", ":"))


def _range(color: Shape) -> str:
    return _("full range") if color.get("range") == "pc" else color.get("range") or ""


def _hdr(video: Shape) -> str:
    """That a picture is HDR, and that what people see of it here is not."""
    kind = (video.get("hdr") or "").upper()
    return _("HDR (%(kind)s), tone-mapped to SDR in the preview", kind=kind) if kind else ""


def _rate(media: Shape, video: Shape) -> str:
    if not media["frame_rate"]:
        return ""
    variable = _("variable") if video.get("variable_rate") else ""
    fields = {
        "t": N_("interlaced (top field first), deinterlaced in the preview"),
        "b": N_("interlaced (bottom field first), deinterlaced in the preview"),
    }.get(video.get("field_order", "")[1:], "")
    return ", ".join(filter(None, (words.rate(media["frame_rate"]), variable, fields and _(fields))))


def _duration(media: Shape) -> str:
    if media["duration"] is None:
        return ""
    frames = (media.get("video") or {}).get("frames")
    length = words.clock(media["duration"])
    return _("%(length)s (%(frames)s frames)", length=length, frames=frames) if frames else length


def _start(media: Shape) -> str:
    if not media["start_timecode"]:
        return ""
    counted = " " + _("(drop frame)") if media["drop_frame"] else ""
    return str(media["start_timecode"]) + counted


def _sound(track: Shape) -> str:
    shape = track.get("layout") or _("%(count)s channels", count=track["channels"])
    rate = f"{track['sample_rate'] / 1000:g} kHz" if track.get("sample_rate") else ""
    return " · ".join(filter(None, (track["codec"], shape, rate, track.get("language"), track.get("title"))))
