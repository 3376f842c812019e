"""What every command shares: the two options, and the box they open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from mam import models
from mam.config import Config, load
from mam.core import Mam, open_mam
from mam.logs import setup_logging

SHARED = ("--config", "--data")


@dataclass(frozen=True)
class Box:
    """The paths given on the command line."""

    config_file: str | None
    data: str | None

    def config(self) -> Config:
        """The configuration they name; `ConfigError` where it cannot be used."""
        file = Path(self.config_file) if self.config_file else None
        return load(file, Path(self.data) if self.data else None)

    @contextmanager
    def open(self, *, migrate: bool = True) -> Iterator[Mam]:
        """The opened box with a database connection, for one command."""
        config = self.config()
        setup_logging(config.log, service="cli")
        mam = open_mam(config, migrate=migrate, check=False)
        with models.database.connection_context():
            yield mam


def box_of(context: typer.Context) -> Box:
    """The box of the running command."""
    box: Box = context.find_root().obj
    return box


def hoist(arguments: list[str]) -> list[str]:
    """Move `--config F` and `--data DIR` to the front, where the main command takes them.

    Whatever follows `--` stays where it is: it names files.
    """
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in SHARED:
            front += [argument, *_one(waiting)]
        elif argument.startswith(tuple(f"{name}=" for name in SHARED)):
            front.append(argument)
        else:
            rest.append(argument)
    return front + rest


def _one(waiting: Iterator[str]) -> list[str]:
    value = next(waiting, None)
    return [] if value is None else [value]
