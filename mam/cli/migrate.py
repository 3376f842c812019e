"""`mam migrate`: bring the database forward to this version."""

from __future__ import annotations

import typer

from mam import models
from mam.cli.box import box_of
from mam.core import prepare_data
from mam.models.schema import run_migrations


def migrate(context: typer.Context) -> None:
    """Bring the database forward to this version; says what was applied."""
    config = box_of(context).config()
    prepare_data(config)
    models.connect(config)
    applied = run_migrations()
    typer.echo("\n".join(f"applied {name}" for name in applied) or "The database is up to date.")
