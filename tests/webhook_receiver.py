"""Receivers of webhooks for tests: honest ones that keep what came, hostile ones that misbehave."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from mam.config import Webhooks
from mam.core import Mam
from mam.outgoing import Resolver
from mam.webhook_sender import Sender

HOUSE = ("127.0.0.0/8",)


@dataclass
class Got:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A server on 127.0.0.1 that keeps what comes and answers as told."""

    port: int = 0
    got: list[Got] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"

    def wait(self, count: int, seconds: float = 120) -> list[Got]:
        """What came, once it is that many."""
        until(lambda: len(self.got) >= count, seconds)
        return self.got


def until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what the test waited for did not come"
        time.sleep(0.02)


@contextlib.contextmanager
def receiving(tls: tuple[Path, Path] | None = None) -> Iterator[Receiver]:
    """A receiver; over https with the certificate and key given."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        """Keeps the request, answers."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(receiver.body)))
            self.end_headers()
            self.wfile.write(receiver.body)

        def log_message(self, *_given: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        """Many may knock at once."""

        request_queue_size = 256
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def hostile(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port behind which every connection is misused by `behave`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                one, _ = listener.accept()
                threading.Thread(target=lambda it=one: misuse(it), daemon=True).start()

    def misuse(one: socket.socket) -> None:
        with one, contextlib.suppress(OSError):
            one.recv(65536)
            behave(one)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of `name`, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([_san(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def _san(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def with_webhooks(mam: Mam, *ports: int, **more: object) -> Mam:
    """The same box that may send to these ports of this machine, without encryption."""
    found = Webhooks(**{"http": True, "ports": ports, "allow": HOUSE, **more})  # type: ignore[arg-type]
    return replace(mam, config=replace(mam.config, webhooks=found))


@contextlib.contextmanager
def sending(mam: Mam, resolver: Resolver | None = None) -> Iterator[None]:
    """A worker's sender in a thread, until the block ends."""
    stop = threading.Event()
    thread = threading.Thread(target=Sender(mam, resolver).run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
