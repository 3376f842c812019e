"""The language that a user chose for the pages; empty follows the browser."""

from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column("user", "language", CharField(max_length=16, default="")))
