"""Invitations by link."""

from peewee import *
from mam.models.base import JSONField
from mam.models.base import UTCField


def up(migrator, db):
    class User(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "user"

    class Invitation(Model):
        id = CharField(primary_key=True, max_length=36)
        token_hash = CharField(max_length=64, unique=True)
        email = CharField(max_length=254, default="")
        roles = JSONField(default=list)
        places = JSONField(default=dict)
        created_by = ForeignKeyField(User, on_delete="CASCADE")
        created_at = UTCField()
        expires_at = UTCField()
        revoked_at = UTCField(null=True)
        used_at = UTCField(null=True)
        used_by_id = CharField(max_length=36, null=True)

        class Meta:
            database = db
            table_name = "invitation"

    db.create_tables([Invitation])
