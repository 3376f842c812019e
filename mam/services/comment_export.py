"""Notes of a version as a file: PDF, CSV and JSON, markers for editing systems. Writes an audit entry only.

In marker formats a note on the whole stands on the first frame, and notes on one frame become one marker.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence

from peewee import fn

from mam.core import Mam
from mam.errors import FieldError, NotFoundError, ValidationError
from mam.media.labels import labels_of
from mam.media.marks import Clip, Mark, avid, cells, edl, fcpxml, otio, xmeml
from mam.media.marks.spots import WHOLE
from mam.models import Asset, Comment, Version, now
from mam.services import access, audit, branding, comment_list, comment_pdf
from mam.services.comment_pdf import by
from mam.services.leases import connected
from mam.services.shapes import Shape, iso
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

LARGEST = 64 << 20
"""Of the words and drawings of one file, in characters."""

_CHUNK = 250


def export(
    mam: Mam,
    actor: Actor,
    version_id: str,
    *,
    format: str,  # noqa: A002 - the contract's
    state: str = "all",
    ids: Sequence[str] = (),
) -> tuple[str, bytes, str]:
    """Name, bytes and type of the file with the notes that `actor` sees; `state` is open, resolved or all.

    `ids` takes those notes only; one that is not there is `NotFoundError`. Opens its own database
    connection, so that none is held while pictures are made. Raises `ValidationError` where a version
    without frames is asked for markers, or a PDF for too many notes.
    """
    with connected():
        drawings = format == "json"
        asset, version, notes = _found(mam, actor, version_id, state=state, ids=ids, drawings=drawings)
        _check(format, version, notes)
        audit.record(
            mam, actor, "comment.exported", kind="version", subject_id=version.id,
            project_id=asset.project_id, data={"format": format, "state": state, "notes": len(notes)},
        )  # fmt: skip
        head = _head(asset, version, notes, state)
        look = branding.look_of(asset.project_id)
    stem = f"{version.filename.rpartition('.')[0] or version.filename} v{version.number} notes"
    if format == "pdf":
        return f"{stem}.pdf", comment_pdf.pdf(mam, actor, head, notes, look), "application/pdf"
    if format == "csv":
        return f"{stem}.csv", _table(version, notes).encode("utf-8-sig"), "text/csv; charset=utf-8"
    if format == "json":
        return f"{stem}.json", _json(asset, version, notes), "application/json"
    write, ending, content_type = _MARKERS[format]
    # What is said of the whole comes after what is said of the first frame, where both stand
    marks = [_mark(note) for note in sorted(notes, key=lambda note: note["frame"] is None)]
    return f"{stem}.{ending}", write(_clip(asset, version, marks), marks).encode(), content_type


def on_paper(
    mam: Mam, actor: Actor, asset_id: str, version_id: str, *, state: str = "all", ids: Sequence[str] = ()
) -> Shape:
    """What a print of the notes says: `head`, and `notes` with their `place` and whether they are `pictured`.

    As many as a PDF holds. Raises as `export`, and `NotFoundError` for a version of another asset.
    """
    asset, version, notes = _found(mam, actor, version_id, state=state, ids=ids)
    if asset.id != asset_id:
        raise NotFoundError
    _check("pdf", version, notes)
    audit.record(
        mam, actor, "comment.exported", kind="version", subject_id=version.id, project_id=asset.project_id,
        data={"format": "print", "state": state, "notes": len(notes)},
    )  # fmt: skip
    seen = [note["id"] for note in notes if note["frame"] is not None and _pictured(asset, version)]
    wanted = set(seen[: comment_pdf.MOST_STILLS])
    placed = [{**note, "place": comment_pdf.place(note), "pictured": note["id"] in wanted} for note in notes]
    return {"head": _head(asset, version, notes, state), "notes": placed}


def _pictured(asset: Asset, version: Version) -> bool:
    return version.preview_generation is not None and asset.kind != "audio"


def _found(
    mam: Mam, actor: Actor, version_id: str, *, state: str, ids: Sequence[str], drawings: bool = False
) -> tuple[Asset, Version, list[Shape]]:
    version, asset = access.require_version(mam, actor, "comment.read", version_id)
    thing = access.actor_thing(actor, "version", version.id, asset.project_id)
    internal = access.allowed(mam, actor, comment_list.MANAGE, thing)
    query = comment_list.threads(asset.id, version.id, state=state, internal=internal)
    if ids:
        query = query.where(Comment.id.in_(list(ids)))
    place = fn.COALESCE(Comment.frame, -1)
    found = [row[0] for row in query.select(Comment.id).order_by(place, Comment.id).tuples()]
    if ids and len(found) != len(set(ids)):
        raise NotFoundError("Not all of these notes are there.")
    return asset, version, _shaped(found, internal=internal, drawings=drawings)


def _shaped(ids: list[str], *, internal: bool, drawings: bool) -> list[Shape]:
    """These notes in that order, without drawings unless they are wanted. Refuses more than memory is for."""
    notes: list[Shape] = []
    weight = 0
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        rows = {row.id: row for row in Comment.select().where(Comment.id.in_(chunk))}
        for note in comment_list.shapes([rows[one] for one in chunk if one in rows], internal=internal):
            for one in (note, *note["replies"]):
                one["drawing"] = one["drawing"] if drawings else None
                weight += len(one["body"]) + (len(json.dumps(one["drawing"])) if one["drawing"] else 0)
            notes.append(note)
        if weight > LARGEST:
            raise _refused(f"These notes are more than {LARGEST >> 20} MiB; choose fewer.")
    return notes


def _check(form: str, version: Version, notes: Sequence[Shape]) -> None:
    """Refuse what the format cannot hold, before it is written that notes were taken away."""
    if form in _MARKERS and labels_of(version.media) is None:
        raise _refused("This version has no frames to mark; take csv.")
    if form == "pdf" and len(notes) > comment_pdf.MOST:
        raise _refused(f"A PDF holds {comment_pdf.MOST} notes at most; choose fewer, or take csv.")


def _refused(message: str) -> ValidationError:
    return ValidationError(f"format: {message}", (FieldError("format", message),))


def _head(asset: Asset, version: Version, notes: Sequence[Shape], state: str) -> list[tuple[str, str]]:
    """What the first page says, and the print view with it."""
    done = sum(1 for note in notes if note["resolved_at"])
    labels = labels_of(version.media)
    chosen = {"all": "all", "open": "open ones", "resolved": "resolved ones"}[state]
    counts = f"{len(notes)}: {len(notes) - done} open, {done} resolved ({chosen})"
    begins = [("First frame", f"{labels.of(0)} at {labels.rate} frames a second")] if labels else []
    return [
        ("Title", asset.title),
        ("Project", asset.project.name),
        ("Version", f"{version.number}, {version.filename}"),
        *begins,
        ("Notes", counts),
        ("Taken away", f"{iso(now())}"[:16].replace("T", " ") + " UTC"),
    ]


def _json(asset: Asset, version: Version, notes: Sequence[Shape]) -> bytes:
    """All that is known of the notes, drawings too; `format` names this shape."""
    labels = labels_of(version.media)
    about = {
        "id": version.id, "number": version.number, "filename": version.filename, "asset_id": asset.id,
        "title": asset.title, "project": asset.project.name,
        "frame_rate": str(labels.rate) if labels else None,
        "start_timecode": labels.of(0) if labels else None,
        "drop_frame": labels.drop if labels else None,
    }  # fmt: skip
    whole = {"format": "mam.notes.1", "exported_at": iso(now()), "version": about, "notes": list(notes)}
    return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode()


def _table(version: Version, notes: Iterable[Shape]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for number, note in enumerate(notes, 1):
        row = (
            number, note["timecode"], note["timecode_out"], note["frame"], note["frame_out"], by(note),
            note["body"], "\n".join(f"{by(reply)}: {reply['body']}" for reply in note["replies"]),
            "resolved" if note["resolved_at"] else "open", "internal" if note["internal"] else "",
            note["created_at"], f"v{version.number}", version.filename,
        )  # fmt: skip
        writer.writerow(["" if value is None else cells.quoted(str(value)) for value in row])
    return out.getvalue()


def _mark(note: Shape) -> Mark:
    said = [note["body"], *(f"{by(reply)}: {reply['body']}" for reply in note["replies"])]
    frame, last = note["frame"], note["frame_out"]
    if frame is None:
        said[0] = f"{WHOLE}{said[0]}"
    length = 1 if frame is None or last is None else last - frame + 1
    return Mark(frame or 0, length, "\n".join(said), by(note), note["resolved_at"] is not None)


def _clip(asset: Asset, version: Version, marks: Iterable[Mark]) -> Clip:
    """The clip, at least as long as its marks need it."""
    media = version.media or {}
    labels = labels_of(media)
    assert labels is not None  # noqa: S101 - `_check` refuses those without
    known = round((media.get("duration") or 0) * labels.rate)
    frames = max([known, 1, *(one.frame + one.length for one in marks)])
    size = media.get("width") or 1920, media.get("height") or 1080
    return Clip(asset.title, version.filename, labels, frames, *size)
