"""What the describers say of a master, merged into one answer; and that answer as JSON and back.

The JSON travels in a job's payload from examine to render and loses nothing, unlike the shape that clients
see. Writes nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from mam.core import Mam
from mam.types import AudioTrack, CaptionTrack, MediaInfo, Source, VideoTrack

_EMPTY: tuple[object, ...] = (None, "", ())


def describe(mam: Mam, source: Source) -> MediaInfo:
    """Ask every describer; a file that nobody knows is "other" without a preview. Raises `SourceError`."""
    answers: list[MediaInfo] = mam.hooks.all("mam_describe", config=mam.config, source=source)
    if not answers:
        note = "No plugin knows this kind of file."
        return MediaInfo("other", "", "application/octet-stream", previewable=False, note=note)
    merged = answers[0]
    for answer in answers[1:]:
        merged = merge(merged, answer)
    return merged


def merge(first: MediaInfo, later: MediaInfo) -> MediaInfo:
    """The first answer's fields, its empty ones filled from the later one, the tags of both."""
    names = [item.name for item in dataclasses.fields(MediaInfo) if item.name != "tags"]
    empty = {name: getattr(later, name) for name in names if getattr(first, name) in _EMPTY}
    return dataclasses.replace(first, **empty, tags={**later.tags, **first.tags})


def pack(info: MediaInfo) -> dict[str, Any]:
    """The whole answer as JSON-able values, but for its text, which may be long."""
    packed = dataclasses.asdict(dataclasses.replace(info, text="", tags=dict(info.tags)))
    if info.video:
        packed["video"] = {
            name: str(value) if isinstance(value, Fraction) else value
            for name, value in packed["video"].items()
        }
    return packed


def unpack(packed: Mapping[str, Any]) -> MediaInfo:
    """What `pack` packed; fields of an older or newer version that are unknown here are left out."""
    video = packed.get("video")
    return MediaInfo(
        **{
            **_known(MediaInfo, packed),
            "video": VideoTrack(**_known(VideoTrack, video)) if video else None,
            "audio": tuple(AudioTrack(**_known(AudioTrack, track)) for track in packed.get("audio") or ()),
            "captions": tuple(
                CaptionTrack(**_known(CaptionTrack, track)) for track in packed.get("captions") or ()
            ),
        }
    )


def _known(schema: type[Any], packed: Mapping[str, Any]) -> dict[str, Any]:
    rational = {item.name: item.type == "Fraction" for item in dataclasses.fields(schema)}
    return {
        name: Fraction(value) if rational[name] else value
        for name, value in packed.items()
        if name in rational
    }
