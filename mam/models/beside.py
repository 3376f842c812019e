"""Tables of what people have made beside a version's ladder: caption files they add, proxies to edit with."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    FloatField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from mam.ids import new_id
from mam.models.base import Table, UTCField, now
from mam.models.library import Version
from mam.models.people import User


class Sidecar(Table):
    """A caption file that somebody added to a version; its WebVTT lies in the previews area."""

    id = CharField(36, primary_key=True, default=new_id)
    version = ForeignKeyField(Version, backref="sidecars", on_delete="CASCADE")
    version_id: str
    filename = CharField(1024, default="")
    format = CharField(16)
    language = CharField(35, default="")
    label = CharField(80, default="")
    forced = BooleanField(default=False)
    cues = IntegerField()
    created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_by_id: str | None
    created_at = UTCField(default=now)


class Proxy(Table):
    """A proxy of a version, made on request. `status`: queued, processing, ready or failed; `size` in bytes.

    `job_id` is the job that makes it; a result of another one is not taken.
    """

    id = CharField(36, primary_key=True, default=new_id)
    version = ForeignKeyField(Version, backref="proxies", on_delete="CASCADE")
    version_id: str
    recipe = CharField(32)
    status = CharField(16, default="queued")
    percent = FloatField(default=0)
    filename = CharField(1024)
    content_type = CharField(255)
    size = BigIntegerField(null=True)
    job_id = CharField(36, null=True)
    error_code = CharField(64, null=True)
    error_detail = TextField(null=True)
    created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_by_id: str | None
    created_at = UTCField(default=now)
    finished_at = UTCField(null=True)

    class Meta:
        """One of each recipe."""

        indexes = ((("version", "recipe"), True),)
