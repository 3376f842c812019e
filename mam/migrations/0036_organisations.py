"""Organisations own projects and people; everything there is belongs to the first one."""

from peewee import *
from mam.models.base import JSONField, UTCField, now

FIRST = "00000000-0000-7000-8000-000000000001"


def up(migrator, db):
    class Organisation(Model):
        id = CharField(primary_key=True, max_length=36)
        name = CharField(max_length=200)
        slug = CharField(max_length=40, unique=True)
        quota_bytes = BigIntegerField(null=True)
        storage_prefix = CharField(max_length=48, default="")
        studio = CharField(max_length=120, default="")
        accent = CharField(max_length=7, default="")
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "organisation"

    class Role(Model):
        name = CharField(primary_key=True, max_length=64)
        permissions = JSONField(default=list)

        class Meta:
            database = db
            table_name = "role"

    db.create_tables([Organisation])
    Organisation.create(id=FIRST, name="This box", slug="first", created_at=now())
    may = ["project.create", "organisation.admin"]
    Role.insert(name="org_admin", permissions=may).on_conflict_ignore().execute()
    for table in ("user", "project", "invitation"):
        migrator.migrate(
            migrator.add_column(table, "organisation_id", CharField(max_length=36, default=FIRST, index=True))
        )
