"""`mam config check`: says whether the box would start with this file."""

from __future__ import annotations

import typer

from mam.cli.box import box_of
from mam.errors import ConfigError
from mam.logs import setup_logging
from mam.plugins import State, open_hooks

app = typer.Typer(help="The configuration.", no_args_is_help=True)


@app.command("check")
def check(context: typer.Context) -> None:
    """Validate the TOML file and every plugin's section; the first mistake is named with its mend."""
    config = box_of(context).config()
    setup_logging(config.log, service="cli")
    for plugin in open_hooks(config).plugins.values():
        if plugin.state is State.STOPPED_BY_CONFIG_ERROR:
            raise ConfigError(plugin.reason)
        if plugin.state is State.STOPPED_BY_LOAD_ERROR:
            raise ConfigError(
                f"{config.path or 'the configuration'}: plugins: {plugin.name}: {plugin.reason}"
            )
    typer.echo(f"{config.path or 'Defaults'}: valid. Data folder: {config.data}")


@app.callback()
def group() -> None:
    """The configuration."""
