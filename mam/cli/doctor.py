"""`mam doctor`: the harness. Plays one clip through the whole box, as a client would, over HTTP.

Starts the box where none runs on this data folder. Leaves a project named "Doctor" in the trash and one small
locked master behind (a lock that doctor could lift would be none).
"""

from __future__ import annotations

import hashlib
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hmac import compare_digest
from pathlib import Path
from urllib.parse import urljoin

import httpx
import typer

from mam import models
from mam.cli.box import Box, box_of
from mam.cli.up import running_url
from mam.config import Config
from mam.core import open_mam, prepare_data
from mam.errors import MamError
from mam.media.samples import make_clip
from mam.plugins import State
from mam.services import accounts, locks
from mam.types import SYSTEM

START_SECONDS, PREVIEW_SECONDS = 120.0, 120.0


class FailedStepError(MamError):
    """A step of the harness that did not come out as promised."""

    code = "doctor_failed"


def doctor(context: typer.Context) -> None:
    """Run start, health, create, upload, promote, preview, signed playback; exit 1 if one fails."""
    box = box_of(context)
    config = box.config()
    prepare_data(config)
    steps = Steps()
    with ExitStack() as ends:
        url = steps.step("start", lambda: ends.enter_context(_running_box(config, box)))
        if url is not None:
            steps.step("lock", lambda: _locks(config))
            steps.step("plugins", lambda: _plugins(config))
            client = ends.enter_context(_visitor(config, url))
            _rounds(Patient(client, config), steps)
    if steps.failed:
        raise typer.Exit(1)


class Steps:
    """Runs steps, prints a line for each, remembers whether one failed."""

    def __init__(self) -> None:
        """Begin with nothing failed."""
        self.failed = False

    def step(self, name: str, act: Callable[[], str]) -> str | None:
        """Do one step unless an earlier one failed; what it says, or None where it did not come out well."""
        if self.failed:
            print(f"-     {name:16} not reached", flush=True)
            return None
        began = time.monotonic()
        try:
            said = act()
        except (MamError, httpx.HTTPError, OSError, KeyError, ValueError) as error:
            self.failed = True
            print(f"FAIL  {name:16} {getattr(error, 'detail', None) or repr(error)}", flush=True)
            return None
        print(f"ok    {name:16} {said} ({time.monotonic() - began:.1f} s)", flush=True)
        return said


