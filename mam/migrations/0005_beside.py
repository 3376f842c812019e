"""What stands beside a version's ladder: caption files that people add, and proxies to edit with."""

from peewee import *
from mam.models.base import UTCField


def up(migrator, db):
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

    class Sidecar(Model):
        id = CharField(primary_key=True, max_length=36)
        version = ForeignKeyField(Version, on_delete="CASCADE")
        filename = CharField(max_length=1024, default="")
        format = CharField(max_length=16)
        language = CharField(max_length=35, default="")
        label = CharField(max_length=80, default="")
        forced = BooleanField(default=False)
        cues = IntegerField()
        created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "sidecar"

    db.create_tables([Sidecar])

    class Proxy(Model):
        id = CharField(primary_key=True, max_length=36)
        version = ForeignKeyField(Version, on_delete="CASCADE")
        recipe = CharField(max_length=32)
        status = CharField(max_length=16, default="queued")
        percent = FloatField(default=0)
        filename = CharField(max_length=1024)
        content_type = CharField(max_length=255)
        size = BigIntegerField(null=True)
        job_id = CharField(null=True, max_length=36)
        error_code = CharField(null=True, max_length=64)
        error_detail = TextField(null=True)
        created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        created_at = UTCField()
        finished_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "proxy"
            indexes = ((("version", "recipe"), True),)

    db.create_tables([Proxy])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("proxy"))
    migrator.migrate(migrator.drop_table("sidecar"))
