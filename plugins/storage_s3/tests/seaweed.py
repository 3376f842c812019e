"""A real S3 server for tests: SeaweedFS on free loopback ports, hardened, its data in a folder of the test.

Every default that would let anybody in beside S3 is off: no HTTP of master and filer, gRPC only with our
certificates, signed volume addresses, no bucket made or emptied by the way, no telemetry.
"""

from __future__ import annotations

import json
import secrets
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import urllib3
from certificates import write_certificates

READY_SECONDS = 60
_ATTEMPTS = 3
STOP_SECONDS = 3  # the server may hang in its own shutdown for minutes; its objects survive a kill


@dataclass
class Seaweed:
    """A running server. `access_key` may do everything; `reader_*` may only read the previews."""

    folder: Path
    port: int
    tls_port: int
    access_key: str
    secret_key: str
    reader_key: str
    reader_secret: str
    command: list[str]
    grpc_ports: tuple[int, ...]
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Host and port of plain HTTP."""
        return f"127.0.0.1:{self.port}"

    @property
    def tls_endpoint(self) -> str:
        """Host and port of HTTPS; its certificate is signed by `ca_file`."""
        return f"127.0.0.1:{self.tls_port}"

    @property
    def ca_file(self) -> Path:
        """The private authority's certificate."""
        return self.folder / "ca.pem"

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_SECONDS
        pool = urllib3.PoolManager(retries=False, timeout=2)
        while not self._answers(pool):
            fallen = self.process.poll() is not None
            if fallen or time.monotonic() > deadline:
                self.stop()
                said = (self.folder / "log").read_text(errors="replace")[-3000:]
                raise ChildProcessError(said) if fallen else TimeoutError(said)
            time.sleep(0.1)

    def stop(self) -> None:
        """TERM, three seconds, KILL."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.process = None
        for socket_file in Path("/tmp").glob("seaweedfs-*-grpc-*.sock"):  # noqa: S108 - the server chose it
            if int(socket_file.stem.rpartition("-")[2]) in self.grpc_ports:
                socket_file.unlink(missing_ok=True)

    def pause(self) -> None:
        """Have it answer nothing, as a machine whose disks hang."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def _answers(self, pool: urllib3.PoolManager) -> bool:
        """Whether S3 and what lies behind it are there: a signed-only path then answers 403."""
        try:
            return pool.request("GET", f"http://{self.endpoint}/").status == 403
        except urllib3.exceptions.HTTPError:
            return False


def prepare(folder: Path) -> Seaweed:
    """Write certificates, keys and identities into `folder` and choose ports."""
    names = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3", "s3.grpc", "tls")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    keys = [secrets.token_hex(16) for _ in range(4)]
    write_certificates(folder)
    _write_security(folder)
    _write_identities(folder, keys)
    (folder / "data").mkdir()
    command = _command(folder, ports)
    internal = tuple(port for name, port in ports.items() if name.endswith(".grpc"))
    return Seaweed(folder, ports["s3"], ports["tls"], *keys, command, internal)


def started(folder: Path) -> Seaweed:
    """A server in a folder of its own below this one; with other ports where somebody was quicker at one."""
    for attempt in range(_ATTEMPTS):
        (own := folder / str(attempt)).mkdir()
        server = prepare(own)
        try:
            server.start()
        except ChildProcessError:
            if attempt + 1 == _ATTEMPTS:
                raise
        else:
            return server
    raise AssertionError("no attempt at all")


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on now; by the time they are used somebody may."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _command(folder: Path, ports: dict[str, int]) -> list[str]:
    import sys

    flags: dict[str, object] = {
        "dir": folder / "data",
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "disableHttp": "true",
        "master.port": ports["master"],
        "master.port.grpc": ports["master.grpc"],
        "master.peers": "none",
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 64,
        "volume.port": ports["volume"],
        "volume.port.grpc": ports["volume.grpc"],
        "volume.max": 2000,
        "volume.preStopSeconds": 1,
        "filer": "true",
        "filer.port": ports["filer"],
        "filer.port.grpc": ports["filer.grpc"],
        "filer.localSocket": folder / "filer.sock",
        "s3": "true",
        "s3.port": ports["s3"],
        "s3.port.grpc": ports["s3.grpc"],
        "s3.port.https": ports["tls"],
        "s3.cert.file": folder / "server.pem",
        "s3.key.file": folder / "server.key",
        "s3.localSocket": folder / "s3.sock",
        "s3.config": folder / "identities.json",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.allowDeleteBucketNotEmpty": "false",
        "s3.autoCreateBucket": "false",
    }
    weed = Path(sys.executable).with_name("weed")
    return [str(weed), "-logtostderr=true", "server", *(f"-{name}={value}" for name, value in flags.items())]


def _write_security(folder: Path) -> None:
    """security.toml, read from the working folder: keys of signed volume addresses, gRPC by certificate."""
    lines = [f'[jwt.{name}]\nkey = "{secrets.token_hex(24)}"' for name in _SIGNED]
    lines += [f'[grpc]\nca = "{folder}/ca.pem"', f'[s3.sse]\nkey = "{secrets.token_hex(32)}"']
    for role in ("master", "volume", "filer", "s3", "client"):
        lines.append(f'[grpc.{role}]\ncert = "{folder}/server.pem"\nkey = "{folder}/server.key"')
    (folder / "security.toml").write_text("\n".join(lines) + "\n")
    (folder / "security.toml").chmod(0o600)
    # each bucket takes seven volumes at its first object otherwise, and every test has three buckets
    (folder / "master.toml").write_text("[master.volume_growth]\ncopy_1 = 1\n")


_SIGNED = ("signing", "signing.read", "filer_signing", "filer_signing.read")


def _write_identities(folder: Path, keys: list[str]) -> None:
    identities = [
        {"name": "app", "credentials": [_pair(keys[0], keys[1])], "actions": ["Admin"]},
        {
            "name": "reader",
            "credentials": [_pair(keys[2], keys[3])],
            "actions": ["Read:previews", "List:previews"],
        },
    ]
    (folder / "identities.json").write_text(json.dumps({"identities": identities}))


def _pair(access: str, secret: str) -> dict[str, str]:
    return {"accessKey": access, "secretKey": secret}
