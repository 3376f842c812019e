"""Somebody's own logins: where they are open, which are new, ended one by one or all others at once.

A login from a place, with a program, that the user never came from before is marked until the user has seen
it. Writes `session`, `audit_entry`.
"""

from __future__ import annotations

import re
from typing import Any

from mam.core import Mam
from mam.errors import NotFoundError
from mam.models import Session, database, now
from mam.services import audit, pages, sessions
from mam.services.shapes import Shape, iso
from mam.types import Actor

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
_PROGRAM = re.compile(r"[\w.-]{1,40}", re.ASCII)


def list_sessions(mam: Mam, actor: Actor, *, cursor: str | None = None, limit: int = 50) -> Shape:  # noqa: ARG001
    """The actor's living logins, newest first; `current` is the one that asks."""
    rows, following = pages.page(
        _living(actor), "-id", {"id": Session.id}, Session.id, cursor=cursor, limit=limit
    )
    return pages.listed(rows, lambda row: _shape(row, actor), following)


def news(mam: Mam, actor: Actor) -> list[Shape]:  # noqa: ARG001
    """Logins from new places that the actor has not looked at yet, but for the one that asks."""
    query = _living(actor).where(Session.unfamiliar & (Session.id != (actor.session_id or "")))
    return [_shape(row, actor) for row in query.order_by(Session.id.desc()).limit(20)]


def seen(mam: Mam, actor: Actor) -> None:
    """The actor knows the logins that there are now; the one that asks does not vouch for itself."""
    others = _mine(actor) & (Session.id != (actor.session_id or ""))
    with database.atomic():
        if Session.update(unfamiliar=False).where(others & Session.unfamiliar).execute():
            audit.record(mam, actor, "session.news_seen", kind="session", subject_id=actor.session_id)


def end(mam: Mam, actor: Actor, session_id: str) -> None:
    """End one of the actor's logins at once, everywhere; `NotFoundError` for anybody else's."""
    if not _mine_alive(actor, Session.id == session_id).exists():
        raise NotFoundError
    _end(mam, actor, [session_id])


def end_others(mam: Mam, actor: Actor) -> Shape:
    """End all of the actor's logins but the one that asks: `{ended}`."""
    others = [row.id for row in _mine_alive(actor, Session.id != (actor.session_id or ""))]
    _end(mam, actor, others)
    return {"ended": len(others)}


def _end(mam: Mam, actor: Actor, ids: list[str]) -> None:
    with database.atomic():
        sessions.revoke(mam, ids, "ended by its owner")
        for one in ids:
            audit.record(mam, actor, "session.ended", kind="session", subject_id=one)


def _mine(actor: Actor) -> Any:
    return (Session.user == actor.user_id) & Session.revoked_at.is_null()


def _mine_alive(actor: Actor, which: Any) -> Any:
    return Session.select(Session.id).where(_mine(actor) & which & (Session.expires_at > now()))


def _living(actor: Actor) -> Any:
    return Session.select().where(_mine(actor) & (Session.expires_at > now()))


def _shape(row: Session, actor: Actor) -> Shape:
    return {
        "id": row.id,
        "current": row.id == actor.session_id,
        "kind": "browser" if row.cookie_hash else "program",
        "device": device(row.user_agent),
        "user_agent": row.user_agent,
        "address": row.address,
        "unfamiliar": bool(row.unfamiliar),
        "created_at": iso(row.created_at),
        "last_used_at": iso(row.last_used_at),
        "expires_at": iso(row.expires_at),
    }


def device(user_agent: str) -> str:
    """What a person would call the program: "Firefox, Windows"; its own first word where it is no browser."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser or system:
        return ", ".join(one for one in (browser, system) if one)
    program = _PROGRAM.match(user_agent)
    return program[0] if program else ""
