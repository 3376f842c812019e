"""Tables of fixity: the copies of masters in second stores, and how far the scrub is."""

from __future__ import annotations

from peewee import BigIntegerField, CharField, FloatField, IntegerField, TextField

from mam.ids import new_id
from mam.models.base import Table, UTCField, now


class MasterCopy(Table):
    """One master's copy in one second store. `state`: waiting (not made yet), good or damaged.

    `copy_key` and `copy_version` are where it lies there. `checked_at` is when it was last read and
    `verified_at` when it was last found sound; `error` is what was wrong or what it waits for.
    """

    id = CharField(36, primary_key=True, default=new_id)
    store = CharField(64)
    master_key = CharField(200)
    copy_key = CharField(200, null=True)
    copy_version = CharField(200, null=True)
    size = BigIntegerField()
    state = CharField(16, default="waiting")
    error = TextField(null=True)
    created_at = UTCField(default=now)
    checked_at = UTCField(null=True)
    verified_at = UTCField(null=True)

    class Meta:
        """A master once a store; the scrub asks for those checked longest ago."""

        indexes = (
            (("store", "master_key"), True),
            (("master_key",), False),
            (("state", "checked_at"), False),
        )


class Scrub(Table):
    """The one scrub of the box, row 1: who does it now, and how the pass goes. Sizes in bytes.

    A `holder` whose lease ran out is dead. `done`, `bytes` and `bad` count since `pass_started_at`; `rate` is
    the bytes a second measured over the last master, `current` what is being read.
    """

    id = IntegerField(primary_key=True, default=1)
    holder = CharField(36, null=True)
    lease_until = UTCField(null=True)
    pass_started_at = UTCField(null=True)
    pass_finished_at = UTCField(null=True)
    current = TextField(default="")
    done = IntegerField(default=0)
    bytes = BigIntegerField(default=0)
    bad = IntegerField(default=0)
    rate = FloatField(default=0)
