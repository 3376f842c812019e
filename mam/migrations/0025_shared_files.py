"""Files of notes whose bytes are those of another one, as copies of notes have them; what came with an import."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("comment_file", "stored", CharField(max_length=36, null=True)),
        migrator.add_index("comment_file", ("stored",), False),
    )

    class Comment(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "comment"

    class ImportedNote(Model):
        comment = ForeignKeyField(Comment, primary_key=True, on_delete="CASCADE")
        batch = CharField(max_length=36, index=True)

        class Meta:
            database = db
            table_name = "imported_note"

    db.create_tables([ImportedNote])
