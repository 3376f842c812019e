"""`mam NAME ...`: the commands of a plugin, loaded when somebody types its name.

Opens the box first (its tables are migrated), runs the command with a database connection, and contains it:
an error that nobody expected is one sentence and exit status 1, with the trace in the log.
"""

from __future__ import annotations

from functools import partial

import click
import structlog

from mam.cli.box import Box
from mam.core import Mam
from mam.errors import ConfigError, MamError, PluginError
from mam.plugins import State, discover
from mam.services import plugin_visits
from mam.types import Command

HOOK = "mam_commands"
log = structlog.get_logger("mam.plugins")


def group(context: click.Context, name: str) -> click.Group | None:
    """The plugin's commands; None where the configuration names no installed plugin so."""
    box = context.find_root().obj or Box(context.params.get("config_file"), context.params.get("data"))
    try:
        config = box.config()
    except ConfigError:
        return None  # a wrong name is told as such; a command that is there tells what is wrong with the file
    if name not in config.plugins or name not in discover():
        return None
    found = click.Group(name, help=f"Commands of the plugin {name}.")
    with box.open() as mam:
        commands = _declared(mam, name)
    for one in commands:
        found.add_command(_command(box, name, one))
    return found if commands else None


def _declared(mam: Mam, name: str) -> tuple[Command, ...]:
    plugin = mam.hooks.plugins[name]
    if plugin.state is not State.ENABLED:
        raise PluginError(f"The plugin {name} is {plugin.state}: {plugin.reason}")
    return mam.hooks.declared(HOOK).get(name, ())


def _command(box: Box, plugin: str, one: Command) -> click.Command:
    words = click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)
    return click.Command(
        one.name, params=[words], callback=partial(_run, box, plugin, one), help=one.help or None,
        context_settings={"ignore_unknown_options": True},
    )  # fmt: skip


def _run(box: Box, plugin: str, one: Command, words: tuple[str, ...]) -> None:
    with box.open() as mam:
        status = _contained(mam, plugin, one, list(words))
    if status:
        raise click.exceptions.Exit(status)


def _contained(mam: Mam, plugin: str, one: Command, words: list[str]) -> int:
    try:
        return int(one.run(mam.config, words, plugin_visits.enqueuer(mam, plugin)) or 0)
    except (MamError, click.ClickException, click.exceptions.Exit):
        raise
    except Exception as error:
        log.exception("plugin failed", plugin=plugin, hook=HOOK)
        raise PluginError(
            f"The plugin {plugin} failed over this ({type(error).__name__}: {error})."
        ) from error
