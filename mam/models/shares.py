"""Tables of share links: what each one shows and allows, who came by it, what they opened and took."""

from __future__ import annotations

from peewee import (
    BlobField,
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
from mam.models.library import Asset, Comment, Folder, Project, Version
from mam.models.people import User


class Share(Table):
    """A link that shows a part of a project to guests. `kind` is assets, folder, collection or project.

    The link's secret is stored hashed only. `filters` narrow a folder or project ({kind?, tag?, status?}).
    `generation` counts up where link or password change, so that who was let in before is out. `views` counts
    guests let in, at most `max_views`. `download` is none, preview or original. `allow_decide` lets guests
    approve; where `decision_required` no version is approved without them. `accent` is a colour (#rrggbb).
    """

    id = CharField(36, primary_key=True, default=new_id)
    project = ForeignKeyField(Project, backref="shares", on_delete="CASCADE")
    project_id: str
    kind = CharField(16)
    folder = ForeignKeyField(Folder, null=True, on_delete="SET NULL")
    folder_id: str | None
    collection_id = CharField(36, null=True)
    filters = JSONField(default=dict)
    title = CharField(200, default="")
    studio = CharField(120, default="")
    token_hash = CharField(64, unique=True)
    password_hash = TextField(null=True)
    generation = IntegerField(default=1)
    expires_at = UTCField(null=True)
    max_views = IntegerField(null=True)
    views = IntegerField(default=0)
    allow_comments = BooleanField(default=True)
    download = CharField(16, default="none")
    watermark = CharField(200, default="")
    all_versions = BooleanField(default=False)
    allow_decide = BooleanField(default=False)
    decision_required = BooleanField(default=False)
    accent = CharField(7, default="")
    created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_by_id: str | None
    created_at = UTCField(default=now)
    updated_at = UTCField(default=now)
    revoked_at = UTCField(null=True)

    class Meta:
        """A project's shares are listed newest first."""

        indexes = ((("project", "id"), False),)


class ShareAsset(Table):
    """One of the assets that a share of kind `assets` shows."""

    share = ForeignKeyField(Share, backref="assets", on_delete="CASCADE")
    share_id: str
    asset = ForeignKeyField(Asset, backref="shares", on_delete="CASCADE")
    asset_id: str

    class Meta:
        """An asset once a share."""

        primary_key = CompositeKey("share", "asset")


class ShareGuest(Table):
    """Somebody who was let in by a link, by the name they gave."""

    id = CharField(36, primary_key=True, default=new_id)
    share = ForeignKeyField(Share, backref="guests", on_delete="CASCADE")
    share_id: str
    name = CharField(80)
    address = CharField(64, default="")
    created_at = UTCField(default=now)


class ShareLogo(Table):
    """The logo on a link's pages: a JPEG that we drew ourselves, never what came in."""

    share = ForeignKeyField(Share, primary_key=True, on_delete="CASCADE")
    share_id: str
    digest = CharField(16)
    data = BlobField()


class ProjectLook(Table):
    """How the links and papers of a project look where they say nothing else: house, accent (#rrggbb), logo.

    `data` is a JPEG that we drew ourselves, `digest` the beginning of its SHA-256.
    """

    project = ForeignKeyField(Project, primary_key=True, on_delete="CASCADE")
    project_id: str
    studio = CharField(120, default="")
    accent = CharField(7, default="")
    digest = CharField(16, default="")
    data = BlobField(null=True)


class GuestReaction(Table):
    """A guest's reaction to a note, by its name out of the same fixed set as everybody's."""

    comment = ForeignKeyField(Comment, backref="guest_reactions", on_delete="CASCADE")
    comment_id: str
    guest = ForeignKeyField(ShareGuest, on_delete="CASCADE")
    guest_id: str
    name = CharField(16)
    created_at = UTCField(default=now)

    class Meta:
        """Each reaction once a guest."""

        primary_key = CompositeKey("comment", "guest", "name")


class ShareVisit(Table):
    """What a guest did: `entered` by the link, `opened` an asset, `downloaded` a file (of `what` kind)."""

    id = CharField(36, primary_key=True, default=new_id)
    share = ForeignKeyField(Share, backref="visits", on_delete="CASCADE")
    share_id: str
    guest = ForeignKeyField(ShareGuest, backref="visits", on_delete="CASCADE")
    guest_id: str
    action = CharField(16)
    what = CharField(16, default="")
    asset = ForeignKeyField(Asset, null=True, on_delete="SET NULL")
    asset_id: str | None
    version = ForeignKeyField(Version, null=True, on_delete="SET NULL")
    version_id: str | None
    address = CharField(64, default="")
    created_at = UTCField(default=now)

    class Meta:
        """A share's visits are listed newest first."""

        indexes = ((("share", "id"), False),)


class Watermark(Table):
    """A version's preview with a guest's name burnt in; its id is its folder in the previews area.

    Made of the generation `source`. `status` is queued, processing, ready, failed, or stale once it is of no
    use any more; `playable` as soon as its first segments are there.
    """

    id = CharField(36, primary_key=True, default=new_id)
    share = ForeignKeyField(Share, backref="watermarks", on_delete="CASCADE")
    share_id: str
    guest = ForeignKeyField(ShareGuest, backref="watermarks", on_delete="CASCADE")
    guest_id: str
    version = ForeignKeyField(Version, backref="watermarks", on_delete="CASCADE")
    version_id: str
    source = CharField(36)
    generation = CharField(36, default=new_id)
    status = CharField(16, default="queued")
    playable = BooleanField(default=False)
    percent = FloatField(default=0)
    job_id = CharField(36, null=True)
    error_code = CharField(64, null=True)
    error_detail = TextField(null=True)
    created_at = UTCField(default=now)

    class Meta:
        """A guest's of a version is looked for at every look."""

        indexes = ((("guest", "version"), False), (("job_id",), False))
