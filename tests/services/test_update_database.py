"""The database that an update can come back to."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from mam import models
from mam.config import load
from mam.core import prepare_data
from mam.models.schema import run_migrations
from mam.services import update_database


def rows(file: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as database:
        return database.execute(question).fetchall()


def test_a_database_that_a_new_version_changed_is_brought_back(tmp_path: Path) -> None:
    # Given a database, and a copy of it made before a new version started
    config = load(None, tmp_path / "data")
    prepare_data(config)
    models.connect(config)
    run_migrations()
    models.database.close_all()
    file, copies = config.data / "mam.db", config.data / "updates" / "database"
    assert update_database.keep(config, "one")
    assert not update_database.keep(config, "one")
    # When nothing of it was changed for that version, then it stays, with all that came in meanwhile
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE meanwhile (id INTEGER)")
    assert not update_database.back(config, "one")
    assert rows(file, "SELECT * FROM meanwhile") == []
    # When the new version changed it, then the copy is back and the newer one lies beside
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2026-11-22')"
        )
    assert not update_database.back(config, "another update")
    assert update_database.back(config, "one")
    there = "SELECT name FROM sqlite_master WHERE name = 'meanwhile'"
    assert rows(file, there) == []
    assert rows(copies / "newer.db", there) == [("meanwhile",)]
    assert rows(file, "SELECT name FROM schema_migration WHERE name = '9999_later'") == []
    # And done again, as after a power cut, it changes nothing
    assert not update_database.back(config, "one")
