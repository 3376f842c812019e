"""Watch folders: the files seen there; masters that stay where they are."""

from peewee import *
from mam.models.base import UTCField


def up(migrator, db):
    class WatchedFile(Model):
        id = CharField(primary_key=True, max_length=36)
        folder = CharField(max_length=1000)
        path = CharField(max_length=2000)
        size = BigIntegerField()
        modified = BigIntegerField()
        changed_at = UTCField()
        state = CharField(max_length=16, default="waiting")
        asset_id = CharField(max_length=36, null=True)
        version_id = CharField(max_length=36, null=True)
        tries = IntegerField(default=0)
        try_after = UTCField(null=True)
        error_code = CharField(max_length=64, null=True)
        error_detail = TextField(null=True)

        class Meta:
            database = db
            table_name = "watched_file"
            indexes = ((("folder", "path"), True), (("state",), False))

    db.create_tables([WatchedFile])
    migrator.migrate(migrator.add_column("version", "in_place", TextField(null=True)))
