"""Approvals: what reviewers decide on a version, each for themselves, and what follows from it by rule.

A decision is never changed afterwards: a later one supersedes it, taking it back is one too. A request for
changes with a note becomes a note on the version, because there editors work it off. Writes `decision`,
`reviewer.state`, the version's `review_status`, notes, audit entries; tells whom it concerns.
"""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.errors import ConflictError, FieldError, ForbiddenError, ValidationError
from mam.models import Asset, Comment, Decision, Reviewer, ReviewRequest, ShareAsset, Version, database, now
from mam.services import access, audit, client_reviews, comments, events, review_news, review_state
from mam.services.review_rules import CHANGES, DECISIONS, PENDING
from mam.services.shapes import Shape
from mam.types import Actor, Thing

DECIDE = "review.decide"
"""The right to decide without having been asked; who was asked may decide in any role."""

MOST = 1000
"""Decisions, those taken back among them, on one version."""


def decide(mam: Mam, actor: Actor, version_id: str, *, decision: str, note: str = "") -> Shape:
    """Say what `actor` thinks of a version: approved, changes_requested, or pending to take it back.

    Answers as `review_state.get`. Saying the same again changes nothing. Raises `NotFoundError`,
    `ForbiddenError`, `ConflictError` (`not_your_turn` before a step is open).
    """
    right = DECIDE if actor.guest else "asset.read"
    version, asset = access.require_version(mam, actor, right, version_id)
    if decision not in DECISIONS:
        message = f"One of: {', '.join(DECISIONS)}."
        raise ValidationError(f"decision: {message}", (FieldError("decision", message),))
    if actor.user_id is None and actor.guest is None:
        raise ForbiddenError("Only people decide.")
    with database.atomic():
        one_at_a_time(asset.id)
        step = _turn(mam, actor, version, decision)
        row = Decision(
            version=version_id, user=actor.user_id, decision=decision, note=note, step=step, **_guest(actor)
        )
        if _say(mam, actor, version, row):
            data = {"version_id": version_id, "decision": decision, "note": note, "step": step}
            tell(mam, actor, "decided", version, data)
            review_news.decided(mam, actor, version, row)
    return review_state.get(mam, actor, version_id)


def one_at_a_time(asset_id: str) -> None:
    """Of two changes of one asset's reviews the second waits, so that each judges what the other left."""
    Asset.update(status=Asset.status).where(Asset.id == asset_id).execute()


def tell(mam: Mam, actor: Actor, what: str, version: Any, data: Shape) -> str:
    """In the transaction: judge anew, write it down, tell open pages; answers the new status.

    `version` has its asset loaded.
    """
    asset = version.asset
    status, turns = settle(version.id)
    review_news.turns(mam, actor, version.id, turns)
    audit.record(
        mam, actor, f"review.{what}", kind="version", subject_id=version.id, project_id=asset.project_id,
        data={**data, "status": status},
    )  # fmt: skip
    events.publish(
        mam, f"review.{what}", project_id=asset.project_id, asset_id=asset.id, version_id=version.id,
        data={"version_id": version.id, "review": status, "what": what},
    )  # fmt: skip
    return status


def settle(version_id: str) -> tuple[str, list[str]]:
    """Bring a version's status, and what each reviewer owes, up to date; in the caller's transaction.

    Answers the status, and whose turn it is that was not before.
    """
    found = review_state.load(version_id)
    status = found.verdict.status
    due = found.request.due_at if found.request else None
    turns = []
    for row in found.reviewers:
        state = found.verdict.states[row.user_id]
        if state != row.state:
            Reviewer.update(state=state).where(Reviewer.id == row.id).execute()
            turns += [row.user_id] if state == "waiting" else []
    kept = None if status == "none" else status
    Version.update(review_status=kept, review_due_at=due).where(Version.id == version_id).execute()
    return status, turns


def access_changed(mam: Mam, actor: Actor, user_id: str, project_id: str | None = None) -> None:
    """Drop somebody who lost access from the reviews that wait for them, or take them back in.

    What they have decided stands. In the transaction of what changed; `project_id` None is every project.
    """
    query: Any = Reviewer.select(Reviewer, ReviewRequest, Version, Asset)
    query = query.join(ReviewRequest).join(Version).join(Asset)
    query = query.where((Reviewer.user == user_id) & ReviewRequest.withdrawn_at.is_null())
    if project_id is not None:
        query = query.where(Asset.project == project_id)
    for row in list(query.order_by(Reviewer.id)):
        _drop_or_return(mam, actor, row)


def clients_changed(mam: Mam, actor: Actor, share_id: str) -> None:
    """Judge anew what a link's guests have a say in, after the link changed; in the caller's transaction."""
    query: Any = Version.select(Version, Asset).join(Asset, on=Asset.current_version_id == Version.id)
    query = query.join(ShareAsset, on=ShareAsset.asset == Asset.id).where(ShareAsset.share == share_id)
    for version in list(query.order_by(Version.id)):
        tell(mam, actor, "clients_changed", version, {"version_id": version.id, "share_id": share_id})


