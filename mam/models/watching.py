"""The table of watch folders: every file that was seen there, and what became of it."""

from __future__ import annotations

from peewee import BigIntegerField, CharField, IntegerField, TextField

from mam.ids import new_id
from mam.models.base import Table, UTCField, now


class WatchedFile(Table):
    """One file of a watch folder. `state`: waiting, taking, done or failed.

    `size` and `modified` (nanoseconds) are as seen last, `changed_at` is when they last were others. A file
    that changes after it was taken in waits again, and becomes the next version of its asset.
    """

    id = CharField(36, primary_key=True, default=new_id)
    folder = CharField(1000)
    path = CharField(2000)
    size = BigIntegerField()
    modified = BigIntegerField()
    changed_at = UTCField(default=now)
    state = CharField(16, default="waiting")
    asset_id = CharField(36, null=True)
    version_id = CharField(36, null=True)
    tries = IntegerField(default=0)
    try_after = UTCField(null=True)
    error_code = CharField(64, null=True)
    error_detail = TextField(null=True)

    class Meta:
        """A path once in a folder."""

        indexes = ((("folder", "path"), True), (("state",), False))
