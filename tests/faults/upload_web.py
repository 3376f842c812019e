"""A real web process that a test may kill in the middle of an upload, and a client that resumes."""

from __future__ import annotations

import http.client
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from mam.builtin.storage_files import release
from mam.testing import free_port

PASSWORD = "correct horse battery staple"
PART = 16 << 20


@dataclass
class WebProcess:
    """`mam web` over a data folder, on a port of its own; no queue and no worker run."""

    data: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=120))

    def prepare(self) -> None:
        """Make the database and an administrator."""
        self._command("migrate")
        options = ("user", "add", "a@example.org", "--admin", "--name", "A", "--password-stdin")
        self._command(*options, text=f"{PASSWORD}\n")

    def start(self) -> None:
        """Start it and log in."""
        self.port = free_port()
        with (self.data / "web.log").open("ab") as log:
            command = [
                sys.executable,
                "-m",
                "mam.cli",
                "--data",
                str(self.data),
                "web",
                "--port",
                str(self.port),
            ]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.client.base_url = httpx.URL(f"http://127.0.0.1:{self.port}")
        self._wait_until_it_answers()
        body = {"email": "a@example.org", "password": PASSWORD}
        token = self.client.post("/auth/login", json=body).raise_for_status().json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def kill(self) -> None:
        """SIGKILL: no clean-up of any kind."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)

    def post(self, path: str, **body: Any) -> Any:
        """The answer of a call that has to succeed."""
        return self.client.post(path, json=body).raise_for_status().json()

    def asset(self) -> str:
        """A new asset in a new project."""
        project = self.post("/api/projects", name="Rushes")
        return str(self.post("/api/assets", project_id=project["id"], title="Clip")["id"])

    def put(self, url: str, data: bytes) -> None:
        """One part, whole."""
        self.try_put(url, data).raise_for_status()

    def try_put(self, url: str, data: bytes) -> httpx.Response:
        """One part, whatever the answer."""
        return httpx.put(self._here(url), content=data, timeout=60)

    def put_half(self, url: str, data: bytes) -> http.client.HTTPConnection:
        """Announce a part and send half of it; the connection stays open."""
        return self._half("PUT", httpx.URL(url).raw_path.decode(), data)

    def post_half(self, path: str, data: bytes) -> None:
        """Announce a body, send half of it, and break the connection."""
        self._half("POST", path, data, Authorization=self.client.headers["Authorization"]).close()

    def _half(self, method: str, path: str, data: bytes, **headers: str) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path)
        connection.putheader("Content-Length", str(len(data)))
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(data[: len(data) // 2])
        return connection

    def _here(self, url: str) -> httpx.URL:
        """The address on the port of today: a restarted test server has another one."""
        return httpx.URL(url).copy_with(port=self.port)

    def _command(self, *words: str, text: str = "") -> None:
        command = [sys.executable, "-m", "mam.cli", "--data", str(self.data), *words]
        subprocess.run(command, input=text, text=True, check=True, capture_output=True, timeout=180)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 120
        while True:
            try:
                self.client.get("/api/health")
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return


@contextmanager
def web_process(data: Path) -> Iterator[WebProcess]:
    """The process, started; ended with the block, its store removed."""
    data.mkdir(parents=True, exist_ok=True)
    web = WebProcess(data)
    web.prepare()
    web.start()
    try:
        yield web
    finally:
        if web.process is not None and web.process.poll() is None:
            web.kill()
        web.client.close()
        release(data)
        shutil.rmtree(data / "store", ignore_errors=True)


def files_below(folder: Path) -> set[str]:
    """Relative paths of all files."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
