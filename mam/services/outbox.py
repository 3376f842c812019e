"""The outbox: events written in the transaction of what they tell of, numbered in the order of the commits.

A row is kept or lost together with its cause, so a crash neither loses nor invents one. Numbers are given
under the lock that every change takes last (the audit chain's head), so whoever has read up to a number has
missed nothing before it. Writes only `event`; sends nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, fn

from mam.event_types import BY_NAME, EventType
from mam.ids import new_id
from mam.models import Comment, Event, Job, Upload, Version, database, now
from mam.services import audit_chain
from mam.services.shapes import iso
from mam.types import SYSTEM, Actor

MOST_BYTES = 64 << 10
"""The longest body of an event; what would be longer is told without its own fields."""

_INTERNAL = "comment.manage"
_IDS = {
    "user": "user_id", "folder": "folder_id", "field": "field_id", "manifest": "manifest_id",
    "comment": "comment_id", "upload": "upload_id", "share": "share_id", "job": "job_id",
    "webhook": "webhook_id", "batch": "batch_id",
}  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """What an event is about, and where that belongs to."""

    kind: str = ""
    id: str | None = None
    project_id: str | None = None
    asset_id: str | None = None
    version_id: str | None = None
    internal: bool = False


def from_audit(actor: Actor, action: str, about: Subject, data: Mapping[str, Any]) -> None:
    """Tell of what the audit log notes, where integrators hear of that; in the caller's transaction."""
    kind = BY_NAME.get(action)
    if kind is not None and not kind.published:
        add(kind, _placed(about, data), {_IDS.get(about.kind, "subject_id"): about.id, **data}, actor)


def from_live(name: str, about: Subject, data: Mapping[str, Any]) -> None:
    """Tell of what open pages are told, where integrators hear of that."""
    if name == "version.analysed" and data.get("analysis") == "queued":
        return
    kind = BY_NAME.get(name)
    if kind is not None and kind.published:
        add(kind, about, data, SYSTEM)


def job_died(job: Job) -> None:
    """Tell of work that was given up after its last attempt."""
    told = {"job_id": job.id, "kind": job.kind, "code": job.error_code, "detail": job.error_detail}
    about = Subject("version", job.version_id, job.project_id) if job.version_id else Subject("job", job.id)
    add(BY_NAME["job.dead"], _placed(about, told), told, SYSTEM)


def add(
    kind: EventType, about: Subject, data: Mapping[str, Any], actor: Actor, webhook_id: str | None = None
) -> str:
    """Write the event when the present transaction commits, or in one of its own; answers its id.

    `webhook_id` is the one webhook that it is for. Of `data` the fields of the type are told.
    """
    moment, event_id = now(), new_id()
    row = {
        "id": event_id, "type": kind.name, "at": Event.at.db_value(moment), "project_id": about.project_id,
        "right": _INTERNAL if about.internal else kind.right, "webhook_id": webhook_id,
        "body": _body(event_id, kind, iso(moment), _data(kind, about, data, actor)),
    }  # fmt: skip
    if database.in_transaction():
        database.before_commit(_append, row)  # type: ignore[attr-defined]
    else:
        with database.atomic():
            database.before_commit(_append, row)  # type: ignore[attr-defined]
    return event_id


def _append(rows: list[dict[str, Any]]) -> None:
    """Number and store the rows of one transaction; last before its commit."""
    audit_chain.locked_head(database.obj)  # type: ignore[attr-defined]
    last = Event.select(fn.MAX(Event.seq)).scalar() or 0
    Event.insert_many([{**row, "seq": last + place} for place, row in enumerate(rows, 1)]).execute()


def _data(kind: EventType, about: Subject, data: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    own = {name: data[name] for name in kind.fields if name in data}
    return {
        "project_id": about.project_id, "asset_id": about.asset_id, "version_id": about.version_id,
        "actor": _person(actor), **own,
    }  # fmt: skip


def _body(event_id: str, kind: EventType, at: str | None, data: dict[str, Any]) -> str:
    """The JSON text that every listener gets."""
    text = _text({"id": event_id, "type": kind.name, "timestamp": at, "data": data})
    if len(text.encode()) <= MOST_BYTES:
        return text
    short = {name: data[name] for name in ("project_id", "asset_id", "version_id", "actor")}
    return _text({"id": event_id, "type": kind.name, "timestamp": at, "data": {**short, "shortened": True}})


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _person(actor: Actor) -> dict[str, Any]:
    """Who did it: somebody with an account, a guest by the name given, or the box itself."""
    if actor.guest is not None:
        return {"kind": "guest", "id": None, "name": actor.display_name}
    if actor.user_id is None:
        return {"kind": "system", "id": None, "name": ""}
    return {"kind": "user", "id": actor.user_id, "name": actor.display_name}


def _placed(about: Subject, data: Mapping[str, Any]) -> Subject:
    """The subject with its asset and version, looked up where the caller named only the thing."""
    if about.kind == "asset":
        return Subject("asset", about.id, about.project_id, about.id)
    if about.kind == "project":
        return about
    if about.kind == "version":
        asset_id = Version.select(Version.asset).where(Version.id == about.id).scalar()
        return Subject("version", about.id, about.project_id, asset_id, about.id)
    if about.kind == "upload":
        row = Upload.select(Upload.asset, Upload.version_id).where(Upload.id == about.id).tuples().first()
        return Subject("upload", about.id, about.project_id, *(row or (None, None)))
    if about.kind == "comment":
        return _note(about)
    named = {key: data[key] for key in ("asset_id", "version_id") if isinstance(data.get(key), str)}
    return Subject(about.kind, about.id, about.project_id, **named)


def _note(about: Subject) -> Subject:
    """A note's place; internal where it, or the note it answers, is."""
    above = Comment.alias("above")
    query = Comment.select(Comment.asset, Comment.version, Comment.internal, above.internal)
    joined = query.join(above, JOIN.LEFT_OUTER, on=(above.id == Comment.parent))
    row = joined.where(Comment.id == about.id).tuples().first()
    asset_id, version_id, own, answered = row or (None, None, False, False)
    return Subject("comment", about.id, about.project_id, asset_id, version_id, bool(own or answered))
