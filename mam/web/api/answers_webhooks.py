"""What the calls about webhooks and events answer: models for the OpenAPI document, held to by a test."""

from __future__ import annotations

from typing import Any, Literal

from mam.web.api.answers import Answer


class Webhook(Answer):
    """A webhook. `status`: ok, failing, off, or disabled by the box itself for `disabled_reason`."""

    id: str
    project_id: str | None
    url: str
    description: str
    events: list[str]
    active: bool
    status: Literal["ok", "failing", "off", "disabled"]
    failures: int
    failing_since: str | None
    last_success_at: str | None
    disabled_at: str | None
    disabled_reason: str
    previous_secret_until: str | None
    created_by: str | None
    created_at: str
    updated_at: str


class NewWebhook(Webhook):
    """A webhook with its secret, `whsec_…`, which is answered this once."""

    secret: str


class Attempt(Answer):
    """One attempt: the answer's status and first characters, or why there was none."""

    number: int
    at: str
    status: int | None
    milliseconds: int
    answer: str
    error: str | None


class Delivery(Answer):
    """One event on its way to one webhook; `event_id` is the header `webhook-id` of each attempt."""

    id: str
    webhook_id: str
    event_id: str
    type: str
    state: Literal["waiting", "sending", "delivered", "dead", "cancelled"]
    attempts: int
    status: int | None
    error: str | None
    created_at: str
    next_attempt_at: str | None
    finished_at: str | None
    last_attempt: Attempt | None


class EventBody(Answer):
    """An event as it is sent; `data` says where it happened, who did it, and holds the type's fields."""

    id: str
    type: str
    timestamp: str
    data: dict[str, Any]


class DeliveryDetail(Delivery):
    """A delivery with what is sent, and every attempt."""

    payload: EventBody
    log: list[Attempt]


class Resent(Answer):
    """How many deliveries go out again."""

    count: int


class Pinged(Answer):
    """The id of the test event."""

    event_id: str


class EventTypeRow(Answer):
    """A type of event, and the right in the project that hearing it takes."""

    name: str
    description: str
    right: str
    fields: list[str]
