"""Who is told of a review: that it is their turn, that it is due tomorrow or over, what was decided.

Each is told once of each, and anew only where it begins anew. Writes `notification`; open pages ring.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from peewee import Value, fn

from mam.core import Mam
from mam.models import Asset, Decision, Notification, Reviewer, ReviewRequest, Version, database, now
from mam.services import notifications
from mam.types import Actor

ASKED, DUE, OVERDUE, DECIDED = "review_asked", "review_due", "review_overdue", "decided"

AHEAD = timedelta(days=1)
"""How long before a review is due those who still owe a word are reminded."""

_AT_ONCE = 500
_AHEAD_MICROSECONDS = AHEAD // timedelta(microseconds=1)


def turns(mam: Mam, actor: Actor, version_id: str, user_ids: Iterable[str]) -> None:
    """Tell people that a review waits for them from now on; in the caller's transaction."""
    wanted = sorted(set(user_ids) - {actor.user_id})
    if wanted:
        _anew(mam, version_id, wanted, ASKED, (ASKED, DUE, OVERDUE))


def decided(mam: Mam, actor: Actor, version: Version, decision: Decision) -> None:
    """Tell who sent the version and who asked for its review what was decided, or that it was taken back.

    The decider's own reminders are done with. In the caller's transaction.
    """
    asker = ReviewRequest.select(ReviewRequest.created_by).where(ReviewRequest.version == version.id).scalar()
    people = sorted({one for one in (version.created_by_id, asker) if one} - {actor.user_id})
    if decision.superseded_at is None and people:
        about = {"version": version.id, "decision": decision.id, "kind": DECIDED}
        notifications.tell(mam, [{"user": one, **about} for one in people])
    if actor.user_id:
        _done(version.id, actor.user_id)
    notifications.ring(mam, {*people, *([actor.user_id] if actor.user_id else [])})


def _done(version_id: str, user_id: str) -> None:
    """Who has decided has read what asked for it."""
    own = (Notification.version == version_id) & (Notification.user == user_id)
    seen = own & Notification.kind.in_((ASKED, DUE, OVERDUE)) & Notification.read_at.is_null()
    Notification.update(read_at=now()).where(seen).execute()


def changed(mam: Mam, version_id: str, *, due: bool = False) -> None:
    """A review was changed or withdrawn: who was told of it looks again. With `due` reminders begin anew."""
    about = (Notification.version == version_id) & Notification.comment.is_null()
    rows: Any = Notification.select(Notification.user).where(about).distinct()
    people = {user_id for (user_id,) in rows.tuples()}
    if due:
        Notification.delete().where(about & Notification.kind.in_((DUE, OVERDUE))).execute()
    notifications.ring(mam, people)


def remind(mam: Mam) -> int:
    """Tell those who still owe a word what is due within a day, and what is over; answers how many were told.

    Whoever was asked within that last day is not reminded of it as well. Runs once a minute.
    """
    return sum(_remind(mam, kind) for kind in (OVERDUE, DUE))


def _remind(mam: Mam, kind: str) -> int:
    moment = now()
    late = ReviewRequest.due_at <= moment
    soon = (ReviewRequest.due_at > moment) & (ReviewRequest.due_at <= moment + AHEAD)
    query: Any = Reviewer.select(Reviewer.user, Version.id).join(ReviewRequest).join(Version).join(Asset)
    owed = (Reviewer.state == "waiting") & ReviewRequest.withdrawn_at.is_null() & Version.removed_at.is_null()
    query = query.where(owed & Asset.deleted_at.is_null() & (late if kind == OVERDUE else soon))
    rows = list(query.where(~fn.EXISTS(_told(kind))).order_by(Reviewer.id).limit(_AT_ONCE).tuples())
    for user_id, version_id in rows:
        with database.atomic():
            _anew(mam, version_id, [user_id], kind, (DUE, OVERDUE))
    return len(rows)


def _told(kind: str) -> Any:
    """Those notifications that make a reminder of this `kind` needless."""
    needless = Notification.kind == kind
    if kind == DUE:
        day_before = ReviewRequest.due_at - Value(_AHEAD_MICROSECONDS, converter=False)
        needless = needless | ((Notification.kind == ASKED) & (Notification.created_at > day_before))
    mine = (Notification.user == Reviewer.user) & (Notification.version == Version.id)
    return Notification.select(Value(1)).where(mine & needless)


def _anew(mam: Mam, version_id: str, user_ids: list[str], kind: str, instead: tuple[str, ...]) -> None:
    """Tell people, in place of what they were told before of the kinds `instead`."""
    before = (Notification.version == version_id) & Notification.user.in_(user_ids)
    Notification.delete().where(before & Notification.kind.in_(instead)).execute()
    notifications.tell(mam, [{"user": one, "version": version_id, "kind": kind} for one in user_ids])
