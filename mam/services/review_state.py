"""Where the review of a version stands, as it is read: the request by steps, who owes, what was said before.

Reads only; `approvals` and `review_requests` write.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, Field

from mam.core import Mam
from mam.models import Decision, Member, Reviewer, ReviewRequest, User, Version
from mam.services import access, client_reviews, pages, review_rules
from mam.services.client_reviews import Client
from mam.services.people import above
from mam.services.review_rules import Asked, Verdict
from mam.services.shapes import Shape, decision_shape, iso, person_shape, review_shape
from mam.types import Actor, Thing

REQUEST = "review.request"
"""The right to ask people for a review, and to change or withdraw what was asked."""


@dataclass(frozen=True)
class Found:
    """The open request of a version, if there is one, its reviewers, what stands, and what follows.

    `clients` are the share links whose guests must agree.
    """

    request: ReviewRequest | None
    reviewers: Sequence[Any]
    standing: Sequence[Any]
    verdict: Verdict
    clients: Sequence[Client] = ()


def load(version_id: str) -> Found:
    """Everything a verdict needs, in a few queries."""
    asked = (ReviewRequest.version == version_id) & ReviewRequest.withdrawn_at.is_null()
    request = ReviewRequest.get_or_none(asked)
    standing = _standing([version_id]).get(version_id, [])
    clients = client_reviews.asked([version_id]).get(version_id, [])
    words = [one.word for one in clients]
    if request is None:
        unasked = [one.decision for one in standing if one.step is None]
        verdict = Verdict(review_rules.unasked(unasked))
        return Found(None, (), standing, review_rules.heard(verdict, words), clients)
    query: Any = Reviewer.select(Reviewer, User).join(User).where(Reviewer.request == request.id)
    rows = list(query.order_by(Reviewer.step, Reviewer.place, Reviewer.id))
    people = [Asked(one.user_id, one.step, one.required, one.dropped_at is not None) for one in rows]
    said = {one.user_id: one.decision for one in standing if one.user_id}
    verdict = review_rules.judge(request.rule, len(request.steps), people, said)
    return Found(request, rows, standing, review_rules.heard(verdict, words), clients)


def get(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """The review of a version: status, request by steps, what was said unasked, what `actor` may do."""
    version: Any = access.require_version(mam, actor, "asset.read", version_id)[0]
    found = load(version_id)
    thing = Thing("version", version_id, version.in_project, version.actor_role)
    mine = next((one for one in found.reviewers if one.user_id == actor.user_id and not one.dropped_at), None)
    open_step = found.verdict.step
    turn = mine is not None and (open_step is None or mine.step <= open_step)
    asked = {one.user_id for one in found.reviewers}
    said = {one.user_id: one for one in found.standing if one.user_id}
    return {
        "version_id": version_id,
        "review": review_shape(version.review_status, version.review_due_at, _shapes(found.standing)),
        "request": _request(found, said) if found.request else None,
        "others": _shapes([one for one in found.standing if one.user_id not in asked]),
        "mine": decision_shape(said[actor.user_id]) if actor.user_id in said else None,
        "may_decide": turn or (mine is None and access.allowed(mam, actor, "review.decide", thing)),
        "owes": mine is not None and mine.state == "waiting",
        "may_request": access.allowed(mam, actor, REQUEST, thing),
        "clients": [one.shape for one in found.clients],
        "previous": None if found.request else _previous(version),
    }


def history(mam: Mam, actor: Actor, version_id: str, *, cursor: str | None = None, limit: int = 50) -> Shape:
    """Everything that was decided on a version, the latest first; those taken back too."""
    access.require_version(mam, actor, "asset.read", version_id)
    query = _with_people().where(Decision.version == version_id)
    keys: dict[str, Field[Any]] = {"created_at": Decision.created_at}
    rows, following = pages.page(query, "-created_at", keys, Decision.id, cursor=cursor, limit=limit)
    return pages.listed(rows, decision_shape, following)


def standing(version_ids: Sequence[str]) -> dict[str, list[Shape]]:
    """What stands on several versions, in one query; for lists of assets."""
    return {key: _shapes(rows) for key, rows in _standing(version_ids).items()} if version_ids else {}


def with_access(project_id: str, user_ids: Iterable[str]) -> set[str]:
    """Those of `user_ids` who can log in and see the project: members, and administrators over it."""
    inside = Member.select(Member.user).where((Member.project == project_id) & access.belongs())
    reach = User.id.in_(inside) | User.id.in_(above(project_id))
    query: Any = User.select(User.id).where(User.id.in_(list(user_ids)) & (User.status == "active") & reach)
    return {row.id for row in query}


def _with_people() -> Any:
    return Decision.select(Decision, User).join(User, JOIN.LEFT_OUTER)


def _standing(version_ids: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    stands = Decision.version.in_(list(version_ids)) & Decision.superseded_at.is_null()
    for row in _with_people().where(stands).order_by(Decision.id):
        found[row.version_id].append(row)
    return found


def _shapes(rows: Iterable[Any]) -> list[Shape]:
    return [decision_shape(row) for row in rows]


def _request(found: Found, said: dict[str, Any]) -> Shape:
    request = found.request
    assert request is not None  # noqa: S101 - asked for only where there is one
    names = list(request.steps)
    below: list[list[Shape]] = [[] for _ in names]
    for row in found.reviewers:
        below[row.step - 1].append(_reviewer(row, said.get(row.user_id)))
    asker = User.get_or_none(User.id == request.created_by_id)
    return {
        "rule": request.rule,
        "due_at": iso(request.due_at),
        "asked_by": person_shape(asker),
        "asked_at": iso(request.created_at),
        "open_step": found.verdict.step,
        "steps": [
            {"number": at + 1, "name": name, "state": found.verdict.steps[at], "reviewers": below[at]}
            for at, name in enumerate(names)
        ],
    }


def _reviewer(row: Any, said: Any) -> Shape:
    return {
        "user": person_shape(row.user),
        "required": bool(row.required),
        "state": row.state,
        "note": said.note if said else "",
        "decided_at": iso(said.created_at) if said else None,
    }


def _previous(version: Version) -> Shape | None:
    """The version before this one whose review may be asked for again, of the same people."""
    earlier = (Version.asset == version.asset_id) & (Version.number < version.number)
    query: Any = Version.select(Version.id, Version.number).join(ReviewRequest, on=_of_version())
    row = query.where(earlier).order_by(Version.number.desc()).first()
    return {"version_id": row.id, "number": row.number} if row else None


def _of_version() -> Any:
    return ReviewRequest.version == Version.id
