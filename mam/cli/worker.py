"""`mam worker`: take jobs from the queues; join a box from another machine; who works for it."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mam.cli.box import box_of
from mam.logs import setup_logging
from mam.queue import QUEUES
from mam.services import worker_join, worker_nodes
from mam.types import SYSTEM

app = typer.Typer(help="Take jobs, on this machine or on more of them.", invoke_without_command=True)


@app.callback()
def worker(
    context: typer.Context,
    queues: str = typer.Option(",".join(QUEUES), help="Which queues, with commas between."),
) -> None:
    """Take jobs: examine, render, housekeeping. Refuses to start without a sandbox that holds."""
    if context.invoked_subcommand:
        return
    wanted = tuple(name.strip() for name in queues.split(",") if name.strip())
    unknown = [name for name in wanted if name not in QUEUES]
    if unknown or not wanted:
        raise typer.BadParameter(f"known queues: {', '.join(QUEUES)}", param_hint="--queues")
    config = box_of(context).config()
    setup_logging(config.log, service="worker")
    from mam.worker import main  # noqa: PLC0415 - 1 s of imports that the other commands do without

    main(config, wanted)


@app.command("invite")
def invite(
    context: typer.Context,
    minutes: int = typer.Option(
        worker_join.MINUTES, min=1, max=worker_join.MOST_MINUTES, help="How long the token holds."
    ),
) -> None:
    """Make a one-time token, by which another machine joins this box as a worker."""
    with box_of(context).open() as mam:
        server = mam.config.server
        address = server.public_url.rstrip("/") or f"http://{server.host}:{server.port}"
        made = worker_join.invite(mam, SYSTEM, base_url=address, minutes=minutes)
    typer.echo(f"On the other machine, within {minutes} minutes and once:\n\n  {made['command']}\n")


@app.command("join")
def join(
    context: typer.Context,
    address: str = typer.Argument(metavar="ADDRESS", help="The box, such as https://mam.local."),
    token: str = typer.Argument(metavar="TOKEN", help="What an administrator made on the page Workers."),
    again: bool = typer.Option(False, help="Replace the configuration that is there."),
) -> None:
    """Make this machine a worker of a box: fetches addresses, passwords and keys, keeps them 0600."""
    from mam.cli import worker_joining  # noqa: PLC0415 - talks HTTP, which the other commands do not

    for line in worker_joining.join(box_of(context), address, token, again=again):
        typer.echo(line)


@app.command("list")
def list_workers(context: typer.Context) -> None:
    """The machines that work for this box: how each is and what it does."""
    table = Table("machine", "state", "version", "load", "encoders", "jobs", "seen", box=None, pad_edge=False)
    with box_of(context).open() as mam:
        cursor: str | None = None
        while True:
            found = worker_nodes.list_nodes(mam, SYSTEM, cursor=cursor, limit=200)
            for one in found["items"]:
                table.add_row(*(Text(cell) for cell in _cells(one)))
            cursor = found["next_cursor"]
            if cursor is None:
                break
    Console().print(table)


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    names = [item["name"] for item in (*one["encoders"], *one["gpus"])]
    doing = [f"{job['kind']} {job['percent']:.0f} %" for job in one["jobs"]]
    version = f"{one['version']} (not this box's)" if one["version_differs"] else str(one["version"])
    load = "" if one["load"] is None else f"{one['load']} of {one['cpus']}"
    return (
        str(one["host"]), str(one["state"]), version, load, ", ".join(names),
        ", ".join(doing), str(one["seen_at"] or "never"),
    )  # fmt: skip


@app.command("drain")
def drain(
    context: typer.Context,
    name: str = typer.Argument(metavar="MACHINE", help="Its name or id, as `mam worker list` has it."),
    undo: bool = typer.Option(False, "--undo", help="Take jobs again."),
) -> None:
    """Have a machine take no new job; what it does it ends."""
    with box_of(context).open() as mam:
        node_id = worker_nodes.find(mam, SYSTEM, name)
        (worker_nodes.resume if undo else worker_nodes.drain)(mam, SYSTEM, node_id)
    typer.echo("It takes jobs again." if undo else "It takes no new job; what it does it ends.")


@app.command("remove")
def remove(
    context: typer.Context,
    name: str = typer.Argument(metavar="MACHINE", help="Its name or id, as `mam worker list` has it."),
) -> None:
    """Take a machine off the list; one that joined by a token stops working."""
    with box_of(context).open() as mam:
        worker_nodes.remove(mam, SYSTEM, worker_nodes.find(mam, SYSTEM, name))
    typer.echo("Removed. It knew this box's passwords: change them where the machine is not yours any more.")
