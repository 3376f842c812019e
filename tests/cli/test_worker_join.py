"""A second machine, from the token to the end: joins over TLS, works, is drained, taken back, removed."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tls_front import authority, tls_front

from mam.config import Config, Database, Secret, Server, StorageConfig, load
from mam.core import Mam
from mam.models import Job, WorkerNode
from mam.services import jobs, worker_join, worker_nodes
from mam.testing import opened_box
from mam.types import SYSTEM
from mam.web.app import create_app

sys.path.append(str(Path(__file__).parents[1] / "web"))
from web_people import serving  # found by the path above

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shared(make_config: Callable[..., Config], postgres_url: str, tmp_path: Path) -> Iterator[Mam]:
    """A box that shares its database, queue and store, and knows the certificate in front of it."""
    (tmp_path / "nas").mkdir()
    ca, _pem = authority(tmp_path / "tls", "MAM authority of a test")
    database, storage = Database(url=Secret(postgres_url)), StorageConfig(path=str(tmp_path / "nas"))
    config = make_config(database=database, storage=storage, server=Server(certificate=str(ca)))
    yield from opened_box(replace(config, workers=replace(config.workers, threads=1)))


@pytest.fixture
def front(shared: Mam, tmp_path: Path) -> Iterator[str]:
    """Where that box answers, by TLS."""
    served, pem = contextlib.contextmanager(serving), tmp_path / "tls" / "box.pem"
    with served(create_app(shared), shared) as url, tls_front(url, pem) as address:
        yield address


def mam(*words: str) -> subprocess.CompletedProcess[str]:
    """A command of the second machine."""
    command = [sys.executable, "-m", "mam.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def wait_for(condition: Callable[[], object], worker: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert worker.poll() is None, "the worker ended"
        assert time.monotonic() < deadline, "what the test waited for did not come"
        time.sleep(0.1)


def _token(shared: Mam) -> str:
    return str(worker_join.invite(shared, SYSTEM, base_url="https://box")["token"])


def test_a_second_machine_joins_works_drains_and_goes(shared: Mam, front: str, tmp_path: Path) -> None:
    # Given a second machine with nothing on it, and a token
    there, token = tmp_path / "second", _token(shared)
    # When it joins
    done = mam("worker", "join", front, token, "--data", str(there))
    assert done.returncode == 0, done.stderr
    assert "Reached from here: the database, the queue, the shared folder." in done.stdout
    assert f"Next: `mam worker --data {there}`" in done.stdout
    # Then only its owner reads what it was told, and its keys are the box's
    for path in (there / "config.toml", *(there / "secrets").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert load(None, there).database.url == shared.config.database.url
    keys = "delivery-keys.json"
    assert (there / "secrets" / keys).read_text() == (shared.config.secrets / keys).read_text()
    # And joining over it, or with the same token, is refused
    again = mam("worker", "join", front, token, "--data", str(there))
    assert (again.returncode, "--again replaces" in again.stderr) == (2, True)
    used = mam("worker", "join", front, token, "--data", str(tmp_path / "third"))
    assert (used.returncode, "does not hold" in used.stderr) == (2, True)
    assert not (tmp_path / "third").exists()
    # When its worker is started as it was told, then it is seen, works, and takes nothing more once drained
    with _worker(there) as worker:
        node = WorkerNode.select().where(WorkerNode.joined_at.is_null(False)).get().id
        _lives_as_told(shared, node, worker)
        # When it is removed, then it ends by itself and does not start again
        worker_nodes.remove(shared, SYSTEM, node)
        worker.wait(120)
    refused = mam("worker", "--data", str(there))
    assert (refused.returncode, "was removed from the box" in refused.stderr) == (2, True)


def _lives_as_told(shared: Mam, node: str, worker: subprocess.Popen[bytes]) -> None:
    def state() -> str:
        return str(worker_nodes.get_node(shared, SYSTEM, node)["state"])

    def told() -> Any:
        return worker_nodes.get_node(shared, SYSTEM, node)

    wait_for(lambda: state() == "idle", worker)
    assert [one["name"] for one in told()["encoders"]] == ["transcode_cpu"]
    first = _job(shared)
    wait_for(lambda: Job.get_by_id(first).state == "done", worker)
    worker_nodes.drain(shared, SYSTEM, node)
    wait_for(lambda: state() == "drained", worker)
    second = _job(shared)
    worker_nodes.resume(shared, SYSTEM, node)
    assert Job.get_by_id(second).state == "queued"
    wait_for(lambda: Job.get_by_id(second).state == "done", worker)


def _job(shared: Mam) -> str:
    """A job that ends in an instant, for a version that is not there."""
    job = jobs.enqueue("tidy", payload={})
    jobs.send(shared, job.id, job.queue)
    return str(job.id)


@contextlib.contextmanager
def _worker(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (data / "log").open("wb") as log:
        command = [sys.executable, "-m", "mam.cli", "worker", "--data", str(data)]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ)
    try:
        yield process
    except BaseException:
        sys.stdout.write((data / "log").read_text(encoding="utf-8")[-3000:])
        raise
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def test_a_server_with_another_certificate_never_sees_the_token(
    shared: Mam, front: str, tmp_path: Path
) -> None:
    # Given a token of the box, and a server in between whose certificate is of another authority
    token = _token(shared)
    _ca, pem = authority(tmp_path / "other", "MAM authority of somebody else")
    with contextlib.contextmanager(serving)(create_app(shared), shared) as url, tls_front(url, pem) as other:
        # When the machine joins there, then the handshake fails: the token stays good
        done = mam("worker", "join", other, token, "--data", str(tmp_path / "second"))
        assert done.returncode == 2
        assert "certificate verify failed" in done.stderr
        # And a token that names another certificate than the box's is refused before it is sent
        wrong = f"{token.partition('.')[0]}.{'0' * 64}"
        done = mam("worker", "join", front, wrong, "--data", str(tmp_path / "second"))
        assert (done.returncode, "nothing was sent to it" in done.stderr) == (2, True)
    # And plain http to another machine is refused at once
    done = mam("worker", "join", "http://mam.local", token, "--data", str(tmp_path / "second"))
    assert (done.returncode, "https://" in done.stderr) == (2, True)
    assert worker_join.list_tokens(shared, SYSTEM)["items"][0]["state"] == "open"
    assert not (tmp_path / "second").exists()
