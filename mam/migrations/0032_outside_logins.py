"""Who logs in elsewhere, and browsers on their way there."""

from peewee import *
from mam.models.base import UTCField


def up(migrator, db):
    class User(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "user"

    class OutsideLogin(Model):
        id = CharField(primary_key=True, max_length=36)
        user = ForeignKeyField(User, on_delete="CASCADE")
        authenticator = CharField(max_length=64)
        issuer = CharField(max_length=500)
        subject = CharField(max_length=255)
        kept = TextField(default="")
        created_at = UTCField()
        checked_at = UTCField(index=True)
        locked_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "outside_login"
            indexes = ((("issuer", "subject"), True), (("user", "issuer"), True))

    class LoginTrip(Model):
        state_hash = CharField(primary_key=True, max_length=64)
        browser_hash = CharField(max_length=64)
        way = CharField(max_length=64)
        memory = TextField()
        following = TextField()
        expires_at = UTCField(index=True)

        class Meta:
            database = db
            table_name = "login_trip"

    db.create_tables([OutsideLogin, LoginTrip])
