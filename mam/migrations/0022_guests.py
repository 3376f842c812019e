"""Guests who are known to their notes and decisions, their reactions, and how a link's pages look."""

from peewee import *
from mam.models.base import UTCField


def up(migrator, db):
    class Comment(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "comment"

    class Share(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "share"

    class ShareGuest(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "share_guest"

    class ShareLogo(Model):
        share = ForeignKeyField(Share, primary_key=True, on_delete="CASCADE")
        digest = CharField(max_length=16)
        data = BlobField()

        class Meta:
            database = db
            table_name = "share_logo"

    class GuestReaction(Model):
        comment = ForeignKeyField(Comment, on_delete="CASCADE")
        guest = ForeignKeyField(ShareGuest, on_delete="CASCADE")
        name = CharField(max_length=16)
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "guest_reaction"
            primary_key = CompositeKey("comment", "guest", "name")

    migrator.migrate(
        migrator.add_column("comment", "guest", CharField(max_length=36, null=True)),
        migrator.add_column("decision", "guest", CharField(max_length=36, null=True)),
        migrator.add_column("share", "allow_decide", BooleanField(default=False)),
        migrator.add_column("share", "decision_required", BooleanField(default=False)),
        migrator.add_column("share", "accent", CharField(max_length=7, default="")),
    )
    db.create_tables([ShareLogo, GuestReaction])
