"""API keys, second factors with recovery codes; when a session last proved whose it is."""

from peewee import *
from mam.models.base import JSONField
from mam.models.base import UTCField


def up(migrator, db):
    class User(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "user"

    class Project(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "project"

    class ApiKey(Model):
        id = CharField(primary_key=True, max_length=36)
        user = ForeignKeyField(User, on_delete="CASCADE")
        name = CharField(max_length=200)
        prefix = CharField(max_length=16, unique=True)
        secret_hash = CharField(max_length=64)
        scopes = JSONField(default=list)
        project = ForeignKeyField(Project, null=True, on_delete="CASCADE")
        created_at = UTCField()
        expires_at = UTCField()
        last_used_at = UTCField(null=True)
        last_address = CharField(max_length=64, default="")
        revoked_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "api_key"
            indexes = ((("user", "id"), False),)

    class SecondFactor(Model):
        user = ForeignKeyField(User, primary_key=True, on_delete="CASCADE")
        sealed = TextField()
        last_step = BigIntegerField(default=0)
        created_at = UTCField()
        confirmed_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "second_factor"

    class RecoveryCode(Model):
        id = CharField(primary_key=True, max_length=36)
        user = ForeignKeyField(User, on_delete="CASCADE")
        code_hash = CharField(max_length=64)
        used_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "recovery_code"
            indexes = ((("user", "code_hash"), True),)

    db.create_tables([ApiKey, SecondFactor, RecoveryCode])
    migrator.migrate(
        migrator.add_column("session", "proved_at", UTCField(null=True)),
        migrator.add_column("session", "unfamiliar", BooleanField(default=False)),
    )
