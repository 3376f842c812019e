"""The first schema: a frozen copy of the tables as they were, independent of `mam.models`."""

from peewee import *
from mam.models.base import JSONField
from mam.models.base import UTCField


def up(migrator, db):
    class User(Model):
        id = CharField(primary_key=True, max_length=36)
        email = CharField(unique=True, max_length=254)
        display_name = CharField(max_length=200)
        password_hash = TextField(null=True)
        status = CharField(index=True, max_length=16, default="pending")
        version = IntegerField(default=1)
        created_at = UTCField()
        updated_at = UTCField()

        class Meta:
            database = db
            table_name = "user"

    db.create_tables([User])

    class Project(Model):
        id = CharField(primary_key=True, max_length=36)
        name = CharField(max_length=200)
        description = TextField(default="")
        created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        created_at = UTCField()
        updated_at = UTCField()
        deleted_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "project"

    db.create_tables([Project])

    class Folder(Model):
        id = CharField(primary_key=True, max_length=36)
        project = ForeignKeyField(Project, on_delete="CASCADE")
        parent = ForeignKeyField("self", null=True, on_delete="CASCADE")
        name = CharField(max_length=200)
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "folder"

    db.create_tables([Folder])

    class Asset(Model):
        id = CharField(primary_key=True, max_length=36)
        project = ForeignKeyField(Project, on_delete="CASCADE")
        folder = ForeignKeyField(Folder, null=True, on_delete="SET NULL")
        title = CharField(max_length=500)
        kind = CharField(null=True, max_length=16)
        status = CharField(max_length=20, default="awaiting_upload")
        tags = JSONField(default=list)
        metadata = JSONField(default=dict)
        search_text = TextField(default="")
        current_version_id = CharField(null=True, max_length=36)
        created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        created_at = UTCField()
        updated_at = UTCField()
        deleted_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "asset"
            indexes = ((("project", "deleted_at", "created_at", "id"), False), (("created_at", "id"), False))

    db.create_tables([Asset])

    class AuditEntry(Model):
        seq = AutoField()
        at = UTCField()
        action = CharField(index=True, max_length=64)
        actor_id = CharField(null=True, max_length=36)
        actor_name = CharField(max_length=254, default="")
        subject_kind = CharField(max_length=32, default="")
        subject_id = CharField(index=True, null=True, max_length=64)
        project_id = CharField(null=True, max_length=36)
        address = CharField(max_length=64, default="")
        request_id = CharField(max_length=64, default="")
        data = JSONField(default=dict)
        bytes = BigIntegerField(null=True)

        class Meta:
            database = db
            table_name = "audit_entry"

    db.create_tables([AuditEntry])

    class Version(Model):
        id = CharField(primary_key=True, max_length=36)
        asset = ForeignKeyField(Asset, on_delete="CASCADE")
        number = IntegerField()
        filename = CharField(max_length=1024)
        size = BigIntegerField()
        content_type = CharField(default="application/octet-stream")
        sha256 = CharField(max_length=64)
        xxh128 = CharField(max_length=32)
        upload_id = CharField(unique=True, null=True, max_length=36)
        master_key = CharField(max_length=200)
        master_version = CharField(null=True, max_length=200)
        locked = BooleanField(default=False)
        retain_until = UTCField(null=True)
        legal_hold = BooleanField(default=False)
        verified_at = UTCField(null=True)
        media = JSONField(null=True)
        blurhash = CharField(null=True, max_length=100)
        phash = CharField(null=True, max_length=64)
        preview_status = CharField(max_length=16, default="queued")
        preview_playable = BooleanField(default=False)
        preview_percent = FloatField(default=0)
        preview_generation = CharField(null=True, max_length=36)
        preview_error_code = CharField(null=True, max_length=64)
        preview_error_detail = TextField(null=True)
        created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "version"
            indexes = ((("asset", "number"), True), (("sha256",), False))

    db.create_tables([Version])

    class Comment(Model):
        id = CharField(primary_key=True, max_length=36)
        asset = ForeignKeyField(Asset, on_delete="CASCADE")
        version = ForeignKeyField(Version, on_delete="CASCADE")
        parent = ForeignKeyField("self", null=True, on_delete="CASCADE")
        author = ForeignKeyField(User, null=True, on_delete="SET NULL")
        frame = BigIntegerField(null=True)
        frame_out = BigIntegerField(null=True)
        body = TextField()
        drawing = JSONField(null=True)
        internal = BooleanField(default=False)
        resolved_at = UTCField(null=True)
        resolved_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        created_at = UTCField()
        updated_at = UTCField()
        deleted_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "comment"

    db.create_tables([Comment])

    class Job(Model):
        id = CharField(primary_key=True, max_length=36)
        kind = CharField(max_length=32)
        queue = CharField(max_length=32, default="default")
        version_id = CharField(index=True, null=True, max_length=36)
        project_id = CharField(null=True, max_length=36)
        payload = JSONField(default=dict)
        state = CharField(max_length=16, default="queued")
        attempts = IntegerField(default=0)
        max_attempts = IntegerField(default=3)
        lease_token = CharField(null=True, max_length=36)
        lease_until = UTCField(null=True)
        worker = CharField(max_length=200, default="")
        run_after = UTCField()
        sent_at = UTCField(null=True)
        percent = FloatField(default=0)
        error_code = CharField(null=True, max_length=64)
        error_detail = TextField(null=True)
        created_at = UTCField()
        started_at = UTCField(null=True)
        finished_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "job"
            indexes = ((("state", "run_after"), False), (("state", "lease_until"), False))

    db.create_tables([Job])

    class LoginAttempt(Model):
        key = CharField(primary_key=True, max_length=128)
        failures = IntegerField(default=0)
        first_at = UTCField()
        blocked_until = UTCField(null=True)

        class Meta:
            database = db
            table_name = "login_attempt"

    db.create_tables([LoginAttempt])

    class Member(Model):
        project = ForeignKeyField(Project, on_delete="CASCADE")
        user = ForeignKeyField(User, on_delete="CASCADE")
        role = CharField(max_length=16)
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "member"
            primary_key = CompositeKey("project", "user")

    db.create_tables([Member])

    class Session(Model):
        id = CharField(primary_key=True, max_length=36)
        user = ForeignKeyField(User, on_delete="CASCADE")
        cookie_hash = CharField(unique=True, null=True, max_length=64)
        user_agent = CharField(max_length=300, default="")
        address = CharField(max_length=64, default="")
        created_at = UTCField()
        last_used_at = UTCField()
        expires_at = UTCField()
        revoked_at = UTCField(null=True)
        revoked_reason = CharField(max_length=64, default="")

        class Meta:
            database = db
            table_name = "session"

    db.create_tables([Session])

    class RefreshToken(Model):
        id = CharField(primary_key=True, max_length=36)
        session = ForeignKeyField(Session, on_delete="CASCADE")
        token_hash = CharField(unique=True, max_length=64)
        created_at = UTCField()
        expires_at = UTCField()
        spent_at = UTCField(null=True)
        successor_hash = CharField(null=True, max_length=64)

        class Meta:
            database = db
            table_name = "refresh_token"

    db.create_tables([RefreshToken])

    class Rendition(Model):
        id = CharField(primary_key=True, max_length=36)
        version = ForeignKeyField(Version, on_delete="CASCADE")
        generation = CharField(max_length=36)
        name = CharField(max_length=64)
        kind = CharField(max_length=16)
        status = CharField(max_length=16, default="processing")
        width = IntegerField(null=True)
        height = IntegerField(null=True)
        codecs = CharField(max_length=64, default="")
        bandwidth = IntegerField(null=True)
        average_bandwidth = IntegerField(null=True)
        segments = IntegerField(default=0)
        bytes = BigIntegerField(default=0)

        class Meta:
            database = db
            table_name = "rendition"
            indexes = ((("version", "generation", "name"), True),)

    db.create_tables([Rendition])

    class Role(Model):
        name = CharField(primary_key=True, max_length=64)
        permissions = JSONField(default=list)

        class Meta:
            database = db
            table_name = "role"

    db.create_tables([Role])
    Role.create(name="admin", permissions=["*"])
    Role.create(name="member", permissions=["project.create"])

    class Setting(Model):
        key = CharField(primary_key=True, max_length=128)
        value = JSONField(null=True)
        secret = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "setting"

    db.create_tables([Setting])

    class Upload(Model):
        id = CharField(primary_key=True, max_length=36)
        asset = ForeignKeyField(Asset, on_delete="CASCADE")
        user = ForeignKeyField(User, null=True, on_delete="SET NULL")
        filename = CharField(max_length=1024)
        size = BigIntegerField()
        content_type = CharField(default="")
        sha256 = CharField(null=True, max_length=64)
        part_size = BigIntegerField()
        staging_key = CharField(max_length=200)
        store_ref = CharField(max_length=400)
        state = CharField(max_length=16, default="open")
        version_id = CharField(null=True, max_length=36)
        claim = CharField(null=True, max_length=36)
        claimed_at = UTCField(null=True)
        created_at = UTCField()
        expires_at = UTCField()

        class Meta:
            database = db
            table_name = "upload"
            indexes = ((("state", "expires_at"), False),)

    db.create_tables([Upload])

    class UserRole(Model):
        user = ForeignKeyField(User, on_delete="CASCADE")
        role = ForeignKeyField(Role, on_delete="CASCADE")

        class Meta:
            database = db
            table_name = "user_role"
            primary_key = CompositeKey("user", "role")

    db.create_tables([UserRole])

    class WorkerBeat(Model):
        id = CharField(primary_key=True, max_length=200)
        seen_at = UTCField()
        info = JSONField(default=dict)

        class Meta:
            database = db
            table_name = "worker_beat"

    db.create_tables([WorkerBeat])

    class IdempotencyKey(Model):
        id = CharField(primary_key=True, max_length=64)
        body_hash = CharField(max_length=64)
        status = IntegerField()
        answer = TextField()
        created_at = UTCField(index=True)

        class Meta:
            database = db
            table_name = "idempotency_key"

    db.create_tables([IdempotencyKey])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("idempotency_key"))
    migrator.migrate(migrator.drop_table("worker_beat"))
    migrator.migrate(migrator.drop_table("user_role"))
    migrator.migrate(migrator.drop_table("upload"))
    migrator.migrate(migrator.drop_table("setting"))
    migrator.migrate(migrator.drop_table("role"))
    migrator.migrate(migrator.drop_table("rendition"))
    migrator.migrate(migrator.drop_table("refresh_token"))
    migrator.migrate(migrator.drop_table("session"))
    migrator.migrate(migrator.drop_table("member"))
    migrator.migrate(migrator.drop_table("login_attempt"))
    migrator.migrate(migrator.drop_table("job"))
    migrator.migrate(migrator.drop_table("comment"))
    migrator.migrate(migrator.drop_table("version"))
    migrator.migrate(migrator.drop_table("audit_entry"))
    migrator.migrate(migrator.drop_table("asset"))
    migrator.migrate(migrator.drop_table("folder"))
    migrator.migrate(migrator.drop_table("project"))
    migrator.migrate(migrator.drop_table("user"))
