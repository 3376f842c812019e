"""Deliveries of webhooks: events are handed out, workers take what is due, results and retries are noted.

Handing out is exactly once (one row holds how far it got); delivering is at least once, always with the
event's id. A worker that dies leaves a lease that runs out. Writes `webhook*` rows; sends nothing itself.
"""

from __future__ import annotations

import hmac
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from mam.core import Mam
from mam.errors import ConflictError
from mam.event_types import matches
from mam.ids import new_id
from mam.models import Event, Webhook, WebhookAttempt, WebhookDelivery, WebhookHead, database, now
from mam.services import webhooks
from mam.types import SYSTEM

RETRIES = (5, 30, 120, 600, 1800, 3600, 7200, 10_800, 14_400, 18_000, 21_600)
"""Seconds between an attempt and the next, with a fifth of chance either way: 21.8 hours in all."""

LEASE = timedelta(seconds=60)
"""What a worker took and has not reported after this time is due again; more than the longest delivery."""

AHEAD = 8
"""How many deliveries for each place at a webhook a worker takes at once from one that answers well."""

_AT_ONCE = 500  # events handed out in one transaction
_GONE = 410
_OK = range(200, 300)
_LONGEST_ERROR = 300
_LONGEST_WAIT = 86_400  # seconds a receiver may ask for with Retry-After
_FAILURES = 10  # in a row before a webhook may be switched off, however long they took


@dataclass(frozen=True)
class Parcel:
    """A delivery that a worker has taken: what to send, where to, signed with which secrets."""

    delivery_id: str
    webhook_id: str
    token: str
    url: str
    message_id: str
    body: bytes
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt: the answer's status and first characters, or why there was none.

    `refused` is an address that the box does not send to; `retry_after` is what the receiver asked for (s).
    """

    parcel: Parcel
    milliseconds: int
    status: int | None = None
    answer: str = ""
    error: str = ""
    retry_after: int | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it."""
        return not self.error and self.status in _OK


def hand_out(mam: Mam) -> int:  # noqa: ARG001 - every service gets the box
    """Make deliveries of the events that were not handed out yet; answers how many events those were."""
    if not Event.select().where(Event.seq > handed_out()).exists():
        return 0
    with database.atomic():
        query = WebhookHead.select().where(WebhookHead.id == 1)
        row = (query.for_update() if database.obj.for_update else query).first()  # type: ignore[attr-defined]
        head = row.seq if row else 0
        events = list(Event.select().where(Event.seq > head).order_by(Event.seq).limit(_AT_ONCE))
        if not events:
            return 0
        hooks = list(Webhook.select().where(Webhook.active))
        rows = [_delivery(hook.id, one) for one in events for hook in hooks if _wants(hook, one)]
        for start in range(0, len(rows), _AT_ONCE):
            WebhookDelivery.insert_many(rows[start : start + _AT_ONCE]).execute()
        WebhookHead.update(seq=events[-1].seq).where(WebhookHead.id == 1).execute()
        return len(events)


def handed_out() -> int:
    """The number of the last event that was handed out."""
    found: int | None = WebhookHead.select(WebhookHead.seq).where(WebhookHead.id == 1).scalar()
    return found or 0


