"""Tables of what hangs on a note: who is named in it, what it said before, reactions, files, who is told."""

from __future__ import annotations

from peewee import BigIntegerField, CharField, CompositeKey, ForeignKeyField, TextField

from mam.ids import new_id
from mam.models.base import Table, UTCField, now
from mam.models.library import Comment, Version
from mam.models.people import User
from mam.models.reviews import Decision


class CommentMention(Table):
    """Somebody who is named in a note's words as they are now."""

    comment = ForeignKeyField(Comment, backref="mentions", on_delete="CASCADE")
    comment_id: str
    user = ForeignKeyField(User, on_delete="CASCADE")
    user_id: str

    class Meta:
        """Once a note, however often the words name them."""

        primary_key = CompositeKey("comment", "user")


class CommentEdit(Table):
    """The words of a note before one edit: who changed them, and when."""

    id = CharField(36, primary_key=True, default=new_id)
    comment = ForeignKeyField(Comment, backref="edits", on_delete="CASCADE")
    comment_id: str
    user = ForeignKeyField(User, null=True, on_delete="SET NULL")
    user_id: str | None
    body = TextField()
    created_at = UTCField(default=now)

    class Meta:
        """The history of one note, newest first."""

        indexes = ((("comment", "id"), False),)


class CommentReaction(Table):
    """One person's reaction to a note, by its name out of a fixed set."""

    comment = ForeignKeyField(Comment, backref="reactions", on_delete="CASCADE")
    comment_id: str
    user = ForeignKeyField(User, on_delete="CASCADE")
    user_id: str
    name = CharField(16)
    created_at = UTCField(default=now)

    class Meta:
        """Each reaction once a person."""

        primary_key = CompositeKey("comment", "user", "name")


class CommentFile(Table):
    """A file attached to a note; its bytes lie beside the previews, under the version and this id.

    One that came along with a carried note has no bytes of its own: `stored` is the id of the file whose
    bytes it is, and `version_id` that one's.
    """

    id = CharField(36, primary_key=True, default=new_id)
    comment = ForeignKeyField(Comment, backref="files", on_delete="CASCADE")
    comment_id: str
    version_id = CharField(36)
    filename = CharField(1024)
    content_type = CharField(255)
    size = BigIntegerField()
    sha256 = CharField(64)
    stored = CharField(36, null=True)
    created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_by_id: str | None
    created_at = UTCField(default=now)

    class Meta:
        """Files of a version, and who shares bytes, to find those that no row names."""

        indexes = ((("version_id",), False), (("stored",), False))


class ImportedNote(Table):
    """That a note came with an import; `batch` is the import's id, by which it is taken back."""

    comment = ForeignKeyField(Comment, primary_key=True, on_delete="CASCADE")
    comment_id: str
    batch = CharField(36, index=True)


class Notification(Table):
    """That somebody is told of something on a version, or of a plugin: then `subject` is its name.

    Of a note (`kind` mention or reply), of a review that waits for them (review_asked, review_due,
    review_overdue), of what was decided on a version that they sent or asked for (decided), or of a plugin
    that the box switched off (plugin_off).
    """

    id = CharField(36, primary_key=True, default=new_id)
    user = ForeignKeyField(User, backref="notifications", on_delete="CASCADE")
    user_id: str
    version = ForeignKeyField(Version, null=True, on_delete="CASCADE")
    version_id: str | None
    comment = ForeignKeyField(Comment, null=True, on_delete="CASCADE")
    comment_id: str | None
    decision = ForeignKeyField(Decision, null=True, on_delete="CASCADE")
    decision_id: str | None
    kind = CharField(16)
    subject = CharField(64, default="")
    created_at = UTCField(default=now)
    read_at = UTCField(null=True)

    class Meta:
        """An inbox newest first; told once of a note and of a decision."""

        indexes = (
            (("user", "comment"), True),
            (("user", "decision"), True),
            (("user", "version", "kind"), False),
            (("user", "id"), False),
        )
