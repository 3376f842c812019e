"""Table of what automatic QC found in a version's master."""

from __future__ import annotations

from peewee import CharField, ForeignKeyField, TextField

from mam.models.base import JSONField, Table, UTCField, now
from mam.models.library import Version


class Analysis(Table):
    """The last analysis of a version. `status` is ready or failed; `markers` are shapes by time.

    What was found stays when a later analysis fails.
    """

    version = ForeignKeyField(Version, primary_key=True, on_delete="CASCADE")
    version_id: str
    status = CharField(16)
    error_code = CharField(64, null=True)
    error_detail = TextField(null=True)
    loudness = JSONField(default=list)
    interlace = JSONField(null=True)
    markers = JSONField(default=list)
    made_at = UTCField(default=now)
