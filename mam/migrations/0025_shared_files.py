"""Files of notes: a file whose bytes are those of another one, as copies of notes have them."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("comment_file", "stored", CharField(max_length=36, null=True)),
        migrator.add_index("comment_file", ("stored",), False),
    )
