"""Fixity: copies of masters in second stores, the scrub's progress, when a master was last looked at."""

from peewee import *
from mam.models.base import UTCField


def up(migrator, db):
    class MasterCopy(Model):
        id = CharField(primary_key=True, max_length=36)
        store = CharField(max_length=64)
        master_key = CharField(max_length=200)
        copy_key = CharField(max_length=200, null=True)
        copy_version = CharField(max_length=200, null=True)
        size = BigIntegerField()
        state = CharField(max_length=16, default="waiting")
        error = TextField(null=True)
        created_at = UTCField()
        checked_at = UTCField(null=True)
        verified_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "master_copy"
            indexes = (
                (("store", "master_key"), True),
                (("master_key",), False),
                (("state", "checked_at"), False),
            )

    class Scrub(Model):
        id = IntegerField(primary_key=True)
        holder = CharField(max_length=36, null=True)
        lease_until = UTCField(null=True)
        pass_started_at = UTCField(null=True)
        pass_finished_at = UTCField(null=True)
        current = TextField(default="")
        done = IntegerField(default=0)
        bytes = BigIntegerField(default=0)
        bad = IntegerField(default=0)
        rate = FloatField(default=0)

        class Meta:
            database = db
            table_name = "scrub"

    db.create_tables([MasterCopy, Scrub])
    migrator.migrate(
        migrator.add_column("version", "checked_at", UTCField(null=True)),
        migrator.add_column("version", "damage", TextField(null=True)),
        migrator.add_index("version", ("master_key",), False),
        migrator.add_index("version", ("damage",), False),
    )
