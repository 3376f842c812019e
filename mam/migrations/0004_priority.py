"""Jobs have a priority, and pieces of a film know the job that they belong to."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("job", "priority", IntegerField(default=0)),
        migrator.add_column("job", "parent_id", CharField(max_length=36, null=True)),
        migrator.add_index("job", ("parent_id",), False),
    )
