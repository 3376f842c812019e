"""What automatic QC found in a version's master, as markers on its frames."""

from peewee import *
from mam.models.base import JSONField
from mam.models.base import UTCField


def up(migrator, db):
    class Version(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "version"

    class Analysis(Model):
        version = ForeignKeyField(Version, primary_key=True, on_delete="CASCADE")
        status = CharField(max_length=16)
        error_code = CharField(null=True, max_length=64)
        error_detail = TextField(null=True)
        loudness = JSONField(default=list)
        interlace = JSONField(null=True)
        markers = JSONField(default=list)
        made_at = UTCField()

        class Meta:
            database = db
            table_name = "analysis"

    db.create_tables([Analysis])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("analysis"))
