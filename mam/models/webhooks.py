"""Tables of what is told to the outside: the events, webhooks, their deliveries and attempts."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from mam.ids import new_id
from mam.models.base import JSONField, Table, UTCField, now
from mam.models.library import Project
from mam.models.people import User


class Event(Table):
    """Something that happened, written in the transaction of what it tells of.

    `seq` grows in the order of the commits without overtaking, so whoever has read up to one has missed none.
    `body` is the JSON text that is told. `right` is what a listener needs in the project; `webhook_id` is set
    of what goes to one webhook only.
    """

    seq = BigIntegerField(primary_key=True)
    id = CharField(36, unique=True)
    type = CharField(64)
    at = UTCField(index=True)
    project_id = CharField(36, null=True)
    right = CharField(32)
    webhook_id = CharField(36, null=True)
    body = TextField()

    class Meta:
        """A project's events are read in their order."""

        indexes = ((("project_id", "seq"), False),)


class Webhook(Table):
    """Where events are sent to. Its secret is in no table: it is made of a key, `id` and `generation`.

    Of a project, or of the box where there is none. `failing_since` and `failures` begin again with each
    success; `disabled_at` is when the box switched it off.
    """

    id = CharField(36, primary_key=True, default=new_id)
    project = ForeignKeyField(Project, null=True, backref="webhooks", on_delete="CASCADE")
    project_id: str | None
    url = CharField(2000)
    description = CharField(200, default="")
    events = JSONField(default=list)
    active = BooleanField(default=True)
    created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_by_id: str | None
    created_at = UTCField(default=now)
    updated_at = UTCField(default=now)
    key_id = CharField(32)
    generation = IntegerField(default=1)
    previous_until = UTCField(null=True)
    failures = IntegerField(default=0)
    failing_since = UTCField(null=True)
    last_success_at = UTCField(null=True)
    disabled_at = UTCField(null=True)
    disabled_reason = TextField(default="")


class WebhookDelivery(Table):
    """One event on its way to one webhook. `state`: waiting, sending, delivered, dead or cancelled.

    While it is sent, `lease_token` fences the result and `lease_until` says when another worker may try.
    """

    id = CharField(36, primary_key=True, default=new_id)
    webhook = ForeignKeyField(Webhook, backref="deliveries", on_delete="CASCADE")
    webhook_id: str
    event = ForeignKeyField(Event, on_delete="CASCADE")
    event_id: int
    state = CharField(16, default="waiting")
    attempts = IntegerField(default=0)
    tries = IntegerField(default=0)
    due_at = UTCField(default=now)
    lease_token = CharField(36, null=True)
    lease_until = UTCField(null=True)
    created_at = UTCField(default=now)
    finished_at = UTCField(null=True)
    status = IntegerField(null=True)
    error = CharField(300, default="")

    class Meta:
        """Workers ask by webhook, state and time; people page by id."""

        indexes = (
            (("webhook", "state", "due_at"), False),
            (("state", "due_at"), False),
            (("webhook", "id"), False),
        )


class WebhookAttempt(Table):
    """One attempt: what the receiver answered, how long it took, the first bytes of it."""

    id = CharField(36, primary_key=True, default=new_id)
    delivery = ForeignKeyField(WebhookDelivery, backref="log", on_delete="CASCADE")
    delivery_id: str
    number = IntegerField()
    at = UTCField(default=now)
    status = IntegerField(null=True)
    milliseconds = IntegerField(default=0)
    answer = TextField(default="")
    error = CharField(300, default="")


class WebhookHead(Table):
    """How far the events were handed out, one row: whoever hands out holds it until the commit."""

    id = IntegerField(primary_key=True, default=1)
    seq = BigIntegerField(default=0)
