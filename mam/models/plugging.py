"""The table of plugins: which are switched off and why, and what an administrator set."""

from __future__ import annotations

from peewee import CharField, TextField

from mam.models.base import JSONField, Table, UTCField, now


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
