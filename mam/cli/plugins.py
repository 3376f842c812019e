"""`mam plugins`: what is plugged in, in which state, and why; checking one; making a new one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mam import models, plugin_settings
from mam.cli.box import box_of
from mam.cli.new_plugin import KINDS, make_plugin
from mam.config import Config
from mam.core import prepare_data
from mam.errors import NotFoundError
from mam.logs import setup_logging
from mam.plugins import Hooks, Plugin, State, discover, open_hooks

app = typer.Typer(help="What is plugged in, in which state, and why.", invoke_without_command=True)


@app.callback()
def plugins(context: typer.Context) -> None:
    """List every plugin with its state and the reason for it, in the order they are asked."""
    if not context.invoked_subcommand:
        list_plugins(context)


@app.command("list")
def list_plugins(context: typer.Context) -> None:
    """List every plugin with its state and the reason for it; the same as `mam plugins` alone."""
    config = _config(context)
    hooks = open_hooks(config)
    _remember(config, hooks)
    hooks.check_all()
    table = Table("plugin", "state", "reason and findings", box=None, pad_edge=False)
    for plugin in hooks.plugins.values():
        colour = "green" if plugin.state is State.ENABLED else "yellow"
        name = plugin.name.removeprefix("mam.builtin.") + (" (builtin)" if plugin.builtin else "")
        table.add_row(Text(name), Text(str(plugin.state), colour), Text("\n".join(_lines(plugin))))
    Console().print(table)


@app.command("check")
def check_plugin(
    context: typer.Context, name: str = typer.Argument(help="The plugin; it need not be named in the TOML.")
) -> None:
    """Load one plugin, check its settings and let it look at itself; exit 1 where it cannot work here."""
    hooks = _alone(_config(context), name)
    plugin = hooks.plugins[name]
    hooks.check(name)
    typer.echo(f"{name}: {plugin.state}")
    for line in _lines(plugin):
        typer.echo(f"  {line}")
    if plugin.state is not State.ENABLED:
        raise typer.Exit(1)


@app.command("new")
def new_plugin(
    name: str = typer.Argument(help="Its name: small letters, digits, underscores."),
    kind: str = typer.Option("describe", help=f"What it is to do: {', '.join(KINDS)}."),
    into: Path = typer.Option(Path(), help="The folder to make it in."),  # noqa: B008 - typer's way
) -> None:
    """Make a new plugin that works, with settings, README and the tests of its kind."""
    folder = make_plugin(name, kind, into, frozenset(discover()))
    typer.echo(f"Made {folder}. Next: cd {folder} && pip install -e '.[test]' && pytest")


def _config(context: typer.Context) -> Config:
    config = box_of(context).config()
    setup_logging(config.log, service="cli")
    prepare_data(config)
    return config


def _remember(config: Config, hooks: Hooks) -> None:
    """What the box's database says is switched off, where there is one of this version."""
    if not config.database.url and not (config.data / "mam.db").is_file():
        return
    models.connect(config)
    try:
        plugin_settings.switch_off_again(hooks)
    except models.Refused as error:
        typer.echo(f"mam: what is switched off is not known: {error}", err=True)


def _alone(config: Config, name: str) -> Hooks:
    """The configured plugins, and this one where it is installed but not named."""
    if name not in config.plugins and name not in discover():
        raise NotFoundError(f"No plugin {name} is installed; known: {', '.join(sorted(discover()))}.")
    names = config.plugins if name in config.plugins else (*config.plugins, name)
    return open_hooks(replace(config, plugins=names))


def _lines(plugin: Plugin) -> list[str]:
    """Why it is in its state, and what its self-check found."""
    lines = [plugin.reason] if plugin.reason else []
    told = (one for one in plugin.findings if not one.blocks)
    return lines + [f"{one.severity}: {one.message} {one.fix}".strip() for one in told]
