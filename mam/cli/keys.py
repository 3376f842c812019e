"""`mam keys`: the keys that sign addresses."""

from __future__ import annotations

import typer

from mam.cli.box import box_of
from mam.core import prepare_data
from mam.signing import KeyRing

app = typer.Typer(help="The keys that sign delivery addresses.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The keys that sign delivery addresses."""


@app.command("rotate")
def rotate(context: typer.Context) -> None:
    """Make a new signing key; addresses signed with the old ones hold until they expire."""
    config = box_of(context).config()
    prepare_data(config)
    ring = KeyRing.open(config.secrets / "delivery-keys.json")
    kid = ring.rotate(keep_seconds=config.uploads.address_seconds)  # the longest life of a signed address
    typer.echo(f"New addresses are signed with key {kid}. No restart is needed.")
