"""TLS in front of a server of a test, by a certificate of its own authority, as nginx is for a box."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def authority(folder: Path, name: str) -> tuple[Path, Path]:
    """An authority's certificate, and a file with a server's key and certificate for 127.0.0.1 by it."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    above = _name(name)
    ca = _begun(above, above, ca_key.public_key())
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    box = _begun(_name("127.0.0.1"), above, key.public_key())
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    box = box.add_extension(here, critical=False)
    files = folder / "ca.crt", folder / "box.pem"
    files[0].write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    shown = box.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    files[1].write_bytes(private + shown)
    return files


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    moment = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    made = made.serial_number(x509.random_serial_number())
    day = dt.timedelta(days=1)
    return made.not_valid_before(moment - day).not_valid_after(moment + day)


@contextlib.contextmanager
def tls_front(url: str, pem: Path) -> Iterator[str]:
    """An https address of this machine; what comes in is handed on to the http server of `url`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    port = int(url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_answer, args=(door, context, port), daemon=True).start()
        yield f"https://127.0.0.1:{door.getsockname()[1]}"
        door.shutdown(socket.SHUT_RDWR)


def _answer(door: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with contextlib.suppress(OSError):
        while True:
            plain, _ = door.accept()
            threading.Thread(target=_pass_on, args=(plain, context, port), daemon=True).start()


def _pass_on(plain: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """Bytes both ways until either side ends; a client that does not like the certificate leaves."""
    with (
        contextlib.suppress(OSError),
        context.wrap_socket(plain, server_side=True) as safe,
        socket.create_connection(("127.0.0.1", port), 60) as inner,
    ):
        while True:
            ready = [safe] if safe.pending() else select.select([safe, inner], [], [], 60)[0]
            for one in ready:
                data = one.recv(65_536)
                if not data:
                    return
                (inner if one is safe else safe).sendall(data)
