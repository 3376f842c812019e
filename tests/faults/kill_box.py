"""A whole `mam up` that is killed again and again, and clients that do not give up over it.

The clients do what a careful program does: an `Idempotency-Key` on every creating call, the same call again
after a broken connection or a deliberate refusal, and never a new upload for a file that is on its way.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

sys.path.append(str(Path(__file__).parents[1] / "cli"))

from up_box import Box

PASSWORD = "correct horse battery staple"
PATIENCE = 240  # seconds that one call is tried for: a loaded machine starts a box in twenty
DELIBERATE = (429, 502, 503, 504, 507)


@dataclass
class Victim:
    """A box on one port and folder for as long as the test; its processes come and go."""

    data: Path
    killed: list[str] = field(default_factory=list)
    box: Box | None = None

    def prepare(self, config: str) -> None:
        """Write the configuration, make the database and an administrator."""
        self.data.mkdir(parents=True)
        (self.data / "config.toml").write_text(config, encoding="utf-8")
        for words, text in (
            (("migrate",), ""),
            (("user", "add", "a@example.org", "--admin", "--name", "A", "--password-stdin"), PASSWORD + "\n"),
        ):
            command = [sys.executable, "-m", "mam.cli", "--data", str(self.data), *words]
            subprocess.run(command, input=text, text=True, check=True, capture_output=True, timeout=120)

    def start(self) -> None:
        """Start the box and wait until it greets."""
        self.box = Box(self.data)

    @property
    def url(self) -> str:
        """Where it answers at present."""
        assert self.box is not None
        return self.box.url

    def kill_one(self, chance: random.Random) -> None:
        """SIGKILL one process at random: a server, a worker, the queue, or what a worker has started."""
        assert self.box is not None
        family = self.box.family()
        roles: dict[str, list[psutil.Process]] = {}
        for process in family:
            roles.setdefault(_role(process), []).append(process)
        role = chance.choice(sorted(roles.keys() - {""}))
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(roles[role]).kill()
            self.killed.append(role)

    def kill_all(self) -> None:
        """SIGKILL everything at once, as a power cut does, and start again."""
        assert self.box is not None
        family = [psutil.Process(self.box.process.pid), *self.box.family()]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=20)
        self.box.process.wait(20)
        self.killed.append("all")
        self.start()

    def end(self) -> None:
        """Stop the box in order."""
        if self.box is not None:
            self.box.end()


def _role(process: psutil.Process) -> str:
    """What a process of the box is for; empty for what is not to be killed by itself."""
    try:
        words = process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return ""
    if any("valkey" in word for word in words[:2]):
        return "queue"
    for name in ("web", "worker"):
        if name in words and any("mam" in word for word in words):
            return name
    return "child" if words and words[0].rpartition("/")[2] in ("ffmpeg", "ffprobe", "bwrap") else ""


class Stubborn:
    """Somebody who ingests files while the box is killed around them."""

    def __init__(self, victim: Victim) -> None:
        self.victim = victim
        self.http = httpx.Client(timeout=60)
        body = {"email": "a@example.org", "password": PASSWORD}
        self.http.headers["Authorization"] = (
            f"Bearer {self.ask('POST', '/auth/login', json=body)['access_token']}"
        )

    def ask(self, method: str, path: str, *, key: bool = False, **more: Any) -> Any:
        """The JSON of a call, asked again until it is answered; whatever else is said is a failure."""
        headers = {"Idempotency-Key": str(uuid.uuid4())} if key else {}
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.http.request(method, f"{self.victim.url}{path}", headers=headers, **more)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in DELIBERATE:
                assert answer.is_success, (method, path, answer.status_code, answer.text)
                return answer.json() if answer.content else None
            if answer is not None:
                assert "retry-after" in answer.headers or answer.status_code == 507, answer.text
            if time.monotonic() > deadline:
                raise AssertionError(f"{method} {path}: no answer for {PATIENCE} s")
            time.sleep(0.2)

    def ingest(self, project: str, name: str, data: bytes, duplicates: str = "allow") -> tuple[str, str]:
        """Asset and version of a file that was taken in, for certain."""
        asset = self.ask("POST", "/api/assets", key=True, json={"project_id": project, "title": name})["id"]
        wanted = {"asset_id": asset, "filename": name, "size": len(data), "duplicates": duplicates}
        upload = self.ask("POST", "/api/presign", key=True, json=wanted)
        size = upload["part_size"]
        for part in upload["parts"]:
            path = httpx.URL(part["url"]).raw_path.decode()
            piece = data[(part["number"] - 1) * size :][: part["size"]]
            self._put(path, piece)
        while True:
            answer = self.ask("POST", "/api/promote", json={"upload_id": upload["upload_id"]})
            shape = self.ask("GET", f"/api/assets/{asset}")
            if shape["versions"]:
                return asset, answer["version_id"]
            time.sleep(0.5)

    def _put(self, path: str, piece: bytes) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.put(f"{self.victim.url}{path}", content=piece, timeout=60)
                if answer.is_success:
                    return
                assert answer.status_code in DELIBERATE, (answer.status_code, answer.text)
            time.sleep(0.2)
        raise AssertionError(f"PUT {path}: no answer for {PATIENCE} s")


@dataclass
class Taken:
    """A file that the box said it had: what it was, and what it became."""

    name: str
    sha256: str
    asset_id: str
    version_id: str


class Ingesting:
    """Threads that ingest until told to stop; each remembers what was acknowledged."""

    def __init__(self, victim: Victim, make: Callable[[int], tuple[str, bytes, str]], threads: int) -> None:
        self.taken: list[Taken] = []
        self.errors: list[BaseException] = []
        self._victim, self._make = victim, make
        self._stop = threading.Event()
        self._numbers = iter(range(10**9))
        self._project = Stubborn(victim).ask("POST", "/api/projects", key=True, json={"name": "Kills"})["id"]
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def __enter__(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take in what is on its way, and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE + 60)

    def _run(self) -> None:
        try:
            person = Stubborn(self._victim)
            while not self._stop.is_set():
                name, data, duplicates = self._make(next(self._numbers))
                digest = hashlib.sha256(data).hexdigest()
                asset, version = person.ingest(self._project, name, data, duplicates)
                self.taken.append(Taken(name, digest, asset, version))
                self._stop.wait(0.3)
        except BaseException as error:  # noqa: BLE001 - the test shows it
            self.errors.append(error)


def padded(film: bytes) -> bytes:
    """The same film as a file of its own: an MP4 box of random bytes that every reader passes over."""
    return film + (1032).to_bytes(4, "big") + b"free" + os.urandom(1024)


def still_there(folder: Path) -> list[str]:
    """Encoders that outlived their box; none should."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if process.info["status"] != psutil.STATUS_ZOMBIE and any(str(folder) in word for word in words):
            found.append(" ".join(words)[:200])
    return found
