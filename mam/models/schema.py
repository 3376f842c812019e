"""The schema's version: bring a database forward, or say how far behind it is (files: `mam/migrations`)."""

from __future__ import annotations

from pathlib import Path

from playhouse.migrations import Runner

from mam.models.base import database

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def run_migrations() -> list[str]:
    """Bring the bound database forward to this version; returns the names applied."""
    with database.connection_context():
        return list(_runner().up())


def pending_migrations() -> list[str]:
    """Names of migrations that this version has and the bound database has not."""
    with database.connection_context():
        return [one.name for one in _runner().status() if not one.applied]


def _runner() -> Runner:
    return Runner(database.obj, str(MIGRATIONS))  # type: ignore[attr-defined]
