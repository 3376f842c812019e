"""Passkeys, and the challenges that they sign."""

from peewee import *
from mam.models.base import UTCField


def up(migrator, db):
    class User(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "user"

    class Passkey(Model):
        id = CharField(primary_key=True, max_length=36)
        user = ForeignKeyField(User, on_delete="CASCADE")
        name = CharField(max_length=200)
        credential = CharField(max_length=1024, unique=True)
        public_key = TextField()
        sign_count = BigIntegerField(default=0)
        created_at = UTCField()
        last_used_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "passkey"

    class Challenge(Model):
        value = CharField(primary_key=True, max_length=64)
        user_id = CharField(max_length=36, null=True)
        expires_at = UTCField(index=True)

        class Meta:
            database = db
            table_name = "challenge"

    db.create_tables([Passkey, Challenge])
