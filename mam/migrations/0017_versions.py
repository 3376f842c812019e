"""Versions: a label, taken out of the stack, stacked from another asset; notes carried from an earlier one."""

from peewee import *
from mam.models.base import UTCField


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("version", "label", CharField(max_length=200, default="")),
        migrator.add_column("version", "removed_at", UTCField(null=True)),
        migrator.add_column("version", "stacked_from", CharField(max_length=36, null=True)),
        migrator.add_column("version", "stacked_number", IntegerField(null=True)),
    )

    class User(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "user"

    class Version(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "version"

    class Comment(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "comment"

    class CarriedNote(Model):
        comment = ForeignKeyField(Comment, primary_key=True, on_delete="CASCADE")
        version = ForeignKeyField(Version, on_delete="CASCADE")
        root = CharField(max_length=36)
        from_version = CharField(max_length=36)
        from_number = IntegerField()
        frame = BigIntegerField(null=True)
        frame_out = BigIntegerField(null=True)
        timecode = CharField(max_length=16, null=True)
        timecode_out = CharField(max_length=16, null=True)
        carried_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        carried_at = UTCField()

        class Meta:
            database = db
            table_name = "carried_note"
            indexes = ((("version", "root"), True),)

    db.create_tables([CarriedNote])
