"""How a project's links and papers look; what takes a batch back."""

from peewee import *
from mam.models.base import JSONField


def up(migrator, db):
    class Project(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "project"

    class ProjectLook(Model):
        project = ForeignKeyField(Project, primary_key=True, on_delete="CASCADE")
        studio = CharField(max_length=120, default="")
        accent = CharField(max_length=7, default="")
        digest = CharField(max_length=16, default="")
        data = BlobField(null=True)

        class Meta:
            database = db
            table_name = "project_look"

    db.create_tables([ProjectLook])
    migrator.migrate(
        migrator.add_column("batch_item", "back", JSONField(null=True)),
        migrator.add_column("batch", "undone_by", CharField(max_length=36, null=True)),
    )
