"""The delivery log of a webhook: what was sent, what came back, what waits; sending again; the test event.

Whoever manages the webhook reads it. Writes `webhook_delivery` rows, and for the test an event of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from mam.core import Mam
from mam.errors import ConflictError, NotFoundError, RateLimitedError
from mam.event_types import PING, EventType, matches
from mam.ids import new_id
from mam.models import Event, Webhook, WebhookAttempt, WebhookDelivery, database, now
from mam.services import audit, outbox, pages, webhook_queue, webhooks
from mam.services.shapes import Shape, iso
from mam.types import Actor

STATES = ("waiting", "sending", "delivered", "dead", "cancelled")
MOST_AGAIN = 10_000
"""Deliveries that one call sends again."""

_PING = EventType(PING, webhooks.MANAGE, "A test.", ("webhook_id", "message"))
_PING_SECONDS = 2
_AT_ONCE = 500


def list_deliveries(
    mam: Mam, actor: Actor, webhook_id: str, *, state: str | None, cursor: str | None, limit: int
) -> Shape:
    """The deliveries of a webhook, newest first; `state` dead is the list of those given up."""
    row = webhooks.find(mam, actor, webhook_id)
    query = (
        WebhookDelivery.select(WebhookDelivery, Event).join(Event).where(WebhookDelivery.webhook == row.id)
    )
    if state is not None:
        query = query.where(WebhookDelivery.state == state)
    keys: dict[str, Any] = {"id": WebhookDelivery.id}
    rows, following = pages.page(query, "-id", keys, WebhookDelivery.id, cursor=cursor, limit=limit)
    return {"items": shapes(rows), "next_cursor": following}


def get_delivery(mam: Mam, actor: Actor, webhook_id: str, delivery_id: str) -> Shape:
    """One delivery with the body that is sent and every attempt."""
    row = _delivery(mam, actor, webhook_id, delivery_id)
    attempts = (
        WebhookAttempt.select().where(WebhookAttempt.delivery == row.id).order_by(WebhookAttempt.number)
    )
    body = orjson.loads(row.event.body)
    return {**shapes([row])[0], "payload": body, "log": [_attempt(one) for one in attempts]}


def resend(mam: Mam, actor: Actor, webhook_id: str, delivery_id: str) -> Shape:
    """Send one delivery again, with the same id; `ConflictError` while it waits or the webhook is off."""
    with database.atomic():
        row = _delivery(mam, actor, webhook_id, delivery_id)
        _require_active(row.webhook)
        if row.state in ("waiting", "sending"):
            raise ConflictError("This delivery is on its way already.")
        _again(WebhookDelivery.id == row.id)
        _record(mam, actor, row.webhook, 1)
    return shapes([_delivery(mam, actor, webhook_id, delivery_id)])[0]


def resend_since(mam: Mam, actor: Actor, webhook_id: str, since: datetime, *, failed: bool) -> Shape:
    """Send again what was given up since a moment; not only `failed`: every event since that it wants.

    That includes events that came while the webhook was off or not there. Answers `{count}`.
    """
    with database.atomic():
        row = webhooks.find(mam, actor, webhook_id)
        _require_active(row)
        mine = (WebhookDelivery.webhook == row.id) & (WebhookDelivery.created_at >= since)
        ended = ("dead",) if failed else ("dead", "delivered", "cancelled")
        ids: Any = WebhookDelivery.select(WebhookDelivery.id).where(mine, WebhookDelivery.state.in_(ended))
        chosen = [one for (one,) in ids.order_by(WebhookDelivery.id).limit(MOST_AGAIN).tuples()]
        for start in range(0, len(chosen), _AT_ONCE):
            _again(WebhookDelivery.id.in_(chosen[start : start + _AT_ONCE]))
        count = len(chosen) + (0 if failed else _missed(row, since, MOST_AGAIN - len(chosen)))
        _record(mam, actor, row, count)
    return {"count": count}


def ping(mam: Mam, actor: Actor, webhook_id: str) -> Shape:
    """Send the test event to one webhook; answers `{event_id}`, which its delivery carries."""
    with database.atomic():
        row = webhooks.find(mam, actor, webhook_id)
        _require_active(row)
        latest = Event.select(Event.at).where(Event.webhook_id == row.id).order_by(Event.seq.desc()).first()
        if latest is not None and (now() - latest.at).total_seconds() < _PING_SECONDS:
            raise RateLimitedError("A test was sent a moment ago; wait before the next.", _PING_SECONDS)
        about = outbox.Subject("webhook", row.id, row.project_id)
        told = {"webhook_id": row.id, "message": "This is a test; nothing happened."}
        event_id = outbox.add(_PING, about, told, actor, webhook_id=row.id)
        audit.record(
            mam, actor, "webhook.pinged", kind="webhook", subject_id=row.id, project_id=row.project_id
        )  # fmt: skip
    return {"event_id": event_id}


def shapes(rows: Sequence[WebhookDelivery]) -> list[Shape]:
    """Deliveries as they are listed, each with its last attempt."""
    last = {}
    log = WebhookAttempt.select().where(WebhookAttempt.delivery.in_([row.id for row in rows]))
    for one in log.order_by(WebhookAttempt.number):
        last[one.delivery_id] = one
    return [_shape(row, last.get(row.id)) for row in rows]


def _shape(row: WebhookDelivery, last: WebhookAttempt | None) -> Shape:
    waits = row.state == "waiting"
    return {
        "id": row.id,
        "webhook_id": row.webhook_id,
        "event_id": row.event.id,
        "type": row.event.type,
        "state": row.state,
        "attempts": row.attempts,
        "status": row.status,
        "error": row.error or None,
        "created_at": iso(row.created_at),
        "next_attempt_at": iso(row.due_at) if waits else None,
        "finished_at": iso(row.finished_at),
        "last_attempt": _attempt(last) if last else None,
    }


def _attempt(row: WebhookAttempt) -> Shape:
    return {
        "number": row.number,
        "at": iso(row.at),
        "status": row.status,
        "milliseconds": row.milliseconds,
        "answer": row.answer,
        "error": row.error or None,
    }


def _delivery(mam: Mam, actor: Actor, webhook_id: str, delivery_id: str) -> WebhookDelivery:
    hook = webhooks.find(mam, actor, webhook_id)
    query = WebhookDelivery.select(WebhookDelivery, Event).join(Event)
    row = query.where((WebhookDelivery.id == delivery_id) & (WebhookDelivery.webhook == hook.id)).first()
    if row is None:
        raise NotFoundError
    row.webhook = hook
    found: WebhookDelivery = row
    return found


def _again(where: Any) -> None:
    values = {"state": "waiting", "tries": 0, "due_at": now(), "finished_at": None, "error": ""}
    WebhookDelivery.update(**values).where(
        where & WebhookDelivery.state.not_in(("waiting", "sending"))
    ).execute()


def _missed(hook: Webhook, since: datetime, most: int) -> int:
    """Deliveries of events that never became one: the webhook was off, or is younger than they are."""
    head = webhook_queue.handed_out()
    there = WebhookDelivery.select(WebhookDelivery.event).where(WebhookDelivery.webhook == hook.id)
    query = Event.select().where(Event.at >= since, Event.seq <= head, Event.webhook_id.is_null())
    if hook.project_id is not None:
        query = query.where(Event.project_id == hook.project_id)
    events = query.where(Event.seq.not_in(there)).order_by(Event.seq)
    wanted = [one.seq for one in events.limit(MOST_AGAIN) if matches(hook.events, one.type)][:most]
    rows = [{"id": new_id(), "webhook": hook.id, "event": seq, "created_at": now()} for seq in wanted]
    for start in range(0, len(rows), _AT_ONCE):
        WebhookDelivery.insert_many(rows[start : start + _AT_ONCE]).execute()
    return len(rows)


def _require_active(hook: Webhook) -> None:
    if not hook.active:
        raise ConflictError("This webhook is off; switch it on first.")


def _record(mam: Mam, actor: Actor, hook: Webhook, count: int) -> None:
    data = {"count": count}
    audit.record(
        mam,
        actor,
        "webhook.resent",
        kind="webhook",
        subject_id=hook.id,
        project_id=hook.project_id,
        data=data,
    )
