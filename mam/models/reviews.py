"""Tables of approvals: what was asked of whom on a version, and everything that was decided."""

from __future__ import annotations

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from mam.ids import new_id
from mam.models.base import JSONField, Table, UTCField, now
from mam.models.library import Comment, Project, Version
from mam.models.people import User


class ReviewRequest(Table):
    """What is asked on a version: by which rule, until when. `steps` are the names of its steps, in order.

    `withdrawn_at` ends it without losing it: asking again takes the same row.
    """

    id = CharField(36, primary_key=True, default=new_id)
    version = ForeignKeyField(Version, unique=True, backref="review_requests", on_delete="CASCADE")
    version_id: str
    rule = CharField(12)
    steps = JSONField(default=list)
    due_at = UTCField(null=True)
    created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_by_id: str | None
    created_at = UTCField(default=now)
    updated_at = UTCField(default=now)
    withdrawn_at = UTCField(null=True)


class Reviewer(Table):
    """Somebody who is asked, in a step (from 1); `required` matters to the rule "named" alone.

    `state` follows from the decisions: later (the step is not open yet), waiting, approved,
    changes_requested, done (the step went on without this word), dropped (no access any more).
    """

    id = CharField(36, primary_key=True, default=new_id)
    request = ForeignKeyField(ReviewRequest, backref="reviewers", on_delete="CASCADE")
    request_id: str
    user = ForeignKeyField(User, backref="reviews", on_delete="CASCADE")
    user_id: str
    step = IntegerField(default=1)
    place = IntegerField(default=0)
    required = BooleanField(default=False)
    state = CharField(20, default="later")
    dropped_at = UTCField(null=True)

    class Meta:
        """Once a request; everybody's waiting ones are found by person."""

        indexes = ((("request", "user"), True), (("user", "state"), False))


class Decision(Table):
    """What somebody said of a version, never changed afterwards: a later word supersedes it.

    `user` is who it was; for a guest of a share link `guest_name`, the id of the `guest` and that of the
    `share` stand instead. `comment` is the note that a request for changes became.
    """

    id = CharField(36, primary_key=True, default=new_id)
    version = ForeignKeyField(Version, backref="decisions", on_delete="CASCADE")
    version_id: str
    user = ForeignKeyField(User, null=True, on_delete="SET NULL")
    user_id: str | None
    guest_name = CharField(200, null=True)
    share = CharField(36, null=True)
    guest = CharField(36, null=True)
    decision = CharField(20)
    note = TextField(default="")
    step = IntegerField(null=True)
    comment = ForeignKeyField(Comment, null=True, on_delete="SET NULL")
    comment_id: str | None
    created_at = UTCField(default=now)
    superseded_at = UTCField(null=True)

    class Meta:
        """What stands is asked often, the history seldom."""

        indexes = ((("version", "superseded_at"), False), (("version", "id"), False))


class ReviewDefault(Table):
    """What a project asks where nobody says otherwise: rule, steps with people, days until it is due."""

    project = ForeignKeyField(Project, primary_key=True, on_delete="CASCADE")
    project_id: str
    rule = CharField(12, default="all")
    steps = JSONField(default=list)
    due_days = IntegerField(null=True)
    updated_at = UTCField(default=now)
