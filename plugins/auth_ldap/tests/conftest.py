"""A box with the plugin and a real directory in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parent))

import pytest
from ldap_certificate import write_certificate
from mam_auth_ldap import directory
from mam_auth_ldap.settings import Settings

from mam.config import Config, Secret
from mam.core import Mam
from mam.testing import make_config, opened_box, valkey_url

__all__ = ["make_config", "valkey_url"]

BASE = "dc=studio,dc=example"


@dataclass
class Directory:
    """The running server."""

    process: subprocess.Popen[str]
    plain: int
    tls: int
    ca_file: Path

    def order(self, *words: str) -> None:
        """Change the directory: `drop`, DN, or `set`, DN, attribute, value."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("|".join(words) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == "done"


@pytest.fixture
def people_server(tmp_path: Path) -> Iterator[Directory]:
    """A directory of the test's own, gone with it."""
    directory.forget()
    write_certificate(tmp_path)
    program = Path(__file__).with_name("directory_server.py")
    with subprocess.Popen(
        [sys.executable, str(program), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        plain, tls = map(int, process.stdout.readline().split())
        yield Directory(process, plain, tls, tmp_path / "cert.pem")
        process.kill()
    directory.forget()


@pytest.fixture
def settings_of(people_server: Directory) -> Callable[..., dict[str, Any]]:
    """The plugin's table for that directory; what is given goes over it."""

    def build(**more: Any) -> dict[str, Any]:
        return {
            "servers": [f"ldaps://localhost:{people_server.tls}"],
            "base": BASE,
            "bind_dn": f"cn=service,{BASE}",
            "bind_password": "service",
            "ca_file": str(people_server.ca_file),
            "new_accounts": "active",
            **more,
        }

    return build


@pytest.fixture
def settings(settings_of: Callable[..., dict[str, Any]]) -> Callable[..., Settings]:
    """The same as the plugin's own settings."""

    def build(**more: Any) -> Settings:
        table = {
            key: tuple(one) if isinstance(one, list) else one for key, one in settings_of(**more).items()
        }
        return Settings(**{**table, "bind_password": Secret(table["bind_password"])})

    return build


@pytest.fixture
def open_box(
    settings_of: Callable[..., dict[str, Any]], make_config: Callable[..., Config]
) -> Iterator[Callable[..., Mam]]:
    """Open a box with these settings of the plugin; it closes with the test."""
    opened: list[Iterator[Mam]] = []

    def build(**more: Any) -> Mam:
        tables = {"auth_ldap": settings_of(**more)}
        opened.append(opened_box(make_config(plugins=("auth_ldap",), plugin_tables=tables)))
        return next(opened[-1])

    yield build
    for one in opened:
        next(one, None)
