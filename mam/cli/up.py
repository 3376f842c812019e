"""`mam up`: everything on this machine, from one command.

Writes the data folder, its secrets and `up.json` (where the box answers, for other commands).
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import httpx
import typer

from mam import __version__, models
from mam.cli.box import Box, box_of
from mam.cli.supervisor import Supervisor
from mam.config import Config
from mam.core import open_mam, prepare_data
from mam.errors import ConfigError, MamError
from mam.logs import setup_logging
from mam.services import accounts
from mam.valkey import valkey_command

START_SECONDS = 300.0
_BESIDE = {"disk", "plugins"}  # a box whose disk is nearly full has started, and says so on every page


def up(
    context: typer.Context,
    port: int | None = typer.Option(None, min=1, max=65535, help="Listen here instead of [server] port."),
) -> None:
    """Run the whole box: portal and API, delivery, workers, and the embedded queue.

    The first start makes the data folder and prints a one-time link that makes the first admin.
    """
    box = box_of(context)
    config = box.config()
    setup_logging(config.log, service="up")
    if port is not None:
        config = replace(config, server=replace(config.server, port=port))
    prepare_data(config)
    lock = _only_one(config)
    _check_port(config)
    with lock:
        _run(config, box)


def _run(config: Config, box: Box) -> None:
    began = time.monotonic()
    supervisor = Supervisor()
    try:
        if config.owns_queue:
            supervisor.start("valkey", valkey_command(config))
        token = _prepare_database(config)
        for name, command in _roles(config, box):
            supervisor.start(name, command)
        url = base_url(config)
        if not supervisor.wait_until(lambda: _is_healthy(config), START_SECONDS):
            if supervisor.stopping:
                return
            raise MamError(
                f"The box did not become healthy within {START_SECONDS:.0f} seconds; see the log above."
            )
        (config.run_dir / "up.json").write_text(
            json.dumps({"pid": os.getpid(), "url": url}), encoding="utf-8"
        )
        _greet(config, url, token, time.monotonic() - began)
        supervisor.watch()
    finally:
        (config.run_dir / "up.json").unlink(missing_ok=True)
        supervisor.stop()


def _prepare_database(config: Config) -> str | None:
    """Migrate, and mint the set-up link's token while there is no admin."""
    mam = open_mam(config, migrate=True, check=False)
    with models.database.connection_context():
        return accounts.setup_token(mam)


def _roles(config: Config, box: Box) -> list[tuple[str, list[str]]]:
    shared = ["--data", str(config.data)]
    if box.config_file:
        shared += ["--config", str(Path(box.config_file).absolute())]
    command = [sys.executable, "-m", "mam.cli", *shared]
    web = ("web", [*command, "web", "--port", str(config.server.port)])
    return [web, *((f"worker-{number}", [*command, "worker"]) for number in range(config.workers.processes))]


def base_url(config: Config) -> str:
    """Where people reach the box: `[server] public_url`, or the address it listens on."""
    if config.server.public_url:
        return config.server.public_url.rstrip("/")
    host = "127.0.0.1" if config.server.host in ("0.0.0.0", "::") else config.server.host  # noqa: S104 - compared
    return f"http://{f'[{host}]' if ':' in host else host}:{config.server.port}"


def running_url(config: Config) -> str | None:
    """Where a running box of this data folder answers, or None."""
    try:
        state = json.loads((config.run_dir / "up.json").read_text(encoding="utf-8"))
        os.kill(state["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return str(state["url"])


def _only_one(config: Config) -> TextIO:
    """Hold the data folder: two boxes on one would fight over its queue and port."""
    file = (config.run_dir / "up.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        where = running_url(config) or "somewhere"
        raise MamError(f"A box with the data folder {config.data} is running already, at {where}.") from None
    return file


def _check_port(config: Config) -> None:
    family = socket.AF_INET6 if ":" in config.server.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.server.host, config.server.port))
        except OSError as error:
            where = f"{config.server.host}:{config.server.port}"
            raise ConfigError(f"{where} cannot be used: {error.strerror}; try another --port.") from None


def _is_healthy(config: Config) -> bool:
    local = replace(config, server=replace(config.server, public_url=""))
    try:
        answer = httpx.get(f"{base_url(local)}/api/health", timeout=5)
    except httpx.HTTPError:
        return False
    checks = answer.json().get("checks", {}) if answer.is_success else {}
    return bool(checks) and all(checks[name]["status"] == "ok" for name in checks.keys() - _BESIDE)


def _greet(config: Config, url: str, token: str | None, seconds: float) -> None:
    lines = [
        f"MAM {__version__} is ready after {seconds:.1f} s.",
        f"  Portal   {url}/",
        f"  API      {url}/docs",
        f"  Data     {config.data}",
    ]
    if token:
        lines.append(f"  Set-up   {url}/setup/{token}   (once: makes the first admin)")
    lines.append("Stop with Ctrl-C.")
    print("\n".join(lines), flush=True)