def current_changed(asset_id: str) -> None:
    """Judge an asset's versions anew where clients must agree: they are asked about the one that is shown.

    In the transaction of what made another version current.
    """
    if not client_reviews.asks_about(asset_id):
        return
    judged = Version.review_status.is_null(is_null=False) | (Asset.current_version_id == Version.id)
    query = Version.select(Version.id).join(Asset).where((Version.asset == asset_id) & judged)
    for version in list(query.order_by(Version.id)):
        settle(version.id)


def _drop_or_return(mam: Mam, actor: Actor, row: Any) -> None:
    version = row.request.version
    reaches = row.user_id in review_state.with_access(version.asset.project_id, [row.user_id])
    if reaches == (row.dropped_at is None):
        return
    if not reaches and _standing(version.id, Decision.user == row.user_id) is not None:
        return
    moment = None if reaches else now()
    Reviewer.update(dropped_at=moment).where(Reviewer.id == row.id).execute()
    what = "reviewer_returned" if reaches else "reviewer_dropped"
    tell(mam, actor, what, version, {"version_id": version.id, "user_id": row.user_id})


def _turn(mam: Mam, actor: Actor, version: Any, decision: str) -> int | None:
    """The step that `actor` decides in, or None for somebody who was not asked; raises who may not.

    A guest's right was asked with the version: a link has no step.
    """
    if actor.guest is not None:
        return None
    found = review_state.load(version.id)
    row = next((one for one in found.reviewers if one.user_id == actor.user_id), None)
    if row is None or row.dropped_at is not None:
        thing = Thing("version", version.id, version.in_project, version.actor_role)
        if decision != PENDING or _standing(version.id, _by(actor)) is None:
            access.require(mam, actor, DECIDE, thing)
        return None
    open_step = found.verdict.step
    if decision != PENDING and open_step is not None and row.step > open_step:
        raise ConflictError(
            f"It is not your turn yet: step {row.step} opens when step {open_step} is approved.",
            code="not_your_turn",
        )
    return int(row.step)


def _say(mam: Mam, actor: Actor, version: Any, row: Decision) -> bool:
    """Write the decision down in place of the one that stood; False where that said the same."""
    before = _standing(version.id, _by(actor))
    said = (before.decision, before.note) if before else (PENDING, row.note)
    if said == (row.decision, row.note):
        return False
    if Decision.select().where(Decision.version == version.id).count() >= MOST:
        raise ConflictError(f"A version may have {MOST} decisions.")
    if before is not None:
        Decision.update(superseded_at=now()).where(Decision.id == before.id).execute()
        if row.decision == PENDING and before.comment_id:
            _take_note_back(mam, actor, before.comment_id)
    if row.decision == CHANGES and row.note:
        row.comment_id = _as_note(mam, actor, version, str(row.note))
    if row.decision == PENDING:
        row.superseded_at = now()
    row.save(force_insert=True)
    return True


def _guest(actor: Actor) -> dict[str, str]:
    """What a decision keeps of a guest in place of a person."""
    if actor.guest is None:
        return {}
    return {"guest": actor.guest.id, "share": actor.guest.share_id, "guest_name": actor.display_name}


def _by(actor: Actor) -> Any:
    """The condition of what this caller decided; a guest is known by who was let in, not by a name."""
    return Decision.guest == actor.guest.id if actor.guest else Decision.user == actor.user_id


def _standing(version_id: str, whose: Any) -> Decision | None:
    mine = (Decision.version == version_id) & whose & Decision.superseded_at.is_null()
    found: Decision | None = Decision.select().where(mine).order_by(Decision.id.desc()).first()
    return found


def _as_note(mam: Mam, actor: Actor, version: Any, note: str) -> str | None:
    """The id of the note that says the same: one that is there from before, or a new one.

    Somebody who was asked but may not write notes leaves none: the words stand with the decision.
    """
    shared = actor.guest is not None  # it was found for this guest: the share shows it
    thing = Thing("version", version.id, version.in_project, version.actor_role, shared)
    if not access.allowed(mam, actor, "comment.write", thing):
        return None
    mine = (Decision.version == version.id) & _by(actor) & (Decision.note == note)
    query = Decision.select(Decision.comment).join(Comment).where(mine & Comment.deleted_at.is_null())
    before: str | None = query.scalar()
    if before is not None:
        return before
    made = comments.create_comment(mam, actor, version.asset_id, version_id=version.id, body=note)
    return str(made["id"])


def _take_note_back(mam: Mam, actor: Actor, comment_id: str) -> None:
    """Remove the note of a decision that is taken back, unless somebody worked with it meanwhile."""
    row = Comment.get_or_none((Comment.id == comment_id) & Comment.deleted_at.is_null())
    if row is None or row.resolved_at is not None or row.edited_at is not None:
        return
    answers = (Comment.parent == comment_id) & Comment.deleted_at.is_null()
    if comments.wrote(row, actor) and not Comment.select().where(answers).exists():
        comments.delete_comment(mam, actor, comment_id)
