"""Tables of the library: projects, members, folders, assets, versions, renditions, uploads, comments."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    CompositeKey,
    FloatField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from mam.ids import new_id
from mam.models.base import JSONField, Table, UTCField, now
from mam.models.organisations import FIRST
from mam.models.people import User


class Project(Table):
    """A production of one organisation; everything else hangs below it. `deleted_at` is the trash."""

    id = CharField(36, primary_key=True, default=new_id)
    name = CharField(200)
    description = TextField(default="")
    organisation_id = CharField(36, default=FIRST, index=True)
    created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_by_id: str | None
    created_at = UTCField(default=now)
    updated_at = UTCField(default=now)
    deleted_at = UTCField(null=True)


class Member(Table):
    """A user's role in a project: owner, editor, reviewer or viewer."""

    project = ForeignKeyField(Project, backref="members", on_delete="CASCADE")
    project_id: str
    user = ForeignKeyField(User, backref="memberships", on_delete="CASCADE")
    user_id: str
    role = CharField(16)
    created_at = UTCField(default=now)

    class Meta:
        """One role a project."""

        primary_key = CompositeKey("project", "user")


class Folder(Table):
    """A folder in a project's tree."""

    id = CharField(36, primary_key=True, default=new_id)
    project = ForeignKeyField(Project, backref="folders", on_delete="CASCADE")
    project_id: str
    parent = ForeignKeyField("self", null=True, backref="children", on_delete="CASCADE")
    parent_id: str | None
    name = CharField(200)
    created_at = UTCField(default=now)


class Asset(Table):
    """What people talk about: a title with a stack of versions. Exists before any byte."""

    id = CharField(36, primary_key=True, default=new_id)
    project = ForeignKeyField(Project, backref="assets", on_delete="CASCADE")
    project_id: str
    folder = ForeignKeyField(Folder, null=True, backref="assets", on_delete="SET NULL")
    folder_id: str | None
    title = CharField(500)
    kind = CharField(16, null=True)
    status = CharField(20, default="awaiting_upload")
    tags = JSONField(default=list)
    metadata = JSONField(default=dict)
    current_version_id = CharField(36, null=True)
    created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_by_id: str | None
    created_at = UTCField(default=now)
    updated_at = UTCField(default=now)
    deleted_at = UTCField(null=True)
    deleted_by = CharField(36, null=True)

    class Meta:
        """Lists go newest first, by project, without the trash."""

        indexes = (
            (("project", "deleted_at", "created_at", "id"), False),
            (("project", "deleted_at", "updated_at"), False),
            (("project", "created_at", "id"), False),
            (("project", "updated_at", "id"), False),
            (("project", "title", "id"), False),
            (("created_at", "id"), False),
        )


class Version(Table):
    """One promoted master of an asset and the state of its preview.

    `in_place` is the file of a master that was indexed where it lies and never copied: not locked.
    `preview_generation` is the lease token of the attempt whose renditions are shown. `checked_at` is when
    the master's bytes were last read and compared, `damage` what was wrong with them then, if anything.
    `review_status` (None, in_review, approved, changes_requested) follows by rule from what was decided.
    `removed_at` is when it was taken out of the stack: row and master stay. `stacked_from` is the asset that
    it was the version `stacked_number` of before it was put onto this one.
    """

    id = CharField(36, primary_key=True, default=new_id)
    asset = ForeignKeyField(Asset, backref="versions", on_delete="CASCADE")
    asset_id: str
    number = IntegerField()
    filename = CharField(1024)
    size = BigIntegerField()
    content_type = CharField(255, default="application/octet-stream")
    sha256 = CharField(64)
    xxh128 = CharField(32)
    c4 = CharField(90, null=True)
    upload_id = CharField(36, null=True, unique=True)
    in_place = TextField(null=True)
    master_key = CharField(200)
    master_version = CharField(200, null=True)
    locked = BooleanField(default=False)
    retain_until = UTCField(null=True)
    legal_hold = BooleanField(default=False)
    verified_at = UTCField(null=True)
    checked_at = UTCField(null=True)
    damage = TextField(null=True)
    media = JSONField(null=True)
    blurhash = CharField(100, null=True)
    phash = CharField(64, null=True)
    preview_status = CharField(16, default="queued")
    preview_playable = BooleanField(default=False)
    preview_percent = FloatField(default=0)
    preview_generation = CharField(36, null=True)
    preview_error_code = CharField(64, null=True)
    preview_error_detail = TextField(null=True)
    review_status = CharField(20, null=True)
    review_due_at = UTCField(null=True)
    label = CharField(200, default="")
    removed_at = UTCField(null=True)
    stacked_from = CharField(36, null=True)
    stacked_number = IntegerField(null=True)
    created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_by_id: str | None
    created_at = UTCField(default=now)

    class Meta:
        """Numbers count up within an asset."""

        indexes = (
            (("asset", "number"), True),
            (("sha256",), False),
            (("master_key",), False),
            (("damage",), False),
            (("review_status", "review_due_at"), False),
        )


