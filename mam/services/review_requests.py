"""Asking for a review: whom, in which steps, by which rule, until when; and what a project asks by default.

Only people who can see the project may be asked. Withdrawing keeps the row, so that asking again brings back
what stood. Writes `review_request`, `reviewer`, `review_default`, audit entries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mam.core import Mam
from mam.errors import ConflictError, FieldError, NotFoundError, ValidationError
from mam.models import Asset, ReviewDefault, Reviewer, ReviewRequest, User, Version, database, now
from mam.services import access, audit, review_news, review_state
from mam.services.approvals import one_at_a_time, tell
from mam.services.review_rules import RULES
from mam.services.review_state import REQUEST
from mam.services.shapes import Shape, person_shape
from mam.types import Actor

MOST_STEPS = 10
MOST_PEOPLE = 50
LATEST = timedelta(days=3660)
"""How far ahead a review may be due."""

Plan = list[tuple[str, list[tuple[str, bool]]]]
"""Steps in order: the name of each, and who is asked in it with whether their word is required."""


def ask(mam: Mam, actor: Actor, version_id: str, given: Mapping[str, Any]) -> Shape:
    """Ask for a review of a version.

    `given` has `reviewers` (one step) or `steps` (`[{name, reviewers, required}]`), `required`, `rule`,
    `due_at`; or `same_as`, an earlier version whose people are asked again. Without people the project's
    defaults are asked. Raises `ValidationError` by field, `ConflictError` (`review_exists`).
    """
    version, asset = _found(mam, actor, version_id)
    rule, plan, due = _wanted(asset, given)
    with database.atomic():
        one_at_a_time(asset.id)
        before = ReviewRequest.get_or_none(ReviewRequest.version == version_id)
        if before is not None and before.withdrawn_at is None:
            raise ConflictError(
                "A review of this version is under way; change or withdraw it.", code="review_exists"
            )
        known = before.due_at if before else None
        row = before or ReviewRequest(version=version_id)
        row.rule, row.due_at, row.created_by_id = rule, _checked_due(due, known), actor.user_id
        row.withdrawn_at, row.created_at, row.updated_at = None, now(), now()
        _keep(row, plan, asset.project_id, force_insert=before is None)
        tell(mam, actor, "requested", version, _said(row, plan))
    return review_state.get(mam, actor, version_id)


def change(mam: Mam, actor: Actor, version_id: str, given: Mapping[str, Any]) -> Shape:
    """Change what is given of a review under way: people, steps, rule, due date; decisions stand."""
    version, asset = _found(mam, actor, version_id)
    with database.atomic():
        one_at_a_time(asset.id)
        row = _open(version_id)
        row.rule = given.get("rule") or row.rule
        before = row.due_at
        if "due_at" in given:
            row.due_at = _checked_due(given["due_at"], row.due_at)
        row.updated_at = now()
        plan = _plan(given) if given.get("steps") or given.get("reviewers") else None
        if plan is None:
            _check_rule(row.rule, [step for step in _planned(row) if step[1]])
            row.save()
        else:
            _keep(row, plan, asset.project_id)
        tell(mam, actor, "changed", version, _said(row, plan or _planned(row)))
        review_news.changed(mam, version_id, due=row.due_at != before)
    return review_state.get(mam, actor, version_id)


def withdraw(mam: Mam, actor: Actor, version_id: str) -> None:
    """End a review; nobody owes anything any more. Asking again brings back what was decided."""
    version, asset = _found(mam, actor, version_id)
    with database.atomic():
        one_at_a_time(asset.id)
        row = _open(version_id)
        ReviewRequest.update(withdrawn_at=now()).where(ReviewRequest.id == row.id).execute()
        Reviewer.update(state="done").where(Reviewer.request == row.id).execute()
        tell(mam, actor, "withdrawn", version, {"version_id": version_id})
        review_news.changed(mam, version_id, due=True)


def get_defaults(mam: Mam, actor: Actor, project_id: str) -> Shape:
    """What the project asks where nobody says otherwise; people who lost access are left out."""
    access.require_project(mam, actor, "project.read", project_id)
    row = ReviewDefault.get_or_none(ReviewDefault.project == project_id) or ReviewDefault(project=project_id)
    return _defaults_shape(row, project_id)


def set_defaults(mam: Mam, actor: Actor, project_id: str, given: Mapping[str, Any]) -> Shape:
    """Set the project's default rule, steps and days until a review is due."""
    access.require_project(mam, actor, "project.update", project_id)
    rule = given.get("rule") or "all"
    plan = _plan(given) if given.get("steps") else []
    if plan:
        _check(plan, rule, project_id)
    steps = [
        {
            "name": name,
            "reviewers": [one for one, _ in people],
            "required": [one for one, need in people if need],
        }
        for name, people in plan
    ]
    row = ReviewDefault(project=project_id, rule=rule, steps=steps, due_days=given.get("due_days"))
    with database.atomic():
        ReviewDefault.delete().where(ReviewDefault.project == project_id).execute()
        row.save(force_insert=True)
        audit.record(
            mam, actor, "review.defaults", kind="project", subject_id=project_id, project_id=project_id,
            data={"rule": rule, "steps": steps, "due_days": row.due_days},
        )  # fmt: skip
    return _defaults_shape(row, project_id)


