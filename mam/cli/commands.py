"""Which commands there are; a command's file is imported when that command is asked for.

All files together take 1.5 s and 137 MB, which every process of a box would pay: so the supervisor and the
edge take 84 MB, a worker 102 MB.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

EPILOG = "--config F and --data DIR may stand anywhere on the line; --data DIR alone is enough to run."

PLACES = {
    "up": "up.up",
    "web": "web.web",
    "worker": "worker.app",
    "edge": "edge.edge",
    "init": "init.init",
    "ingest": "ingest.ingest",
    "offload": "offload.offload",
    "verify": "verify.verify",
    "backup": "backup.backup",
    "restore": "backup.restore",
    "update": "update.app",
    "doctor": "doctor.doctor",
    "migrate": "migrate.migrate",
    "openapi": "openapi.openapi",
    "audit": "audit.app",
    "config": "config.app",
    "user": "user.app",
    "jobs": "jobs.app",
    "keys": "keys.app",
    "mhl": "mhl.app",
    "plugins": "plugins.app",
}
"""Command to `file.name` in this folder: a function is a command, a `Typer` a group of them."""


class Commands(TyperGroup):
    """The commands by name, loaded one by one."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """All names, in the order of the help page."""
        return list(PLACES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """That command; for a name that there is not, all are loaded, so that a similar one is suggested."""
        if cmd_name not in PLACES and cmd_name not in self.commands:
            found = _of_plugin(ctx, cmd_name)
            if found is not None:
                return found
        for name in [cmd_name] if cmd_name in PLACES else PLACES:
            if name not in self.commands:
                self.add_command(_load(name), name)
        return super().get_command(ctx, cmd_name)


def _of_plugin(ctx: Any, name: str) -> Any:
    """The commands of the plugin of that name, where the configuration names it; loaded only then."""
    from mam.cli import plugged  # noqa: PLC0415 - it takes the box's modules, which core commands do without

    return plugged.group(ctx, name)


def _load(name: str) -> Any:
    file, attribute = PLACES[name].split(".")
    found = getattr(import_module(f"mam.cli.{file}"), attribute)
    if isinstance(found, typer.Typer):
        found.rich_markup_mode = None
        group = typer.main.get_group(found)
        group.epilog = EPILOG
        return group
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name, epilog=EPILOG)(found)
    return typer.main.get_command(alone)
