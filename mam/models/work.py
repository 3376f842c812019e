"""Tables of work and trace: jobs with their leases, and the audit log with its head."""

from __future__ import annotations

from peewee import AutoField, BigIntegerField, CharField, FloatField, IntegerField, TextField

from mam.ids import new_id
from mam.models.base import JSONField, Table, UTCField, now


class Job(Table):
    """A piece of work. `state`: queued, running, done, dead or cancelled.

    While running, `lease_token` fences every write of a result and `lease_until` says when the sweep may
    give the job to another. `attempts` counts starts, also those whose worker was killed. Of what is due, the
    higher `priority` goes first; `parent_id` is the job that a piece of a film belongs to.
    """

    id = CharField(36, primary_key=True, default=new_id)
    kind = CharField(64)
    queue = CharField(32, default="default")
    version_id = CharField(36, null=True, index=True)
    project_id = CharField(36, null=True)
    payload = JSONField(default=dict)
    state = CharField(16, default="queued")
    attempts = IntegerField(default=0)
    max_attempts = IntegerField(default=3)
    lease_token = CharField(36, null=True)
    lease_until = UTCField(null=True)
    worker = CharField(200, default="")
    run_after = UTCField(default=now)
    sent_at = UTCField(null=True)
    percent = FloatField(default=0)
    priority = IntegerField(default=0)
    parent_id = CharField(36, null=True, index=True)
    error_code = CharField(64, null=True)
    error_detail = TextField(null=True)
    created_at = UTCField(default=now)
    started_at = UTCField(null=True)
    finished_at = UTCField(null=True)

    class Meta:
        """The sweep asks by state and time."""

        indexes = ((("state", "run_after"), False), (("state", "lease_until"), False))


class WorkerBeat(Table):
    """A worker process that is alive: health counts those seen lately."""

    id = CharField(200, primary_key=True)
    seen_at = UTCField(default=now)
    info = JSONField(default=dict)


class AuditEntry(Table):
    """Who did what, to what, from where, when.

    `seq` counts from 1 without a gap; `prev` is the hash of the entry before, `hash` that of this one with
    all its fields (`mam.services.audit_chain`).
    """

    seq = AutoField()
    at = UTCField(default=now)
    action = CharField(64, index=True)
    actor_id = CharField(36, null=True)
    actor_name = CharField(254, default="")
    subject_kind = CharField(32, default="")
    subject_id = CharField(64, null=True, index=True)
    project_id = CharField(36, null=True)
    address = CharField(64, default="")
    request_id = CharField(64, default="")
    data = JSONField(default=dict)
    bytes = BigIntegerField(null=True)
    prev = CharField(64, default="")
    hash = CharField(64, default="")


class AuditHead(Table):
    """The end of the audit chain, one row: whoever appends holds it until the commit.

    `signature` is of `seq` and `hash` by the box's key; `anchored_seq` was written into a locked object.
    """

    id = IntegerField(primary_key=True, default=1)
    seq = IntegerField(default=0)
    hash = CharField(64, default="")
    key_id = CharField(32, default="")
    signature = CharField(128, default="")
    anchored_seq = IntegerField(default=0)
    anchored_at = UTCField(default=now)


class IdempotencyKey(Table):
    """The answer that a creating call gave, by a hash of caller, path and key; a repeat gets it again."""

    id = CharField(64, primary_key=True)
    body_hash = CharField(64)
    status = IntegerField()
    answer = TextField()
    created_at = UTCField(default=now, index=True)
