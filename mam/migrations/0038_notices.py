"""People are told of more than versions: a notification may be about a plugin by name, and no version."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("notification", "subject", CharField(max_length=64, default="")),
        migrator.drop_not_null("notification", "version_id"),
    )
