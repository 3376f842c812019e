"""`mam worker`: take jobs from the queues."""

from __future__ import annotations

import typer

from mam.cli.box import box_of
from mam.logs import setup_logging
from mam.queue import QUEUES
from mam.worker import main


def worker(
    context: typer.Context,
    queues: str = typer.Option(",".join(QUEUES), help="Which queues, with commas between."),
) -> None:
    """Take jobs: examine, render, housekeeping. Refuses to start without a sandbox that holds."""
    wanted = tuple(name.strip() for name in queues.split(",") if name.strip())
    unknown = [name for name in wanted if name not in QUEUES]
    if unknown or not wanted:
        raise typer.BadParameter(f"known queues: {', '.join(QUEUES)}", param_hint="--queues")
    config = box_of(context).config()
    setup_logging(config.log, service="worker")
    main(config, wanted)
