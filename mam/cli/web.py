"""`mam web`: the portal and API alone."""

from __future__ import annotations

from dataclasses import replace

import typer

from mam.cli.box import box_of
from mam.logs import setup_logging
from mam.web.server import serve


def web(
    context: typer.Context,
    port: int | None = typer.Option(None, min=0, max=65535, help="Listen here instead of [server] port."),
) -> None:
    """Serve the portal and API, without workers; for more than one machine."""
    config = box_of(context).config()
    setup_logging(config.log, service="web")
    if port is not None:
        config = replace(config, server=replace(config.server, port=port))
    serve(config)
