"""Notes: when they were last edited; found by version and place."""

from peewee import *
from mam.models.base import UTCField


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("comment", "edited_at", UTCField(null=True)),
        migrator.add_index("comment", ("version_id", "frame", "id"), False),
    )
