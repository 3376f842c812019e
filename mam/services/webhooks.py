"""Webhooks as their owners see and change them: where to, which events, on or off, a new secret.

A webhook is of a project, for its owners, or of the box, for administrators. Its secret is answered once,
when it is made, and is stored nowhere. Writes `webhook` rows, audit entries and events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from mam import outgoing, webhook_signing
from mam.core import Mam
from mam.errors import ConflictError, FieldError, ForbiddenError, NotFoundError, ValidationError
from mam.event_types import TYPES, is_pattern
from mam.ids import new_id
from mam.models import Member, Project, Webhook, WebhookDelivery, database, now
from mam.outgoing import RefusedAddressError
from mam.services import access, audit, pages
from mam.services.shapes import Shape, iso
from mam.types import Actor, Thing

MANAGE = "webhook.manage"
MOST = 50
"""Webhooks of one project, and of the box."""

OVERLAP = timedelta(hours=24)
"""How long the secret before still signs beside a new one."""

_ADMIN = "box.admin"


def types(mam: Mam, actor: Actor) -> Shape:  # noqa: ARG001 - every service gets the box and who asks
    """Every type of event, with what it tells."""
    rows = [
        {"name": one.name, "description": one.what, "right": one.right, "fields": list(one.fields)}
        for one in TYPES
    ]
    return {"items": rows, "next_cursor": None}


def create(mam: Mam, actor: Actor, given: Mapping[str, Any]) -> Shape:
    """A new webhook; `reveal` shows its secret. `given`: url, events, description, active, project_id.

    Raises `ValidationError` for an address that the box does not send to.
    """
    project_id = given.get("project_id")
    _require_place(mam, actor, project_id)
    url, events = _url(mam, given["url"]), _events(given.get("events"))
    ring = webhook_signing.open_ring(mam.config.secrets)
    with database.atomic():
        _check_room(project_id)
        row = Webhook.create(
            id=new_id(), project=project_id, url=url, events=events, active=given.get("active", True),
            description=given.get("description") or "", created_by=actor.user_id, key_id=ring.active().kid,
        )  # fmt: skip
        _record(mam, actor, "created", row, host=outgoing.parse(url, mam.config.webhooks).host)
    return shape(row)


def reveal(mam: Mam, actor: Actor, webhook_id: str) -> Shape:
    """A webhook that was just made, with its secret: for the one answer that shows it, and its repeats."""
    row = find(mam, actor, webhook_id)
    return {**shape(row), "secret": secrets_of(mam, row)[0]}


def list_webhooks(mam: Mam, actor: Actor, *, project_id: str | None, cursor: str | None, limit: int) -> Shape:
    """The webhooks of one project, or all that the actor manages; newest first."""
    query = Webhook.select().where(_managed(mam, actor, project_id))
    rows, following = pages.page(query, "-id", {"id": Webhook.id}, Webhook.id, cursor=cursor, limit=limit)
    return pages.listed(rows, shape, following)


def get(mam: Mam, actor: Actor, webhook_id: str) -> Shape:
    """One webhook."""
    return shape(find(mam, actor, webhook_id))


def update(mam: Mam, actor: Actor, webhook_id: str, given: Mapping[str, Any]) -> Shape:
    """Change address, events, description, or switch it on or off; on begins with a clean record."""
    with database.atomic():
        row = find(mam, actor, webhook_id)
        changes: dict[str, Any] = {}
        if "url" in given:
            changes["url"] = _url(mam, given["url"])
        if "events" in given:
            changes["events"] = _events(given["events"])
        changes |= {name: given[name] for name in ("description", "active") if name in given}
        changes = {name: value for name, value in changes.items() if getattr(row, name) != value}
        if changes:
            if changes.get("active") or "url" in changes:
                changes |= {"failures": 0, "failing_since": None, "disabled_at": None, "disabled_reason": ""}
            Webhook.update(**changes, updated_at=now()).where(Webhook.id == row.id).execute()
            told = sorted(set(changes) & {"url", "events", "description", "active"})
            _record(mam, actor, "updated", row, changed=told)
    return shape(Webhook.get_by_id(webhook_id))


def delete(mam: Mam, actor: Actor, webhook_id: str) -> None:
    """Remove a webhook with its deliveries; what waits for it is never sent."""
    with database.atomic():
        row = find(mam, actor, webhook_id)
        _record(mam, actor, "deleted", row)
        Webhook.delete().where(Webhook.id == row.id).execute()


def rotate(mam: Mam, actor: Actor, webhook_id: str) -> Shape:
    """A new secret; for a day deliveries carry the signatures of both."""
    with database.atomic():
        row = find(mam, actor, webhook_id)
        changes = {"generation": Webhook.generation + 1, "previous_until": now() + OVERLAP}
        Webhook.update(**changes, updated_at=now()).where(Webhook.id == row.id).execute()
        _record(mam, actor, "rotated", row)
        row = Webhook.get_by_id(row.id)
    return {**shape(row), "secret": secrets_of(mam, row)[0]}


def find(mam: Mam, actor: Actor, webhook_id: str) -> Webhook:
    """The webhook, if the actor manages it; `NotFoundError` for what they may not know of."""
    row: Webhook | None = Webhook.get_or_none(Webhook.id == webhook_id)
    if row is None or (row.project_id is None and not access.allowed(mam, actor, _ADMIN)):
        raise NotFoundError
    if row.project_id is not None:
        access.require(mam, actor, MANAGE, access.actor_thing(actor, "webhook", row.id, row.project_id))
    return row


def secrets_of(mam: Mam, row: Webhook) -> tuple[str, ...]:
    """The secrets that sign now, the newest first; `ConflictError` where this box has not their key."""
    ring = webhook_signing.open_ring(mam.config.secrets)
    generations = [row.generation]
    if row.previous_until is not None and row.previous_until > now():
        generations.append(row.generation - 1)
    found = [webhook_signing.secret(ring, row.key_id, row.id, one) for one in generations]
    if None in found:
        raise ConflictError("The key of this webhook's secret is not on this machine; give it a new webhook.")
    return tuple(one for one in found if one is not None)


def shape(row: Webhook) -> Shape:
    """A webhook as it is answered, never with its secret."""
    return {
        "id": row.id,
        "project_id": row.project_id,
        "url": row.url,
        "description": row.description,
        "events": row.events,
        "active": bool(row.active),
        "status": _status(row),
        "failures": row.failures,
        "failing_since": iso(row.failing_since),
        "last_success_at": iso(row.last_success_at),
        "disabled_at": iso(row.disabled_at),
        "disabled_reason": row.disabled_reason,
        "previous_secret_until": iso(row.previous_until),
        "created_by": row.created_by_id,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


def disable(mam: Mam, actor: Actor, row: Webhook, reason: str) -> None:
    """Switch a webhook off by itself; whoever manages it is told by an event, the page and the audit log."""
    values = {"active": False, "disabled_at": now(), "disabled_reason": reason}
    if Webhook.update(**values).where((Webhook.id == row.id) & Webhook.active).execute():
        waiting = (WebhookDelivery.webhook == row.id) & (WebhookDelivery.state == "waiting")
        WebhookDelivery.update(state="dead", finished_at=now(), error=reason[:300]).where(waiting).execute()
        _record(mam, actor, "disabled", row, reason=reason)


def _status(row: Webhook) -> str:
    if row.disabled_at is not None:
        return "disabled"
    if not row.active:
        return "off"
    return "failing" if row.failing_since is not None else "ok"


def _managed(mam: Mam, actor: Actor, project_id: str | None) -> Any:
    """The condition of those that the actor manages."""
    if project_id is not None:
        access.require_project(mam, actor, MANAGE, project_id, trashed=True)
        return Webhook.project == project_id
    if access.allowed(mam, actor, _ADMIN):
        return Webhook.id.is_null(False)
    mine: Any = Member.select(Member.project, Member.role).where(Member.user == actor.user_id).tuples()
    things = [Thing("project", found, found, role) for found, role in mine]
    owned = [one.project_id for one in things if access.allowed(mam, actor, MANAGE, one)]
    return Webhook.project.in_(owned)


def _require_place(mam: Mam, actor: Actor, project_id: str | None) -> None:
    if project_id is not None:
        access.require_project(mam, actor, MANAGE, project_id)
    elif not access.allowed(mam, actor, _ADMIN):
        raise ForbiddenError("A webhook of the whole box is for administrators; name a project of yours.")


def _check_room(project_id: str | None) -> None:
    if project_id is not None:  # of two at once the second waits
        Project.update(updated_at=Project.updated_at).where(Project.id == project_id).execute()
    place = Webhook.project.is_null() if project_id is None else Webhook.project == project_id
    if Webhook.select().where(place).count() >= MOST:
        raise ConflictError(f"There may be {MOST} webhooks here; remove one first.")


def _url(mam: Mam, url: str) -> str:
    try:
        place = outgoing.parse(url, mam.config.webhooks)
        outgoing.check_literal(place, mam.config.webhooks)
    except RefusedAddressError as error:
        raise ValidationError(f"url: {error.detail}", (FieldError("url", error.detail),)) from None
    return url


def _events(patterns: Sequence[str] | None) -> list[str]:
    found = list(dict.fromkeys(patterns or ["*"]))
    unknown = next((one for one in found if not is_pattern(one)), None)
    if unknown is not None:
        message = f"There is no event {unknown[:64]}; GET /api/events/types lists them."
        raise ValidationError(f"events: {message}", (FieldError("events", message),))
    return found


def _record(mam: Mam, actor: Actor, what: str, row: Webhook, **data: Any) -> None:
    audit.record(
        mam, actor, f"webhook.{what}", kind="webhook", subject_id=row.id, project_id=row.project_id, data=data
    )
