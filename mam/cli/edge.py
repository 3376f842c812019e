"""`mam edge`: the delivery service alone."""

from __future__ import annotations

from dataclasses import replace

import typer

from mam.cli.box import box_of
from mam.edge.server import serve
from mam.logs import setup_logging


def edge(
    context: typer.Context,
    port: int | None = typer.Option(None, min=0, max=65535, help="Listen here instead of [delivery] port."),
) -> None:
    """Serve signed previews from a disk cache; needs the store and the keys, no database."""
    config = box_of(context).config()
    setup_logging(config.log, service="edge")
    if port is not None:
        config = replace(config, delivery=replace(config.delivery, port=port))
    serve(config)
