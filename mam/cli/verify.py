"""`mam verify`: proves that the masters are still the bytes that came in."""

from __future__ import annotations

import typer

from mam.cli.box import box_of
from mam.errors import ChecksumMismatchError, NotFoundError, StorageError
from mam.services import masters


def verify(
    context: typer.Context,
    versions: list[str] | None = typer.Argument(None, metavar="[VERSION]...", help="Ids of versions."),  # noqa: B008
    every: bool = typer.Option(False, "--all", help="Every master of the box."),
) -> None:
    """Read masters again, hash them and compare; names each one that differs and exits with 1.

    With --all, masters that no version names are listed as well.
    """
    if not versions and not every:
        raise typer.BadParameter("name versions, or --all", param_hint="VERSION")
    bad = 0
    with box_of(context).open() as mam:
        for row in masters.select(None if every else versions):
            try:
                masters.verify(mam, row)
            except (ChecksumMismatchError, NotFoundError, StorageError) as error:
                bad += 1
                typer.echo(f"{row.id}  BAD  {row.filename!a}  {error.detail}")
            else:
                typer.echo(f"{row.id}  ok   {row.filename!a}")
        for key in masters.orphans(mam) if every else ():
            typer.echo(f"{key}  STRAY  a master that no version names; nothing refers to it")
    if bad:
        raise typer.Exit(1)