class Rendition(Table):
    """One file set made from a version: a rung, an audio track, a poster."""

    id = CharField(36, primary_key=True, default=new_id)
    version = ForeignKeyField(Version, backref="renditions", on_delete="CASCADE")
    version_id: str
    generation = CharField(36)
    name = CharField(64)
    kind = CharField(16)
    status = CharField(16, default="processing")
    width = IntegerField(null=True)
    height = IntegerField(null=True)
    codecs = CharField(64, default="")
    bandwidth = IntegerField(null=True)
    average_bandwidth = IntegerField(null=True)
    segments = IntegerField(default=0)
    bytes = BigIntegerField(default=0)

    class Meta:
        """A name once a generation."""

        indexes = ((("version", "generation", "name"), True),)


class Upload(Table):
    """An upload on its way.

    `state` is open (receiving, for a body in one piece), promoting, promoted, aborting, aborted, expiring or
    expired. Whoever works on it writes its `claim` and renews `claimed_at`;
    a claim that is not renewed belongs to a process that died. `duplicates` is what is to become of bytes
    that are a master already: allow, link, refuse; None is as configured. Of uploads with the same bytes that
    are promoted at once, the one with the `turn` goes first.
    """

    id = CharField(36, primary_key=True, default=new_id)
    asset = ForeignKeyField(Asset, backref="uploads", on_delete="CASCADE")
    asset_id: str
    user = ForeignKeyField(User, null=True, on_delete="SET NULL")
    user_id: str | None
    filename = CharField(1024)
    size = BigIntegerField()
    content_type = CharField(255, default="")
    sha256 = CharField(64, null=True)
    part_size = BigIntegerField()
    staging_key = CharField(200)
    store_ref = CharField(400)
    state = CharField(16, default="open")
    version_id = CharField(36, null=True)
    duplicates = CharField(8, null=True)
    turn = CharField(64, null=True, unique=True)
    claim = CharField(36, null=True)
    claimed_at = UTCField(null=True)
    created_at = UTCField(default=now)
    expires_at = UTCField()

    class Meta:
        """The sweep asks for open uploads past their time."""

        indexes = ((("state", "expires_at"), False),)


class Comment(Table):
    """A note on a version, at a frame, a range or on the whole; `parent` is the note that it replies to.

    One that came by a share link has no author but a `guest_name`, the id of the `guest` who wrote it, and
    `share`, the link's id.
    """

    id = CharField(36, primary_key=True, default=new_id)
    asset = ForeignKeyField(Asset, backref="comments", on_delete="CASCADE")
    asset_id: str
    version = ForeignKeyField(Version, backref="comments", on_delete="CASCADE")
    version_id: str
    parent = ForeignKeyField("self", null=True, backref="replies", on_delete="CASCADE")
    parent_id: str | None
    author = ForeignKeyField(User, null=True, on_delete="SET NULL")
    author_id: str | None
    guest_name = TextField(null=True)
    share = TextField(null=True)
    guest = CharField(36, null=True)
    frame = BigIntegerField(null=True)
    frame_out = BigIntegerField(null=True)
    body = TextField()
    drawing = JSONField(null=True)
    internal = BooleanField(default=False)
    resolved_at = UTCField(null=True)
    resolved_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    resolved_by_id: str | None
    created_at = UTCField(default=now)
    updated_at = UTCField(default=now)
    edited_at = UTCField(null=True)
    deleted_at = UTCField(null=True)

    class Meta:
        """A version's notes are listed by their place."""

        indexes = ((("version", "frame", "id"), False),)
