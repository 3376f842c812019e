"""The copy of the database that an update can come back to, made while nothing serves.

Only for SQLite, which the appliance has: another database is its owner's, with a backup from before. Writes
`updates/database/` of the data folder; on the way back the newer database is kept beside, never deleted.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from mam.config import Config
from mam.models.schema import known_migrations
from mam.services.update_slots import replace_file, sync_folder

_SCHEME = "sqlite:///"


def keep(config: Config, mark: str) -> bool:
    """Copy the database before a new version changes it, once an update (`mark`); whether it was copied."""
    file, folder = _file(config), config.data / "updates" / "database"
    if file is None or not file.exists() or _mark(folder) == mark:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    copy = folder / "mam.db"
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    _sync(copy)
    replace_file(folder / "mark", mark)
    return True


def back(config: Config, mark: str) -> bool:
    """Bring the copy back where the database was changed for a version that is gone; whether that was so.

    May be cut off at any moment and done again.
    """
    file, folder = _file(config), config.data / "updates" / "database"
    if file is None or not file.exists() or _mark(folder) != mark:
        return False
    with closing(sqlite3.connect(file)) as newer:
        if not _is_newer(newer):
            return False
        newer.execute(
            "PRAGMA journal_mode = DELETE"
        ).fetchall()  # all of it in one file, which can be changed
    aside, coming = folder / "newer.db", file.with_name(f"{file.name}.back")
    aside.unlink(missing_ok=True)
    aside.hardlink_to(file)
    shutil.copyfile(folder / "mam.db", coming)
    coming.chmod(file.stat().st_mode & 0o777)
    _sync(coming)
    coming.replace(file)
    sync_folder(file.parent)
    return True


def _is_newer(database: sqlite3.Connection) -> bool:
    names = {name for (name,) in database.execute("SELECT name FROM schema_migration")}
    return bool(names - set(known_migrations()))


def _file(config: Config) -> Path | None:
    url = config.database_url
    return Path(url.removeprefix(_SCHEME)) if url.startswith(_SCHEME) else None


def _mark(folder: Path) -> str:
    try:
        return (folder / "mark").read_text("utf-8")
    except OSError:
        return ""


def _sync(file: Path) -> None:
    with file.open("rb") as handle:
        os.fsync(handle.fileno())
