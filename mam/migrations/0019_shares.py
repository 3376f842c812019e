"""Share links: what they show, who came by them, what was opened and taken."""

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

    class Folder(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "folder"

    class Asset(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "asset"

    class Version(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "version"

    class Share(Model):
        id = CharField(primary_key=True, max_length=36)
        project = ForeignKeyField(Project, on_delete="CASCADE")
        kind = CharField(max_length=16)
        folder = ForeignKeyField(Folder, null=True, on_delete="SET NULL")
        collection_id = CharField(max_length=36, null=True)
        filters = JSONField(default=dict)
        title = CharField(max_length=200, default="")
        studio = CharField(max_length=120, default="")
        token_hash = CharField(max_length=64, unique=True)
        password_hash = TextField(null=True)
        generation = IntegerField(default=1)
        expires_at = UTCField(null=True)
        max_views = IntegerField(null=True)
        views = IntegerField(default=0)
        allow_comments = BooleanField(default=True)
        download = CharField(max_length=16, default="none")
        watermark = CharField(max_length=200, default="")
        all_versions = BooleanField(default=False)
        created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        created_at = UTCField()
        updated_at = UTCField()
        revoked_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "share"
            indexes = ((("project", "id"), False),)

    class ShareAsset(Model):
        share = ForeignKeyField(Share, on_delete="CASCADE")
        asset = ForeignKeyField(Asset, on_delete="CASCADE")

        class Meta:
            database = db
            table_name = "share_asset"
            primary_key = CompositeKey("share", "asset")

    class ShareGuest(Model):
        id = CharField(primary_key=True, max_length=36)
        share = ForeignKeyField(Share, on_delete="CASCADE")
        name = CharField(max_length=80)
        address = CharField(max_length=64, default="")
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "share_guest"

    class ShareVisit(Model):
        id = CharField(primary_key=True, max_length=36)
        share = ForeignKeyField(Share, on_delete="CASCADE")
        guest = ForeignKeyField(ShareGuest, on_delete="CASCADE")
        action = CharField(max_length=16)
        what = CharField(max_length=16, default="")
        asset = ForeignKeyField(Asset, null=True, on_delete="SET NULL")
        version = ForeignKeyField(Version, null=True, on_delete="SET NULL")
        address = CharField(max_length=64, default="")
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "share_visit"
            indexes = ((("share", "id"), False),)

    class Watermark(Model):
        id = CharField(primary_key=True, max_length=36)
        share = ForeignKeyField(Share, on_delete="CASCADE")
        guest = ForeignKeyField(ShareGuest, on_delete="CASCADE")
        version = ForeignKeyField(Version, on_delete="CASCADE")
        source = CharField(max_length=36)
        generation = CharField(max_length=36)
        status = CharField(max_length=16, default="queued")
        playable = BooleanField(default=False)
        percent = FloatField(default=0)
        job_id = CharField(max_length=36, null=True)
        error_code = CharField(max_length=64, null=True)
        error_detail = TextField(null=True)
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "watermark"
            indexes = ((("guest", "version"), False), (("job_id",), False))

    db.create_tables([Share, ShareAsset, ShareGuest, ShareVisit, Watermark])