def _found(mam: Mam, actor: Actor, version_id: str) -> tuple[Version, Asset]:
    return access.require_version(mam, actor, REQUEST, version_id)


def _open(version_id: str) -> Any:
    asked = (ReviewRequest.version == version_id) & ReviewRequest.withdrawn_at.is_null()
    row = ReviewRequest.get_or_none(asked)
    if row is None:
        raise NotFoundError
    return row


def _wanted(asset: Asset, given: Mapping[str, Any]) -> tuple[str, Plan, str | None]:
    """Rule, people and due date: as given, as on the version named by `same_as`, or the project's own."""
    rule, due = given.get("rule"), given.get("due_at")
    if given.get("same_as"):
        row = _earlier(asset, given["same_as"])
        return rule or row.rule, _with_access(_planned(row), asset.project_id), due
    default = ReviewDefault.get_or_none(ReviewDefault.project == asset.project_id)
    if given.get("steps") or given.get("reviewers"):
        return rule or (default.rule if default else "all"), _plan(given), due
    if default is None or not default.steps:
        raise _invalid("reviewers", "Somebody to ask: this project has no default steps.")
    if "due_at" not in given and default.due_days:
        due = (now() + timedelta(days=default.due_days)).isoformat()
    return rule or default.rule, _with_access(_plan({"steps": default.steps}), asset.project_id), due


def _earlier(asset: Asset, version_id: str) -> Any:
    query: Any = ReviewRequest.select().join(Version)
    row = query.where((Version.id == version_id) & (Version.asset == asset.id)).first()
    if row is None:
        raise _invalid("same_as", "A version of this asset that was reviewed.")
    return row


def _planned(row: Any) -> Plan:
    """The steps and people of a request as they are; who lost access is left out."""
    plan: Plan = [(name, []) for name in row.steps]
    kept = (Reviewer.request == row.id) & Reviewer.dropped_at.is_null()
    for one in Reviewer.select().where(kept).order_by(Reviewer.step, Reviewer.place):
        plan[one.step - 1][1].append((one.user_id, bool(one.required)))
    return plan


def _with_access(plan: Plan, project_id: str) -> Plan:
    """The plan with only those who can still see the project; steps that nobody is left in go too."""
    reach = review_state.with_access(project_id, [one for _, people in plan for one, _ in people])
    kept = [(name, [one for one in people if one[0] in reach]) for name, people in plan]
    found = [(name, people) for name, people in kept if people]
    if not found:
        raise _invalid("reviewers", "Somebody to ask: none of those people sees this project any more.")
    return found


