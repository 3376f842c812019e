"""Events that are told to the outside, webhooks, their deliveries and attempts."""

from peewee import *
from mam.models.base import JSONField
from mam.models.base import UTCField


def up(migrator, db):
    class Project(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "project"

    class User(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "user"

    class Event(Model):
        seq = BigIntegerField(primary_key=True)
        id = CharField(max_length=36, unique=True)
        type = CharField(max_length=64)
        at = UTCField(index=True)
        project_id = CharField(max_length=36, null=True)
        right = CharField(max_length=32)
        webhook_id = CharField(max_length=36, null=True)
        body = TextField()

        class Meta:
            database = db
            table_name = "event"
            indexes = ((("project_id", "seq"), False),)

    class Webhook(Model):
        id = CharField(primary_key=True, max_length=36)
        project = ForeignKeyField(Project, null=True, on_delete="CASCADE")
        url = CharField(max_length=2000)
        description = CharField(max_length=200, default="")
        events = JSONField(default=list)
        active = BooleanField(default=True)
        created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        created_at = UTCField()
        updated_at = UTCField()
        key_id = CharField(max_length=32)
        generation = IntegerField(default=1)
        previous_until = UTCField(null=True)
        failures = IntegerField(default=0)
        failing_since = UTCField(null=True)
        last_success_at = UTCField(null=True)
        disabled_at = UTCField(null=True)
        disabled_reason = TextField(default="")

        class Meta:
            database = db
            table_name = "webhook"

    class WebhookDelivery(Model):
        id = CharField(primary_key=True, max_length=36)
        webhook = ForeignKeyField(Webhook, on_delete="CASCADE")
        event = ForeignKeyField(Event, on_delete="CASCADE")
        state = CharField(max_length=16, default="waiting")
        attempts = IntegerField(default=0)
        tries = IntegerField(default=0)
        due_at = UTCField()
        lease_token = CharField(max_length=36, null=True)
        lease_until = UTCField(null=True)
        created_at = UTCField()
        finished_at = UTCField(null=True)
        status = IntegerField(null=True)
        error = CharField(max_length=300, default="")

        class Meta:
            database = db
            table_name = "webhook_delivery"
            indexes = (
                (("webhook", "state", "due_at"), False),
                (("state", "due_at"), False),
                (("webhook", "id"), False),
            )

    class WebhookAttempt(Model):
        id = CharField(primary_key=True, max_length=36)
        delivery = ForeignKeyField(WebhookDelivery, on_delete="CASCADE")
        number = IntegerField()
        at = UTCField()
        status = IntegerField(null=True)
        milliseconds = IntegerField(default=0)
        answer = TextField(default="")
        error = CharField(max_length=300, default="")

        class Meta:
            database = db
            table_name = "webhook_attempt"

    class WebhookHead(Model):
        id = IntegerField(primary_key=True, default=1)
        seq = BigIntegerField(default=0)

        class Meta:
            database = db
            table_name = "webhook_head"

    db.create_tables([Event, Webhook, WebhookDelivery, WebhookAttempt, WebhookHead])
    WebhookHead.insert(id=1, seq=0).execute()
