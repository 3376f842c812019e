"""Tables of versions in a stack: the notes that were carried from an earlier one."""

from __future__ import annotations

from peewee import BigIntegerField, CharField, ForeignKeyField, IntegerField

from mam.models.base import Table, UTCField, now
from mam.models.library import Comment, Version
from mam.models.people import User


class CarriedNote(Table):
    """A note that is a copy of one on an earlier version.

    `root` is the note that was written first, however often it was carried since; `from_version`,
    `from_number`, `frame`, `frame_out`, `timecode` and `timecode_out` are where the one copied stood.
    """

    comment = ForeignKeyField(Comment, primary_key=True, backref="carried", on_delete="CASCADE")
    comment_id: str
    version = ForeignKeyField(Version, backref="carried_notes", on_delete="CASCADE")
    version_id: str
    root = CharField(36)
    from_version = CharField(36)
    from_number = IntegerField()
    frame = BigIntegerField(null=True)
    frame_out = BigIntegerField(null=True)
    timecode = CharField(16, null=True)
    timecode_out = CharField(16, null=True)
    carried_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    carried_by_id: str | None
    carried_at = UTCField(default=now)

    class Meta:
        """A note is on a version once."""

        indexes = ((("version", "root"), True),)