def _plan(given: Mapping[str, Any]) -> Plan:
    """Steps as they were sent, or the one step that `reviewers` are."""
    steps: Sequence[Mapping[str, Any]] = given.get("steps") or (
        {"reviewers": given.get("reviewers") or (), "required": given.get("required") or ()},
    )
    return [
        (
            str(step.get("name") or ""),
            [(one, one in (step.get("required") or ())) for one in step.get("reviewers") or ()],
        )
        for step in steps
    ]


def _check(plan: Plan, rule: str, project_id: str) -> None:
    people = [one for _, inside in plan for one, _ in inside]
    if len(plan) > MOST_STEPS or len(people) > MOST_PEOPLE:
        raise _invalid("steps", f"At most {MOST_STEPS} steps and {MOST_PEOPLE} people.")
    if not all(inside for _, inside in plan):
        raise _invalid("reviewers", "Somebody to ask, in every step.")
    if len(set(people)) != len(people):
        raise _invalid("reviewers", "Everybody once: one person, one decision.")
    if set(people) - review_state.with_access(project_id, people):
        raise _invalid("reviewers", "Only people who can see this project; somebody here cannot.")
    _check_rule(rule, plan)


def _check_rule(rule: str, plan: Plan) -> None:
    if rule not in RULES:
        raise _invalid("rule", f"One of: {', '.join(RULES)}.")
    if rule == "named" and not all(any(need for _, need in inside) for _, inside in plan):
        raise _invalid("required", "With the rule “named”, somebody required in every step.")


def _keep(row: Any, plan: Plan, project_id: str, *, force_insert: bool = False) -> None:
    """Write the request and its people; who stays keeps what was decided, and is not told of it again."""
    _check(plan, row.rule, project_id)
    row.steps = [name for name, _ in plan]
    row.save(force_insert=force_insert)
    theirs: Any = Reviewer.select(Reviewer.user, Reviewer.state).where(Reviewer.request == row.id)
    states = dict(theirs.tuples())
    Reviewer.delete().where(Reviewer.request == row.id).execute()
    for step, (_, people) in enumerate(plan, 1):
        for place, (user_id, required) in enumerate(people):
            state = states.get(user_id, "later")
            Reviewer.create(
                request=row.id, user=user_id, step=step, place=place, required=required, state=state
            )


def _checked_due(text: str | None, known: datetime | None) -> datetime | None:
    """The moment in `text`; one that has passed is taken only where it stood there before."""
    if text is None:
        return None
    try:
        due = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid("due_at", "A moment as in 2026-11-21T18:00:00Z.") from None
    due = due.replace(tzinfo=UTC) if due.tzinfo is None else due.astimezone(UTC)
    same = known is not None and due.replace(microsecond=0) == known.replace(microsecond=0)
    if not same and not now() < due < now() + LATEST:
        raise _invalid("due_at", "A moment that is still to come, within ten years.")
    return due


def _said(row: Any, plan: Plan) -> Shape:
    """What the audit log keeps of a request."""
    people = [[one for one, _ in inside] for _, inside in plan]
    due = row.due_at.isoformat() if row.due_at else None
    return {"version_id": row.version_id, "rule": row.rule, "steps": people, "due_at": due}


def _defaults_shape(row: Any, project_id: str) -> Shape:
    ids = [one for step in row.steps for one in step["reviewers"]]
    reach = review_state.with_access(project_id, ids)
    users = {user.id: user for user in User.select().where(User.id.in_(sorted(reach)))}
    return {
        "project_id": project_id,
        "rule": row.rule,
        "due_days": row.due_days,
        "steps": [
            {
                "name": step["name"],
                "reviewers": [
                    {"user": person_shape(users[one]), "required": one in step["required"]}
                    for one in step["reviewers"]
                    if one in users
                ],
            }
            for step in row.steps
        ],
    }


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
