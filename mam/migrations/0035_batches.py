"""One operation on many things, and the answer for each of them."""

from peewee import *
from mam.models.base import JSONField
from mam.models.base import UTCField


def up(migrator, db):
    class User(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "user"

    class Batch(Model):
        id = CharField(primary_key=True, max_length=36)
        user = ForeignKeyField(User, on_delete="CASCADE")
        key_id = CharField(max_length=36, null=True)
        operation = CharField(max_length=16)
        options = JSONField(default=dict)
        state = CharField(max_length=16, default="queued")
        total = IntegerField()
        done = IntegerField(default=0)
        failed = IntegerField(default=0)
        job_id = CharField(max_length=36, index=True)
        address = CharField(max_length=64, default="")
        request_id = CharField(max_length=64, default="")
        error_code = CharField(max_length=64, null=True)
        error_detail = TextField(null=True)
        created_at = UTCField()
        started_at = UTCField(null=True)
        finished_at = UTCField(null=True, index=True)

        class Meta:
            database = db
            table_name = "batch"
            indexes = ((("user", "id"), False),)

    class BatchItem(Model):
        id = AutoField()
        batch = ForeignKeyField(Batch, index=False, on_delete="CASCADE")
        place = IntegerField()
        target = CharField(max_length=36, null=True)
        given = JSONField(default=dict)
        state = CharField(max_length=16, default="waiting")
        changed = BooleanField(default=False)
        result_id = CharField(max_length=36, null=True)
        project_id = CharField(max_length=36, null=True)
        error_code = CharField(max_length=64, null=True)
        error_detail = TextField(null=True)

        class Meta:
            database = db
            table_name = "batch_item"
            indexes = ((("batch", "place"), True), (("batch", "state", "place"), False))

    db.create_tables([Batch, BatchItem])
