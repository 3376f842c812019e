"""The schema's version: bring a database forward, or say how far behind it is (files: `mam/migrations`)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from peewee import Model
from playhouse.migrations import Migration, Runner

from mam.models.base import connected, database

MIGRATIONS = Path(__file__).parents[1] / "migrations"

PLUGGED: dict[str, type[Model]] = {}
"""Tables of plugins that were bound in this process, by name."""


def run_migrations(target: str | None = None) -> list[str]:
    """Bring the bound database forward to this version, or only to `target`; returns the names applied."""
    with connected():
        return list(_runner().up(target))


def known_migrations() -> list[str]:
    """Names of all migrations of this version, the oldest first."""
    return [one.name for one in Migration.load_directory(str(MIGRATIONS))]


def applied_migrations() -> list[str]:
    """Names of the migrations that the bound database has, the oldest first; known to this version or not."""
    with connected():
        return sorted(_runner().applied())


def pending_migrations() -> list[str]:
    """Names of migrations that this version has and the bound database has not."""
    with connected():
        return [one.name for one in _runner().status() if not one.applied]


def bind(models: Iterable[type[Model]], prefix: str) -> None:
    """Have models of a plugin live in the bound database; `ValueError` for a name without the prefix.

    What is bound is kept by backups.
    """
    found = list(models)
    for model in found:
        name = str(model._meta.table_name)  # noqa: SLF001 - peewee's own way to a table's name
        if not name.startswith(prefix):
            raise ValueError(f"Its table {name} has to be named {prefix}…")
    for model in found:
        model.bind(database)
        PLUGGED[str(model._meta.table_name)] = model  # noqa: SLF001


def state_of(folder: Path, history: str) -> tuple[list[str], list[str]]:
    """Migrations of a plugin that the database has and the folder has not; and the other way round."""
    with connected():
        rows = _runner(folder, history).status()
    return [one.name for one in rows if one.path is None], [one.name for one in rows if not one.applied]


def applied_from(folder: Path, history: str) -> list[str]:
    """The migrations of a plugin that the database has, the oldest first."""
    with connected():
        return sorted(_runner(folder, history).applied())


def run_from(folder: Path, history: str, last: str | None = None) -> list[str]:
    """Apply what is pending of a plugin's folder, up to `last`; returns the names.

    Raises whatever a migration raises.
    """
    with connected():
        return list(_runner(folder, history).up(last))


def _runner(folder: Path = MIGRATIONS, history: str = "schema_migration") -> Runner:
    return Runner(database.obj, str(folder), table_name=history)  # type: ignore[attr-defined]
