"""`mam verify`: proves that the masters, and their copies, are still the bytes that came in; heals them."""

from __future__ import annotations

from dataclasses import dataclass

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from mam.cli.box import box_of
from mam.core import Mam
from mam.errors import ChecksumMismatchError, NotFoundError, StorageError
from mam.models import Version
from mam.services import copies, healing, masters
from mam.services.pace import Pace

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_LONGEST_NAME = 40


def verify(  # noqa: PLR0917 - a command's options
    context: typer.Context,
    versions: list[str] | None = typer.Argument(None, metavar="[VERSION]...", help="Ids of versions."),  # noqa: B008
    every: bool = typer.Option(False, "--all", help="Every master of the box, and every copy."),
    heal: bool = typer.Option(False, "--heal", help="Mend what is damaged from what is sound."),
    rate: str = typer.Option("", "--rate", metavar="N[K|M|G]", help="Read so many bytes a second at most."),
    quiet: bool = typer.Option(False, "--quiet", help="Name only what is not well."),
) -> None:
    """Read masters and their copies again, hash them and compare; names each that differs and exits with 1.

    With --heal a damaged master is written anew from a sound copy, and a damaged or missing copy from its
    master; what was healed is no failure. With --all, masters that no version names are listed as well.
    """
    if not versions and not every:
        raise typer.BadParameter("name versions, or --all", param_hint="VERSION")
    limit = _bytes(rate)
    with box_of(context).open() as mam:
        rows = list(masters.select(None if every else versions))
        with _bars() as bars:
            task = bars.add_task("", total=sum(row.size for row in rows), name="")
            run = Verifying(mam, heal, quiet, bars, Pace(limit, lambda count: bars.advance(task, count)))
            for row in rows:
                bars.update(task, name=escape(f"{row.filename[:_LONGEST_NAME]!a}"))
                run.one(row)
        for key in masters.orphans(mam) if every else ():
            typer.echo(f"{key}  STRAY  a master that no version names; nothing refers to it")
    if run.bad:
        typer.echo(f"{run.bad} of {len(rows)} masters are not well: {', '.join(run.names)}", err=True)
        raise typer.Exit(1)


@dataclass
class Verifying:
    """One run: proves master after master and counts those that are not well in the end."""

    mam: Mam
    heal: bool
    quiet: bool
    bars: Progress
    pace: Pace
    bad: int = 0
    names: tuple[str, ...] = ()

    def one(self, row: Version) -> None:
        """A master and its copies, a line each."""
        well = True
        try:
            source = healing.verify(self.mam, row, pace=self.pace, heal=self.heal)
        except (ChecksumMismatchError, NotFoundError, StorageError) as error:
            well = False
            self._say(row, "BAD ", error.detail)
        else:
            said = f'HEALED  {row.filename!a}  from the copy "{source}"' if source else ""
            self._say(row, said or "ok  ", "" if said else None)
        for copy in copies.expected(self.mam, row):
            well = self._copy(row, copy.store) and well
        if not well:
            self.bad += 1
            self.names = (*self.names, row.id)

    def _copy(self, row: Version, store: str) -> bool:
        """Whether the copy in that store is sound in the end."""
        try:
            healed = copies.ensure(self.mam, row, store, pace=Pace(self.pace.rate), heal=self.heal)
        except (ChecksumMismatchError, NotFoundError, StorageError) as error:
            self._say(row, "BAD ", f"copy {store}: {error.detail}")
            return False
        if healed:
            self._say(row, f"HEALED  {row.filename!a}  the copy in {store}", "")
        return True

    def _say(self, row: Version, word: str, detail: str | None) -> None:
        """A line on standard output; above the bar where there is one."""
        if self.quiet and detail is None:
            return
        line = f"{row.id}  {word}" if detail == "" else f"{row.id}  {word} {row.filename!a}  {detail or ''}"
        if self.bars.live.is_started and self.bars.console.is_terminal:
            self.bars.console.print(line.rstrip(), markup=False, highlight=False, soft_wrap=True)
        else:
            typer.echo(line.rstrip())


def _bytes(text: str) -> int:
    """`25M` as bytes; empty is 0, which is no limit."""
    number, unit = text[:-1], text[-1:].upper()
    if unit.isdigit() or not text:
        number, unit = text or "0", ""
    if unit not in _UNITS or not number.isdigit():
        raise typer.BadParameter("a number of bytes, as in 500K, 25M or 1G", param_hint="--rate")
    return int(number) * _UNITS[unit]


def _bars() -> Progress:
    """One bar over all bytes; only on a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("verify {task.fields[name]}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
