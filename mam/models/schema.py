"""The schema's version: bring a database forward, or say how far behind it is (files: `mam/migrations`)."""

from __future__ import annotations

from pathlib import Path

from playhouse.migrations import Migration, Runner

from mam.models.base import connected, database

MIGRATIONS = Path(__file__).parents[1] / "migrations"


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


def _runner() -> Runner:
    return Runner(database.obj, str(MIGRATIONS))  # type: ignore[attr-defined]
