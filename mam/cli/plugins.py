"""`mam plugins`: what is plugged in, in which state, and why."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mam.cli.box import box_of
from mam.core import prepare_data
from mam.logs import setup_logging
from mam.plugins import State, open_hooks


def plugins(context: typer.Context) -> None:
    """List every plugin with its state and the reason for it, in the order they are asked."""
    config = box_of(context).config()
    setup_logging(config.log, service="cli")
    prepare_data(config)
    hooks = open_hooks(config)
    hooks.check_all()
    table = Table("plugin", "state", "reason and findings", box=None, pad_edge=False)
    for plugin in hooks.plugins.values():
        lines = [plugin.reason] if plugin.reason else []
        lines += [
            f"{one.severity}: {one.message} {one.fix}".strip() for one in plugin.findings if not one.blocks
        ]
        colour = "green" if plugin.state is State.ENABLED else "yellow"
        name = plugin.name.removeprefix("mam.builtin.") + (" (builtin)" if plugin.builtin else "")
        table.add_row(Text(name), Text(str(plugin.state), colour), Text("\n".join(lines)))
    Console().print(table)
