"""Tables of finding and ordering: what is searched, tags, fields of one's own, saved collections."""

from __future__ import annotations

from peewee import AutoField, CharField, CompositeKey, FloatField, ForeignKeyField, IntegerField, TextField

from mam.ids import new_id
from mam.models.base import JSONField, Table, UTCField, now
from mam.models.library import Asset, Project
from mam.models.people import User


class AssetSearch(Table):
    """An asset's words, folded, between blanks; `id` counts up in the order assets came.

    `title`, `labels` (file names, tags, metadata), `said` (notes that everybody may read) and `words` (of its
    file) are looked through in that order. `place` is the project as one word, `text` the file's own words as
    they stand there. The index of the database's own kind hangs on this table: `asset_fts` on SQLite,
    `asset_vector` on PostgreSQL.
    """

    id = AutoField()
    asset = ForeignKeyField(Asset, unique=True, on_delete="CASCADE")
    asset_id: str
    place = CharField(40)
    title = TextField(default="")
    labels = TextField(default="")
    said = TextField(default="")
    words = TextField(default="")
    text = TextField(default="")


class AssetTag(Table):
    """A tag of an asset, as a row: counted, suggested, filtered by. `asset.tags` says the same in order."""

    asset = ForeignKeyField(Asset, on_delete="CASCADE")
    asset_id: str
    name = CharField(100)
    project = ForeignKeyField(Project, on_delete="CASCADE")
    project_id: str
    folded = CharField(200)

    class Meta:
        """Once an asset; counted by project; found by how it begins."""

        primary_key = CompositeKey("asset", "name")
        indexes = ((("project", "name"), False), (("name", "asset"), False), (("folded",), False))


class CustomField(Table):
    """A field of metadata that a project defines. Its values are `asset.metadata[key]`.

    `type` is text, number, date, choice, choices, checkbox, person or url; `options` are the choices.
    A deleted one keeps its values until that is confirmed.
    """

    id = CharField(36, primary_key=True, default=new_id)
    project = ForeignKeyField(Project, backref="fields", on_delete="CASCADE")
    project_id: str
    key = CharField(64)
    name = CharField(200)
    type = CharField(16)
    options = JSONField(default=list)
    position = IntegerField(default=0)
    created_at = UTCField(default=now)
    deleted_at = UTCField(null=True)

    class Meta:
        """A key once a project."""

        indexes = ((("project", "key"), True),)


class FieldValue(Table):
    """A field's value of an asset, to filter and to sort by; of several choices one row each."""

    id = AutoField()
    asset = ForeignKeyField(Asset, on_delete="CASCADE")
    asset_id: str
    field = ForeignKeyField(CustomField, on_delete="CASCADE")
    field_id: str
    text = CharField(300)
    number = FloatField(null=True)

    class Meta:
        """Found by value."""

        indexes = ((("field", "text"), False), (("field", "number"), False))


class Collection(Table):
    """A named filter of a project, always as its assets are now; without an `owner` everybody sees it."""

    id = CharField(36, primary_key=True, default=new_id)
    project = ForeignKeyField(Project, backref="collections", on_delete="CASCADE")
    project_id: str
    owner = ForeignKeyField(User, null=True, on_delete="CASCADE")
    owner_id: str | None
    name = CharField(200)
    filter = JSONField(default=dict)
    created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_by_id: str | None
    created_at = UTCField(default=now)
    updated_at = UTCField(default=now)

    class Meta:
        """A project's collections by name."""

        indexes = ((("project", "name", "id"), False),)
