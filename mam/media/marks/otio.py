"""OpenTimelineIO's JSON: a timeline with the clip and the markers on it. Schemas of OTIO 0.12 and later."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mam.media.marks import Clip, Mark, merged


def write(clip: Clip, marks: Iterable[Mark]) -> str:
    """The document; marked ranges count in the clip's own time, which begins at its start time code."""
    start, rate = clip.labels.start, float(clip.rate)
    whole = _range(start, clip.frames, rate)
    media = {
        "OTIO_SCHEMA": "ExternalReference.1", "available_range": whole, "target_url": clip.filename,
        "name": clip.filename, "metadata": {},
    }  # fmt: skip
    item = {
        "OTIO_SCHEMA": "Clip.1", "name": clip.name, "source_range": whole, "media_reference": media,
        "effects": [], "metadata": {}, "markers": [_marker(start, mark, rate) for mark in merged(marks)],
    }  # fmt: skip
    track = _parent("Track.1", "Video", [item], kind="Video")
    timeline = {
        "OTIO_SCHEMA": "Timeline.1", "name": f"{clip.name} notes", "global_start_time": _time(start, rate),
        "tracks": _parent("Stack.1", "tracks", [track]), "metadata": {},
    }  # fmt: skip
    return json.dumps(timeline, ensure_ascii=False, indent=2) + "\n"


def _marker(start: int, mark: Mark, rate: float) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "Marker.2", "name": mark.text, "color": "GREEN" if mark.done else "RED",
        "marked_range": _range(start + mark.frame, mark.length, rate),
        "metadata": {"mam": {"author": mark.author, "resolved": mark.done}},
    }  # fmt: skip


def _parent(schema: str, name: str, children: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": schema, "name": name, "source_range": None, "children": children, "effects": [],
        "markers": [], "metadata": {}, **more,
    }  # fmt: skip


def _range(first: int, length: int, rate: float) -> dict[str, Any]:
    times = {"start_time": _time(first, rate), "duration": _time(length, rate)}
    return {"OTIO_SCHEMA": "TimeRange.1", **times}


def _time(value: int, rate: float) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "value": value, "rate": rate}
