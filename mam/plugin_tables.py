"""Tables of plugins: their migrations after the core's, their models bound to the one database.

Each plugin has a table of its own that says which of its migrations were applied. What does not hold (a name
without its prefix, a migration that fails, a database newer than the plugin) stops that plugin alone, with a
finding. Writes the schema, where told to migrate.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from mam.models import schema
from mam.plugins import Hooks, Plugin
from mam.types import Finding

HOOK = "mam_tables"
log = structlog.get_logger("mam.plugins")


def applied(hooks: Hooks) -> dict[str, list[str]]:
    """The migrations that the database has of each plugin that has tables, by plugin."""
    found = {}
    for name in hooks.declared(HOOK):
        folder = hooks.plugins[name].folder("migrations")
        if folder is not None:
            found[name] = schema.applied_from(folder, _history(name))
    return found


def bring_up(hooks: Hooks, *, migrate: bool, upto: Mapping[str, list[str]] | None = None) -> list[str]:
    """Bind the models of each plugin, bring its tables forward or see whether they are; what was applied.

    `upto` are the last migrations to apply, for rows of a backup; plugins that it does not name go on to
    their last.
    """
    applied = []
    for name, models in hooks.declared(HOOK).items():
        last = max((upto or {}).get(name, ()), default=None)
        problem, done = _bring_up(hooks.plugins[name], models, migrate=migrate, last=last)
        applied += [f"{name}: {one}" for one in done]
        if problem is not None:
            hooks.refuse(name, problem)
    return applied


def _history(name: str) -> str:
    """The table that says which migrations of a plugin were applied."""
    return f"plugin_{name}_migration"


def _bring_up(
    plugin: Plugin, models: tuple[Any, ...], *, migrate: bool, last: str | None
) -> tuple[Finding | None, list[str]]:
    try:
        schema.bind(models, f"plugin_{plugin.name}_")
    except ValueError as error:
        return _finding(str(error)), []
    folder = plugin.folder("migrations")
    if folder is None:
        return _finding("It has tables and no folder migrations/ beside its module."), []
    return _migrated(plugin.name, folder, migrate=migrate, last=last)


def _migrated(
    name: str, folder: Path, *, migrate: bool, last: str | None
) -> tuple[Finding | None, list[str]]:
    history = _history(name)
    newer, pending = schema.state_of(folder, history)
    if newer:
        fix = "Install the newer version of the plugin again."
        return _finding(f"Its tables were made by a newer version: {', '.join(newer)}.", fix), []
    if pending and not migrate:
        return _finding("Its tables are behind this version.", "Run `mam migrate` (make a backup first)."), []
    try:
        return None, schema.run_from(folder, history, last)
    except Exception as error:
        log.exception("migration of a plugin failed", plugin=name)
        return _finding(f"A migration failed: {type(error).__name__}: {error}"[:500]), []


def _finding(message: str, fix: str = "") -> Finding:
    return Finding("tables", "error", message, fix, blocks=True)
