"""The table of media hash lists: generations that were made here, and lists that came with material."""

from __future__ import annotations

from peewee import BlobField, CharField, ForeignKeyField, IntegerField, TextField

from mam.ids import new_id
from mam.models.base import JSONField, Table, UTCField, now
from mam.models.library import Project
from mam.models.people import User


class Manifest(Table):
    """One manifest of a project, its XML packed with zlib in `data`.

    `number` counts the generations made here from 1; a list that came with material has none. `paths` are
    the places of versions in it by their ids, so that the next generation finds them there again.
    """

    id = CharField(36, primary_key=True, default=new_id)
    project = ForeignKeyField(Project, backref="manifests", on_delete="CASCADE")
    project_id: str
    number = IntegerField(null=True)
    name = CharField(400)
    c4 = CharField(90)
    files = IntegerField(default=0)
    comment = TextField(default="")
    author = CharField(254, default="")
    data = BlobField()
    paths = JSONField(default=dict)
    created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_by_id: str | None
    created_at = UTCField(default=now)

    class Meta:
        """A number once in a project."""

        indexes = ((("project", "number"), True),)
