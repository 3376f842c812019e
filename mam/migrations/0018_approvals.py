"""Approvals: review requests, reviewers, decisions, a project's defaults; a version's state by its rule."""

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

    class ReviewRequest(Model):
        id = CharField(primary_key=True, max_length=36)
        version = ForeignKeyField(Version, unique=True, on_delete="CASCADE")
        rule = CharField(max_length=12)
        steps = JSONField(default=list)
        due_at = UTCField(null=True)
        created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        created_at = UTCField()
        updated_at = UTCField()
        withdrawn_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "review_request"

    class Reviewer(Model):
        id = CharField(primary_key=True, max_length=36)
        request = ForeignKeyField(ReviewRequest, on_delete="CASCADE")
        user = ForeignKeyField(User, on_delete="CASCADE")
        step = IntegerField(default=1)
        place = IntegerField(default=0)
        required = BooleanField(default=False)
        state = CharField(max_length=20, default="later")
        dropped_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "reviewer"
            indexes = ((("request", "user"), True), (("user", "state"), False))

    class Decision(Model):
        id = CharField(primary_key=True, max_length=36)
        version = ForeignKeyField(Version, on_delete="CASCADE")
        user = ForeignKeyField(User, null=True, on_delete="SET NULL")
        guest_name = CharField(max_length=200, null=True)
        share = CharField(max_length=36, null=True)
        decision = CharField(max_length=20)
        note = TextField(default="")
        step = IntegerField(null=True)
        comment = ForeignKeyField(Comment, null=True, on_delete="SET NULL")
        created_at = UTCField()
        superseded_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "decision"
            indexes = ((("version", "superseded_at"), False), (("version", "id"), False))

    class ReviewDefault(Model):
        project = ForeignKeyField(Project, primary_key=True, on_delete="CASCADE")
        rule = CharField(max_length=12, default="all")
        steps = JSONField(default=list)
        due_days = IntegerField(null=True)
        updated_at = UTCField()

        class Meta:
            database = db
            table_name = "review_default"

    db.create_tables([ReviewRequest, Reviewer, Decision, ReviewDefault])
    migrator.migrate(
        migrator.add_column("version", "review_status", CharField(max_length=20, null=True)),
        migrator.add_column("version", "review_due_at", UTCField(null=True)),
        migrator.add_index("version", ("review_status", "review_due_at"), False),
        migrator.add_index("asset", ("project_id", "deleted_at", "updated_at"), False),
    )
