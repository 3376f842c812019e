"""`mam migrate`: bring the database forward to this version; build what is searched anew."""

from __future__ import annotations

import typer

from mam import models, plugin_tables
from mam.cli.box import box_of
from mam.core import prepare_data
from mam.models.schema import run_migrations
from mam.plugins import open_hooks
from mam.services import search_index


def migrate(
    context: typer.Context,
    search: bool = typer.Option(False, "--search", help="Also build what is searched anew, asset by asset."),
) -> None:
    """Bring the database forward to this version; says what was applied."""
    config = box_of(context).config()
    prepare_data(config)
    models.connect(config)
    applied = run_migrations()
    applied += plugin_tables.bring_up(open_hooks(config), migrate=True)
    typer.echo("\n".join(f"applied {name}" for name in applied) or "The database is up to date.")
    if search:
        with models.database.connection_context():
            typer.echo(f"indexed {search_index.rebuild()} assets")
