"""Notifications are about a note, a review that is asked for, or a decision: each names its version."""

from peewee import *
from mam.models.base import UTCField

OLD = "notification_before_0024"


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

    class Comment(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "comment"

    class Decision(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "decision"

    class Notification(Model):
        id = CharField(primary_key=True, max_length=36)
        user = ForeignKeyField(User, on_delete="CASCADE")
        version = ForeignKeyField(Version, on_delete="CASCADE")
        comment = ForeignKeyField(Comment, null=True, on_delete="CASCADE")
        decision = ForeignKeyField(Decision, null=True, on_delete="CASCADE")
        kind = CharField(max_length=16)
        created_at = UTCField()
        read_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "notification"
            indexes = (
                (("user", "comment"), True),
                (("user", "decision"), True),
                (("user", "version", "kind"), False),
                (("user", "id"), False),
            )

    # What was told already is kept: the table is made anew around it, for SQLite changes no column in place.
    db.execute_sql(f"CREATE TABLE {OLD} AS SELECT * FROM notification")
    db.drop_tables([Notification])
    db.create_tables([Notification])
    db.execute_sql(
        "INSERT INTO notification (id, user_id, version_id, comment_id, kind, created_at, read_at) "
        "SELECT o.id, o.user_id, c.version_id, o.comment_id, o.kind, o.created_at, o.read_at "
        f"FROM {OLD} o JOIN comment c ON c.id = o.comment_id"
    )
    db.execute_sql(f"DROP TABLE {OLD}")
