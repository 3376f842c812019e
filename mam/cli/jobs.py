"""`mam jobs`: what the workers do, and running a dead job again."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mam.cli.box import box_of
from mam.services import job_admin as service
from mam.types import SYSTEM

app = typer.Typer(help="The jobs of the workers.", invoke_without_command=True)


@app.callback()
def list_jobs(
    context: typer.Context,
    state: str | None = typer.Option(None, help="queued, running, done, dead or cancelled."),
) -> None:
    """List the latest jobs, newest first."""
    if context.invoked_subcommand:
        return
    table = Table("job", "kind", "state", "percent", "attempts", "error", box=None, pad_edge=False)
    with box_of(context).open() as mam:
        for job in service.list_jobs(mam, SYSTEM, state=state)["items"]:
            error = job["error"]["detail"] if job["error"] else ""
            cells = (
                job["id"],
                job["kind"],
                job["state"],
                f"{job['percent']:.0f}",
                str(job["attempts"]),
                error,
            )
            table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


@app.command("retry")
def retry(context: typer.Context, job: str) -> None:
    """Run a dead or cancelled job again."""
    with box_of(context).open() as mam:
        service.retry(mam, SYSTEM, job)
    typer.echo("Queued.")


@app.command("cancel")
def cancel(context: typer.Context, job: str) -> None:
    """Stop a queued or running job."""
    with box_of(context).open() as mam:
        service.cancel(mam, SYSTEM, job)
    typer.echo("Cancelled.")