def take(mam: Mam, room: int, busy: Counter[str]) -> list[Parcel]:
    """Take up to `room` due deliveries; `busy` counts what this worker has in hand for each webhook.

    A webhook gets as many at once as `[webhooks] per_webhook` says, and some ahead while it answers well; one
    that fails gets a single one, so a dead receiver holds up nobody.
    """
    moment = now()
    due = _due(moment)
    waiting: Any = WebhookDelivery.select(WebhookDelivery.webhook).where(due).distinct().tuples()
    ids = [webhook_id for (webhook_id,) in waiting]
    if not ids or room <= 0:
        return []
    hooks = list(Webhook.select().where(Webhook.id.in_(ids) & Webhook.active))
    random.shuffle(hooks)
    share = max(1, room // max(1, len(hooks)))
    parcels: list[Parcel] = []
    with database.atomic():
        sending = _sending(ids, moment)
        for hook in hooks:
            most = 1 if hook.failures else mam.config.webhooks.per_webhook * AHEAD
            free = min(most - max(sending[hook.id], busy[hook.id]), share, room - len(parcels))
            if free > 0:
                parcels += _taken(mam, hook, due, free, moment)
    return parcels


def settle(mam: Mam, outcomes: Sequence[Outcome]) -> None:
    """Note what came of attempts, all in one transaction; a result under a lost lease changes nothing."""
    if not outcomes:
        return
    moment = now()
    with database.atomic():
        held = _held(outcomes)
        kept = [one for one in outcomes if _still_holds(one, held)]
        for one in kept:
            _, attempts, tries = held[one.parcel.delivery_id]
            _note(one, attempts + 1, tries + 1, moment)
        WebhookAttempt.insert_many(
            [_attempt(one, held[one.parcel.delivery_id][1] + 1, moment) for one in kept]
        ).execute() if kept else None
        for webhook_id in {one.parcel.webhook_id for one in kept}:
            _judge(mam, webhook_id, [one for one in kept if one.parcel.webhook_id == webhook_id], moment)


def give_back(parcels: Sequence[Parcel]) -> None:
    """What was taken and not tried is due again at once: a worker that ends in order."""
    for one in parcels:
        ours = (WebhookDelivery.id == one.delivery_id) & (WebhookDelivery.lease_token == one.token)
        WebhookDelivery.update(state="waiting", lease_token=None, lease_until=None).where(ours).execute()


def sweep(mam: Mam) -> None:
    """Forget events, deliveries and attempts that are older than `[webhooks] keep_days`.

    What still waits stays, and so does the newest event: numbers are never given twice.
    """
    old = now() - timedelta(days=mam.config.webhooks.keep_days)
    newest = Event.select(fn.MAX(Event.seq)).scalar() or 0
    waiting = WebhookDelivery.select(WebhookDelivery.event).where(WebhookDelivery.state.in_(_LIVE))
    past = (Event.at < old) & (Event.seq < newest) & (Event.seq <= handed_out()) & Event.seq.not_in(waiting)
    query: Any = Event.select(Event.seq).where(past).order_by(Event.seq).limit(_SWEPT).tuples()
    ids = [seq for (seq,) in query]
    for start in range(0, len(ids), _AT_ONCE):
        Event.delete().where(Event.seq.in_(ids[start : start + _AT_ONCE])).execute()


_LIVE = ("waiting", "sending")
_SWEPT = 5000  # events in one round of the janitor


def _wants(hook: Webhook, event: Event) -> bool:
    if event.webhook_id is not None:
        return bool(event.webhook_id == hook.id)
    mine = hook.project_id is None or hook.project_id == event.project_id
    return mine and event.at >= hook.created_at and matches(hook.events, event.type)


def _delivery(webhook_id: str, event: Event) -> dict[str, Any]:
    moment = now()
    return {
        "id": new_id(), "webhook": webhook_id, "event": event.seq, "due_at": moment, "created_at": moment,
    }  # fmt: skip


def _due(moment: datetime) -> Any:
    lost = (WebhookDelivery.state == "sending") & (WebhookDelivery.lease_until < moment)
    return ((WebhookDelivery.state == "waiting") & (WebhookDelivery.due_at <= moment)) | lost


def _sending(ids: list[str], moment: datetime) -> Counter[str]:
    """How many of each webhook's deliveries workers have in hand, all workers together."""
    alive = (WebhookDelivery.state == "sending") & (WebhookDelivery.lease_until >= moment)
    rows = WebhookDelivery.select(WebhookDelivery.webhook, fn.COUNT(WebhookDelivery.id))
    grouped: Any = rows.where(alive, WebhookDelivery.webhook.in_(ids)).group_by(WebhookDelivery.webhook)
    return Counter(dict(grouped.tuples()))


def _taken(mam: Mam, hook: Webhook, due: Any, most: int, moment: datetime) -> list[Parcel]:
    try:
        secrets = webhooks.secrets_of(mam, hook)
    except ConflictError as error:
        webhooks.disable(mam, SYSTEM, hook, error.detail)
        return []
    mine = due & (WebhookDelivery.webhook == hook.id)
    rows = WebhookDelivery.select(WebhookDelivery.id).where(mine).order_by(WebhookDelivery.due_at).limit(most)
    ids, token = [row.id for row in rows], new_id()
    lease = {"state": "sending", "lease_token": token, "lease_until": moment + LEASE}
    WebhookDelivery.update(**lease).where(WebhookDelivery.id.in_(ids) & due).execute()
    ours = WebhookDelivery.select(WebhookDelivery.id, Event.id, Event.body).join(Event)
    found: Any = ours.where(WebhookDelivery.id.in_(ids), WebhookDelivery.lease_token == token).tuples()
    return [
        Parcel(delivery_id, hook.id, token, hook.url, event_id, body.encode(), secrets)
        for delivery_id, event_id, body in found
    ]


def _still_holds(one: Outcome, held: Mapping[str, tuple[str, int, int]]) -> bool:
    token, _, _ = held.get(one.parcel.delivery_id, ("", 0, 0))
    return hmac.compare_digest(token, one.parcel.token)


def _held(outcomes: Sequence[Outcome]) -> dict[str, tuple[str, int, int]]:
    """Token, attempts and tries since it was last asked for, of the deliveries that are still being sent."""
    ids = [one.parcel.delivery_id for one in outcomes]
    row = WebhookDelivery
    query = row.select(row.id, row.lease_token, row.attempts, row.tries)
    found: Any = query.where(row.id.in_(ids), row.state == "sending").tuples()
    return {delivery_id: (token, attempts, tries) for delivery_id, token, attempts, tries in found}


def _note(one: Outcome, attempts: int, tries: int, moment: datetime) -> None:
    values: dict[str, Any] = {"attempts": attempts, "tries": tries, "lease_token": None, "lease_until": None}
    values |= {"status": one.status, "error": _why(one)}
    if one.delivered:
        values |= {"state": "delivered", "finished_at": moment}
    elif tries > len(RETRIES) or one.status == _GONE:
        values |= {"state": "dead", "finished_at": moment}
    else:
        values |= {"state": "waiting", "due_at": moment + _wait(tries, one.retry_after)}
    ours = (WebhookDelivery.id == one.parcel.delivery_id) & (WebhookDelivery.lease_token == one.parcel.token)
    WebhookDelivery.update(**values).where(ours).execute()


def _attempt(one: Outcome, number: int, moment: datetime) -> dict[str, Any]:
    return {
        "id": new_id(), "delivery": one.parcel.delivery_id, "number": number, "at": moment,
        "status": one.status, "milliseconds": one.milliseconds, "answer": one.answer, "error": _why(one),
    }  # fmt: skip


def _why(one: Outcome) -> str:
    if one.delivered:
        return ""
    return (one.error or f"The receiver answered {one.status}.")[:_LONGEST_ERROR]


def _wait(tries: int, asked: int | None) -> timedelta:
    seconds = RETRIES[tries - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, keeps no secret
    return timedelta(seconds=max(seconds, min(asked or 0, _LONGEST_WAIT)))


def _judge(mam: Mam, webhook_id: str, outcomes: Sequence[Outcome], moment: datetime) -> None:
    """Keep the webhook's record; switch it off where it is gone or has only failed for too long."""
    mine = Webhook.id == webhook_id
    failed = sum(not one.delivered for one in outcomes)
    if failed < len(outcomes):
        Webhook.update(failures=0, failing_since=None, last_success_at=moment).where(mine).execute()
        return
    since = fn.COALESCE(Webhook.failing_since, Webhook.failing_since.db_value(moment))
    Webhook.update(failures=Webhook.failures + failed, failing_since=since).where(mine).execute()
    row = Webhook.get_or_none(mine)
    if row is None:
        return
    limit = timedelta(hours=mam.config.webhooks.disable_hours)
    if any(one.status == _GONE for one in outcomes):
        webhooks.disable(mam, SYSTEM, row, "The receiver answered 410: it does not exist any more.")
    elif row.failures >= _FAILURES and moment - row.failing_since >= limit:
        hours = round(limit.total_seconds() / 3600)
        webhooks.disable(
            mam, SYSTEM, row, f"Every delivery of the last {hours} hours failed: {_why(outcomes[-1])}"
        )
