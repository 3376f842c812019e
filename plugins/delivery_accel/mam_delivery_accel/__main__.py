"""`python -m mam_delivery_accel http|server --config FILE`: nginx's side of the settings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mam.config import load
from mam.errors import ConfigError
from mam_delivery_accel.nginx import http_part, server_part
from mam_delivery_accel.settings import Settings


def main(words: list[str] | None = None) -> int:
    """Write one part; 1 with a sentence on standard error where the settings do not hold."""
    parser = argparse.ArgumentParser(prog="mam_delivery_accel", description=__doc__)
    parser.add_argument("part", choices=("http", "server"))
    parser.add_argument("--config", type=Path, required=True, help="the box's TOML file")
    parser.add_argument(
        "--checks", type=Path, default=Path("/run/mam-checks"), help="nginx's own small folder"
    )
    parser.add_argument("--upstream", default="http://127.0.0.1:8080", help="where the box listens")
    parser.add_argument("--secret-file", default="", help="a file with the secret's line, included by nginx")
    asked = parser.parse_args(words)
    try:
        config = load(asked.config)
        settings = config.plugin("delivery_accel", Settings)
        server = server_part(config, settings, asked.upstream, asked.secret_file)
    except ConfigError as error:
        sys.stderr.write(f"{error.detail}\n")
        return 1
    sys.stdout.write(server if asked.part == "server" else http_part(config, asked.checks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
