"""Notes of a version as a file: CSV for people, markers for editing systems. Reads; writes an audit entry.

In marker formats a note on the whole stands on the first frame, and notes on one frame become one marker.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from typing import Any

from mam.core import Mam
from mam.errors import FieldError, ValidationError
from mam.media.labels import labels_of
from mam.media.marks import Clip, Mark, avid, edl, fcpxml, otio, xmeml
from mam.models import Asset, Version
from mam.services import access, audit, comment_list
from mam.services.shapes import Shape
from mam.types import Actor

_MARKERS: dict[str, tuple[Callable[[Clip, Iterable[Mark]], str], str, str]] = {
    "edl": (edl.write, "edl", "text/plain; charset=utf-8"),
    "avid": (avid.write, "txt", "text/plain; charset=utf-8"),
    "fcpxml": (fcpxml.write, "fcpxml", "application/xml"),
    "xmeml": (xmeml.write, "xml", "application/xml"),
    "otio": (otio.write, "otio", "application/json"),
}
COLUMNS = (
    "number", "timecode", "timecode_out", "frame", "frame_out", "author", "text", "replies", "state",
    "internal", "created_at", "version", "file",
)  # fmt: skip
"""Of the CSV, in order; times in UTC, frames from 0 and inclusive."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CHUNK = 500


def export(
    mam: Mam,
    actor: Actor,
    version_id: str,
    *,
    format: str,  # noqa: A002 - the contract's
    state: str = "all",
) -> tuple[str, bytes, str]:
    """Name, bytes and type of the file with the notes that `actor` sees; `state` is open, resolved or all.

    Raises `ValidationError` where a version without frames is asked for markers, `NotFoundError`.
    """
    version, asset = access.require_version(mam, actor, "comment.read", version_id)
    thing = access.actor_thing(actor, "version", version.id, asset.project_id)
    internal = access.allowed(mam, actor, comment_list.MANAGE, thing)
    notes = _notes(asset.id, version.id, state=state, internal=internal)
    stem = f"{version.filename.rpartition('.')[0] or version.filename} v{version.number} notes"
    audit.record(
        mam, actor, "comment.exported", kind="version", subject_id=version.id, project_id=asset.project_id,
        data={"format": format, "state": state, "notes": len(notes)},
    )  # fmt: skip
    if format == "csv":
        return f"{stem}.csv", _table(version, notes).encode("utf-8-sig"), "text/csv; charset=utf-8"
    write, ending, content_type = _MARKERS[format]
    marks = [_mark(note) for note in notes]
    return f"{stem}.{ending}", write(_clip(asset, version, marks), marks).encode(), content_type


def _notes(asset_id: str, version_id: str, *, state: str, internal: bool) -> list[Shape]:
    query = comment_list.threads(asset_id, version_id, state=state, internal=internal)
    rows = sorted(query, key=lambda row: (-1 if row.frame is None else row.frame, row.id))
    parts = (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))
    return [note for part in parts for note in comment_list.shapes(part, internal=internal)]


def _table(version: Version, notes: Iterable[Shape]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for number, note in enumerate(notes, 1):
        row = (
            number, note["timecode"], note["timecode_out"], note["frame"], note["frame_out"], _by(note),
            note["body"], "\n".join(f"{_by(reply)}: {reply['body']}" for reply in note["replies"]),
            "resolved" if note["resolved_at"] else "open", "internal" if note["internal"] else "",
            note["created_at"], f"v{version.number}", version.filename,
        )  # fmt: skip
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: Any) -> str:
    """A cell's text; one that a spreadsheet would take for a formula is quoted with an apostrophe (H4)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" \n").startswith(_FORMULA) else text


def _mark(note: Shape) -> Mark:
    said = [note["body"], *(f"{_by(reply)}: {reply['body']}" for reply in note["replies"])]
    frame, last = note["frame"], note["frame_out"]
    if frame is None:
        said[0] = f"[Whole clip] {said[0]}"
    length = 1 if frame is None or last is None else last - frame + 1
    return Mark(frame or 0, length, "\n".join(said), _by(note), note["resolved_at"] is not None)


def _clip(asset: Asset, version: Version, marks: Iterable[Mark]) -> Clip:
    """The clip, at least as long as its marks need it."""
    media = version.media or {}
    labels = labels_of(media)
    if labels is None:
        message = "This version has no frames to mark; take csv."
        raise ValidationError(f"format: {message}", (FieldError("format", message),))
    known = round((media.get("duration") or 0) * labels.rate)
    frames = max([known, 1, *(one.frame + one.length for one in marks)])
    size = media.get("width") or 1920, media.get("height") or 1080
    return Clip(asset.title, version.filename, labels, frames, *size)


def _by(note: Shape) -> str:
    return str(note["author"]["display_name"]) if note["author"] else "Somebody who left"