@contextmanager
def _running_box(config: Config, box: Box) -> Iterator[str]:
    """The address of the running box, or of one started for the length of the run."""
    url = running_url(config)
    if url is not None:
        yield url
        return
    command = [sys.executable, "-m", "mam.cli", "--data", str(config.data)]
    if box.config_file:
        command += ["--config", str(Path(box.config_file).absolute())]
    process = subprocess.Popen([*command, "up"], stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    try:
        yield _wait_for_start(config, process)
    finally:
        process.terminate()
        process.wait(60)


def _wait_for_start(config: Config, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise FailedStepError("`mam up` ended; its reason stands above.")
        url = running_url(config)
        if url is not None:
            return url
        time.sleep(0.2)
    raise FailedStepError(f"`mam up` was not ready within {START_SECONDS:.0f} seconds.")


@contextmanager
def _visitor(config: Config, url: str) -> Iterator[httpx.Client]:
    """A client logged in as a user made for this run, who is shut out again afterwards."""
    mam = open_mam(config, check=False)
    email, password = f"doctor-{secrets.token_hex(4)}@localhost.localdomain", secrets.token_urlsafe(24)
    with models.database.connection_context():
        user = accounts.add_user(mam, email=email, name="Doctor", password=password, admin=False)
    try:
        with httpx.Client(base_url=url, timeout=30) as client:
            login = _ok(client.post("/auth/login", json={"email": email, "password": password})).json()
            client.headers["Authorization"] = f"Bearer {login['access_token']}"
            yield client
    finally:
        with models.database.connection_context():
            accounts.update_user(mam, SYSTEM, user["id"], status="disabled")


def _locks(config: Config) -> str:
    """Every store tries to break its own lock now; one that lies is a failure."""
    mam = open_mam(config, check=False)
    with models.database.connection_context():
        proofs = locks.prove_all(mam)
    lying = next((one for one in proofs if one["severity"] == "error"), None)
    if lying is not None:
        store = f'the copy "{lying["store"]}"' if lying["store"] else "the masters"
        raise FailedStepError(f"{store}: {lying['state']}: {lying['message']} {lying['fix']}")
    return ", ".join(f"{one['store'] or 'masters'} {one['state']}" for one in proofs)


def _plugins(config: Config) -> str:
    """How many plugins are asked, and which are switched off and why; what is off is told, no failure."""
    plugins = open_mam(config, check=False).hooks.plugins.values()
    off = [f"{one.name} is switched off: {one.reason}" for one in plugins if one.state is State.SWITCHED_OFF]
    asked = [one for one in plugins if one.state is State.ENABLED]
    return "; ".join([f"{len(asked)} asked", *off])


def _ok(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        asked = f"{answer.request.method} {answer.request.url.path}"
        raise FailedStepError(f"{asked} answered {answer.status_code}: {answer.text[:300]}")
    return answer


class Patient:
    """One clip on its way through the box; each method is a step and answers what to print."""

    def __init__(self, client: httpx.Client, config: Config) -> None:
        """Make the clip to send."""
        self.client = client
        self.clip = make_clip(config.media.ffmpeg, seconds=2)
        self.project = self.asset = self.upload = self.version = ""
        self.parts: list[dict[str, object]] = []

    def health(self) -> str:
        """The box says it is well."""
        answer = self.client.get("/api/health").json()
        if answer["status"] != "ok":
            sick = [name for name, check in answer["checks"].items() if check["status"] != "ok"]
            raise FailedStepError(f"status {answer['status']}: {', '.join(sick)}")
        return f"version {answer['version']}, {len(answer['checks'])} checks ok"

    def create(self) -> str:
        """A project and an asset, before any byte."""
        self.project = _ok(self.client.post("/api/projects", json={"name": "Doctor"})).json()["id"]
        body = {"project_id": self.project, "title": "Doctor's clip"}
        self.asset = _ok(self.client.post("/api/assets", json=body)).json()["id"]
        return f"asset {self.asset}"

    def send(self) -> str:
        """The clip through presigned part addresses."""
        body = {
            "asset_id": self.asset,
            "filename": "doctor.mp4",
            "size": len(self.clip),
            "sha256": hashlib.sha256(self.clip).hexdigest(),
        }
        upload = _ok(self.client.post("/api/presign", json=body)).json()
        self.upload = upload["upload_id"]
        for part in upload["parts"]:
            start = (part["number"] - 1) * upload["part_size"]
            data = self.clip[start : start + upload["part_size"]]
            sent = _ok(httpx.put(part["url"], content=data, headers=part["headers"], timeout=60))
            self.parts.append({"number": part["number"], "etag": sent.headers["ETag"]})
        return f"{len(self.clip)} bytes in {len(self.parts)} part(s)"

    def promote(self) -> str:
        """Verified and locked as a master."""
        body = {"upload_id": self.upload, "parts": self.parts}
        self.version = _ok(self.client.post("/api/promote", json=body)).json()["version_id"]
        versions = _ok(self.client.get(f"/api/assets/{self.asset}")).json()["versions"]
        if not compare_digest(versions[0]["sha256"], hashlib.sha256(self.clip).hexdigest()):
            raise FailedStepError("The master's SHA-256 is not that of the clip.")
        return f"locked until {versions[0]['master']['retain_until']}"

    def preview(self) -> str:
        """Encoded by a worker."""
        deadline, began, playable = time.monotonic() + PREVIEW_SECONDS, time.monotonic(), 0.0
        while time.monotonic() < deadline:
            status = _ok(self.client.get("/api/preview/status", params={"version_id": self.version})).json()
            playable = playable or (time.monotonic() - began if status["playable"] else 0.0)
            if status["status"] == "ready":
                return f"playable after {playable:.1f} s, {len(status['renditions'])} renditions"
            if status["status"] in ("failed", "unsupported"):
                raise FailedStepError(f"preview {status['status']}: {status['error']}")
            time.sleep(0.1)
        raise FailedStepError(f"no preview within {PREVIEW_SECONDS:.0f} seconds; is a worker running?")

    def playback(self) -> str:
        """Every playlist and segment through the signed address; a changed address gives nothing."""
        body = {"version_id": self.version, "expires_in": 300}
        url = urljoin(
            str(self.client.base_url), _ok(self.client.post("/api/sign-preview", json=body)).json()["url"]
        )
        fetched = sum(len(_ok(httpx.get(one)).content) for one in _addresses(url))
        at = url.index("/s/") + 10
        changed = httpx.get(url[:at] + ("A" if url[at] != "A" else "B") + url[at + 1 :])
        if changed.status_code != httpx.codes.FORBIDDEN:
            raise FailedStepError(f"a changed address answered {changed.status_code} instead of 403")
        return f"{fetched} bytes played, changed address refused"

    def tidy(self) -> str:
        """Into the trash."""
        _ok(self.client.delete(f"/api/projects/{self.project}"))
        return "project in the trash; its master stays until its lock ends"


def _addresses(master: str) -> Iterator[str]:
    """The master playlist, each media playlist it names, and everything those name."""
    yield master
    for playlist in _named_in(master):
        yield playlist
        yield from _named_in(playlist)


def _named_in(url: str) -> list[str]:
    lines = _ok(httpx.get(url)).text.splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    names += [line.split('URI="', 1)[1].split('"', 1)[0] for line in lines if 'URI="' in line]
    return [urljoin(url, name) for name in names]


def _rounds(patient: Patient, steps: Steps) -> None:
    for name, act in (
        ("health", patient.health),
        ("create", patient.create),
        ("upload", patient.send),
        ("promote", patient.promote),
        ("preview", patient.preview),
        ("signed playback", patient.playback),
        ("tidy", patient.tidy),
    ):
        steps.step(name, act)
