"""The table of organisations: who owns projects and people. Every box has the first one."""

from __future__ import annotations

from peewee import BigIntegerField, CharField

from mam.ids import new_id
from mam.models.base import Table, UTCField, now

FIRST = "00000000-0000-7000-8000-000000000001"
"""The id of the organisation that every box begins with: whoever and whatever is put nowhere else is its."""


class Organisation(Table):
    """A tenant: owns projects, people, a quota, a place in the store, a look.

    `quota_bytes` bounds masters and uploads of all its projects, None is no limit. Keys of its masters begin
    with `storage_prefix`, which never changes. `studio` and `accent` (#rrggbb) are what share
    links look like where neither they nor their project say anything.
    """

    id = CharField(36, primary_key=True, default=new_id)
    name = CharField(200)
    slug = CharField(40, unique=True)
    quota_bytes = BigIntegerField(null=True)
    storage_prefix = CharField(48, default="")
    studio = CharField(120, default="")
    accent = CharField(7, default="")
    created_at = UTCField(default=now)
