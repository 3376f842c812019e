"""Tables of batches: one operation on many things, done by one job, with an answer for each of them."""

from __future__ import annotations

from peewee import AutoField, BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from mam.ids import new_id
from mam.models.base import JSONField, Table, UTCField, now
from mam.models.people import User


class Batch(Table):
    """One operation on many things. `state`: queued, running, done or cancelled.

    `done` and `failed` count the items that have an answer. `key_id` is the API key that asked, `job_id` the
    job that does it; `address` and `request_id` are for the audit entries of its items. `undone_by` is
    the batch that takes this one back.
    """

    id = CharField(36, primary_key=True, default=new_id)
    user = ForeignKeyField(User, on_delete="CASCADE")
    user_id: str
    key_id = CharField(36, null=True)
    operation = CharField(16)
    options = JSONField(default=dict)
    state = CharField(16, default="queued")
    total = IntegerField()
    done = IntegerField(default=0)
    failed = IntegerField(default=0)
    job_id = CharField(36, index=True)
    address = CharField(64, default="")
    request_id = CharField(64, default="")
    error_code = CharField(64, null=True)
    error_detail = TextField(null=True)
    undone_by = CharField(36, null=True)
    created_at = UTCField(default=now)
    started_at = UTCField(null=True)
    finished_at = UTCField(null=True, index=True)

    class Meta:
        """People page through their own."""

        indexes = ((("user", "id"), False),)


class BatchItem(Table):
    """One thing of a batch, by its place from 0. `state`: waiting, done, failed or cancelled.

    `target` is the asset or version that was named, `given` what was sent with it. `result_id` is what came
    of it: the asset, or the job of a transcode; `project_id` is where that lies. `back` are the fields with
    which the inverse operation takes it back, null where nothing changed.
    """

    id = AutoField()
    batch = ForeignKeyField(Batch, on_delete="CASCADE", index=False)
    batch_id: str
    place = IntegerField()
    target = CharField(36, null=True)
    given = JSONField(default=dict)
    state = CharField(16, default="waiting")
    changed = BooleanField(default=False)
    result_id = CharField(36, null=True)
    project_id = CharField(36, null=True)
    error_code = CharField(64, null=True)
    error_detail = TextField(null=True)
    back = JSONField(null=True)

    class Meta:
        """The worker takes the next that waits, people page by place."""

        indexes = ((("batch", "place"), True), (("batch", "state", "place"), False))
