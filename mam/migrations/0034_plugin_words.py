"""What plugins say that versions say; kinds of jobs may be named after the plugin that brings them."""

from peewee import *


def up(migrator, db):
    class Version(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "version"

    class PluginWords(Model):
        version = ForeignKeyField(Version, on_delete="CASCADE")
        source = CharField(max_length=64)
        text = TextField()

        class Meta:
            database = db
            table_name = "plugin_words"
            primary_key = CompositeKey("version", "source")

    db.create_tables([PluginWords])
    if isinstance(db, PostgresqlDatabase):  # SQLite counts no letters
        migrator.migrate(migrator.alter_column_type("job", "kind", CharField(max_length=64)))
