"""C4 ids of masters, for media hash lists; older versions get theirs when they are verified next."""

from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column("version", "c4", CharField(max_length=90, null=True)))
