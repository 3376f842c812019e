"""Media hash lists: generations made here and lists that came with material."""

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

    class Manifest(Model):
        id = CharField(primary_key=True, max_length=36)
        project = ForeignKeyField(Project, on_delete="CASCADE")
        number = IntegerField(null=True)
        name = CharField(max_length=400)
        c4 = CharField(max_length=90)
        files = IntegerField(default=0)
        comment = TextField(default="")
        author = CharField(max_length=254, default="")
        data = BlobField()
        paths = JSONField(default=dict)
        created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "manifest"
            indexes = ((("project", "number"), True),)

    db.create_tables([Manifest])
