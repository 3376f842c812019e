"""The OCI image as somebody runs it: healthy, not root, kept over a restart, with nothing in it of the build.

Wants `make image` to have been run; `make appliance-test` does both.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mam import __version__

ROOT = Path(__file__).resolve().parents[2]
ARCHIVE = ROOT / "build" / "appliance" / "mam-image.tar"
IMAGE = f"localhost/mam:{__version__}-app"

pytestmark = [pytest.mark.appliance, pytest.mark.timeout(900)]


class Podman:
    """A podman with a store of its own."""

    def __init__(self, folder: Path) -> None:
        self._store = [
            "--root",
            str(folder / "store"),
            "--runroot",
            str(folder / "run"),
            "--storage-driver",
            "overlay",
        ]
        self._env = os.environ | {"CONTAINERS_CONF": str(Path(__file__).with_name("containers.conf"))}

    def __call__(self, *arguments: str, check: bool = True, said: str = "") -> str:
        command = ["podman", *self._store, *arguments]
        done = subprocess.run(
            command, input=said, capture_output=True, text=True, timeout=300, check=False, env=self._env
        )
        assert done.returncode == 0 or not check, (arguments, done.stderr)
        return done.stdout.strip()


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """The image loaded."""
    assert ARCHIVE.exists(), "run `make image` first"
    podman = Podman(tmp_path_factory.mktemp("podman"))
    podman("load", "-q", "-i", str(ARCHIVE))
    yield podman
    podman("rm", "-f", "-a", "-t", "20", check=False)
    podman("rmi", "-f", "-a", check=False)


@pytest.fixture(scope="module")
def box(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A running container on a free port of loopback, with its data in a folder; answers its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = tmp_path_factory.mktemp("data")
    os.chown(data, 10000, 10000)
    podman("run", "-d", "--name", "mam", "-v", f"{data}:/var/lib/mam", IMAGE, "up", "--port", str(port))
    return f"http://127.0.0.1:{port}"


def healthy(url: str) -> dict[str, Any]:
    """Wait until the box says that it is well."""
    deadline = time.monotonic() + 240
    said: Any = None
    while time.monotonic() < deadline:
        try:
            said = httpx.get(f"{url}/api/health", timeout=10).json()
        except (httpx.HTTPError, ValueError) as error:
            said = str(error)
        else:
            if said["status"] == "ok":
                return dict(said)
        time.sleep(0.5)
    raise AssertionError(said)


def test_it_runs_as_nobody_special_and_keeps_its_data(podman: Podman, box: str) -> None:
    # Given a container that is well
    healthy(box)
    # When it is looked into, then nothing in it runs as root
    users = podman(
        "exec", "mam", "sh", "-c", "cat /proc/[0-9]*/status 2>/dev/null | awk '/^Uid/ {print $2}' | sort -u"
    )
    assert users.split() == ["10000"]
    # And when it is restarted, then it is the same box
    person = {"email": "ada@example.com", "password": "a film of 24 frames a second"}
    add = ["user", "add", person["email"], "--admin", "--password-stdin"]
    podman("exec", "-i", "mam", "mam", "--config", "/etc/mam/config.toml", *add, said=person["password"])
    podman("restart", "-t", "30", "mam")
    healthy(box)
    assert httpx.post(f"{box}/auth/login", json=person, timeout=30).status_code == 200


def test_its_layers_hold_no_secret_and_no_cache() -> None:
    # Given the names of all files in all layers
    names: list[str] = []
    with tarfile.open(ARCHIVE) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))  # type: ignore[arg-type]
        for layer in sorted({one for image in manifest for one in image["Layers"]}):
            with tarfile.open(fileobj=archive.extractfile(layer)) as inner:
                names += inner.getnames()
        configs = [json.load(archive.extractfile(image["Config"]))["config"] for image in manifest]  # type: ignore[arg-type]
    # When they are looked through, then there are parts of ours, and no keys, caches or sources of a build
    assert "opt/mam/sbom.json" in names
    unwanted = re.compile(r"\.deb$|(^|/)(\.git|\.cache|node_modules|secrets)/|(^|/)id_[a-z0-9]+$|\.key$")
    assert [name for name in names if unwanted.search(name)] == []
    # And every image runs as our own user
    assert {config["User"] for config in configs} == {"mam"}
