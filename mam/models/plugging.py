"""Tables of plugins: which are switched off, what an administrator set, what they heard in versions."""

from __future__ import annotations

from peewee import CharField, CompositeKey, ForeignKeyField, TextField

from mam.models.base import JSONField, Table, UTCField, now
from mam.models.library import Version


class PluginState(Table):
    """What the box keeps of a plugin beside the TOML; no row is a plugin nobody touched.

    `off_by` is "box" (it failed too often), "admin" or empty. `settings` are the fields set on the
    admin page, `sealed` the secret ones, each encrypted.
    """

    name = CharField(64, primary_key=True)
    off_by = CharField(8, default="")
    reason = TextField(default="")
    changed_at = UTCField(default=now)
    settings = JSONField(default=dict)
    sealed = JSONField(default=dict)
    settings_at = UTCField(null=True)


class PluginWords(Table):
    """What a plugin says that a version says (speech, signs); `source` is its kind of job, by full name."""

    version = ForeignKeyField(Version, on_delete="CASCADE")
    version_id: str
    source = CharField(64)
    text = TextField()

    class Meta:
        """One text a version and source."""

        primary_key = CompositeKey("version", "source")
