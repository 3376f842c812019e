"""Notes: guests who wrote them, mentions, earlier words, reactions, files, notifications."""

from peewee import *
from mam.models.base import UTCField


def up(migrator, db):
    class User(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "user"

    class Comment(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "comment"

    class CommentMention(Model):
        comment = ForeignKeyField(Comment, on_delete="CASCADE")
        user = ForeignKeyField(User, on_delete="CASCADE")

        class Meta:
            database = db
            table_name = "comment_mention"
            primary_key = CompositeKey("comment", "user")

    class CommentEdit(Model):
        id = CharField(primary_key=True, max_length=36)
        comment = ForeignKeyField(Comment, on_delete="CASCADE")
        user = ForeignKeyField(User, null=True, on_delete="SET NULL")
        body = TextField()
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "comment_edit"
            indexes = ((("comment", "id"), False),)

    class CommentReaction(Model):
        comment = ForeignKeyField(Comment, on_delete="CASCADE")
        user = ForeignKeyField(User, on_delete="CASCADE")
        name = CharField(max_length=16)
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "comment_reaction"
            primary_key = CompositeKey("comment", "user", "name")

    class CommentFile(Model):
        id = CharField(primary_key=True, max_length=36)
        comment = ForeignKeyField(Comment, on_delete="CASCADE")
        version_id = CharField(max_length=36)
        filename = CharField(max_length=1024)
        content_type = CharField(max_length=255)
        size = BigIntegerField()
        sha256 = CharField(max_length=64)
        created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "comment_file"
            indexes = ((("version_id",), False),)

    class Notification(Model):
        id = CharField(primary_key=True, max_length=36)
        user = ForeignKeyField(User, on_delete="CASCADE")
        comment = ForeignKeyField(Comment, on_delete="CASCADE")
        kind = CharField(max_length=16)
        created_at = UTCField()
        read_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "notification"
            indexes = ((("user", "comment"), True), (("user", "id"), False))

    db.create_tables([CommentMention, CommentEdit, CommentReaction, CommentFile, Notification])
    migrator.migrate(
        migrator.add_column("comment", "guest_name", TextField(null=True)),
        migrator.add_column("comment", "share", TextField(null=True)),
    )
