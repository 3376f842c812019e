"""What the box keeps of plugins: switched off, settings of the admin page."""

from peewee import *
from mam.models.base import JSONField
from mam.models.base import UTCField


def up(migrator, db):
    class PluginState(Model):
        name = CharField(primary_key=True, max_length=64)
        off_by = CharField(max_length=8, default="")
        reason = TextField(default="")
        changed_at = UTCField()
        settings = JSONField(default=dict)
        sealed = JSONField(default=dict)
        settings_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "plugin_state"

    db.create_tables([PluginState])
