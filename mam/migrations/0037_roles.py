"""Roles in a project that administrators make out of the actions there are."""

from peewee import *
from mam.models.base import JSONField
from mam.models.base import UTCField


def up(migrator, db):
    class ProjectRole(Model):
        id = CharField(primary_key=True, max_length=36)
        key = CharField(max_length=16, unique=True)
        name = CharField(max_length=80)
        actions = JSONField()
        created_at = UTCField()
        updated_at = UTCField()

        class Meta:
            database = db
            table_name = "project_role"

    db.create_tables([ProjectRole])
