"""The appliance's own nginx configuration, as it stands, on loopback: by TLS 1.3 and HTTP/2."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from accel_box import FILES, MASTER, Boxed, boxed
from front_server import ME, SECRET, Front
from mam_delivery_accel.nginx import http_part, server_part
from mam_delivery_accel.settings import Settings

from mam.config import Config, Secret, load
from mam.core import Mam
from mam.testing import free_port

MACHINE = Path(__file__).parents[3] / "appliance" / "machine"
WORDS = MACHINE / "usr" / "local" / "lib" / "mam"
RUN = Path("/run/mam-appliance")


def test_files_are_what_the_plugin_writes() -> None:
    # Given the settings of a new appliance
    config = Config(data=Path("/data/mam"))
    # When nginx's side is written from them
    http = http_part(config, RUN / "checks")
    server = server_part(config, Settings(Secret(SECRET)), "http://portal", f"{RUN}/front-secret.conf")
    # Then it is what the image has
    assert (WORDS / "delivery-http.conf").read_text() == http
    assert (WORDS / "delivery-server.conf").read_text() == server


def test_new_appliance_names_the_plugin(tmp_path: Path) -> None:
    # Given the configuration that a new appliance writes, with its secret made
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "secret").chmod(0o600)
    written = (WORDS / "config.toml").read_text().replace("/data/etc/front-secret", f"{tmp_path}/secret")
    (tmp_path / "config.toml").write_text(written.replace("@URL@", "https://mam.local"))
    # When it is read
    config = load(tmp_path / "config.toml")
    # Then the plugin is asked first, with that secret, for the user that nginx runs as
    assert config.plugins[0] == "delivery_accel"
    settings = config.plugin("delivery_accel", Settings)
    assert (settings.secret, settings.nginx_user) == (SECRET, "mam")
    assert "user mam;" in (MACHINE / "etc" / "nginx" / "nginx.conf").read_text()


class Appliance(Front):
    """nginx with the appliance's files, moved to folders and ports of the test."""

    def _write(self, config: Config, box: int, workers: int) -> None:
        self.plain_port = free_port()
        run, words = self.folder / "run", self.folder / "words"
        run.mkdir()
        words.mkdir()
        _certificate(run)
        paths = ("proxy", "client_body", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f" {one}_temp_path {run}/{one};" for one in paths)
        moves = {
            "/data/mam/": f"{config.data}/",
            str(RUN): str(run),
            "/usr/local/lib/mam": str(words),
            "/data/etc/tls": str(run),
            "/run/nginx.pid": f"{run}/nginx.pid",
            "127.0.0.1:8080": f"127.0.0.1:{box}",
            "user mam;": f"daemon off;\n{f'user {ME};' if os.geteuid() == 0 else ''}",
            "listen [::]:443 ssl http2 default_server;": "",
            "listen [::]:80 default_server;": "",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "listen 80 ": f"listen 127.0.0.1:{self.plain_port} ",
            "worker_processes auto;": f"worker_processes {workers};",
            "worker_connections 4096;": "worker_connections 512;",
            "access_log off;": f"access_log off;{temporary}",
        }
        for file, place in (
            (MACHINE / "etc" / "nginx" / "nginx.conf", self.folder / "nginx.conf"),
            *((file, words / file.name) for file in WORDS.glob("*.conf")),
        ):
            text = file.read_text()
            for old, new in moves.items():
                text = text.replace(old, new)
            place.write_text(text)
        (run / "site.conf").symlink_to(words / "site-https.conf")
        (run / "front-secret.conf").write_text(f'proxy_set_header X-Mam-Front "{SECRET}";\n')


def _certificate(folder: Path) -> None:
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    names = ["-subj", "/CN=localhost", "-keyout", str(folder / "box.key"), "-out", str(folder / "box.crt")]
    subprocess.run([*command, *names, "-days", "2"], check=True, capture_output=True, timeout=120)


@pytest.fixture
def appliance(accel_mam: Mam, tmp_path: Path) -> Iterator[Boxed]:
    yield from boxed(accel_mam, tmp_path / "nginx", nginx=Appliance)


def test_appliance_sends_by_tls(appliance: Boxed, get_tls: Callable[..., tuple[bytes, str, str]]) -> None:
    # Given the appliance's nginx before a box
    # When a segment and a master are asked for by TLS
    segment, version, protocol = get_tls(appliance.nginx.port, appliance.path())
    master, _, _ = get_tls(appliance.nginx.port, appliance.master())
    # Then both come whole, by the newest TLS, and HTTP/2 is offered
    assert (segment, master) == (FILES["g1/1080/00000.m4s"], MASTER)
    assert (version, protocol) == ("TLSv1.3", "h2")
    # And the box was asked as by nginx: it handed both over
    assert [one for one in appliance.handed if one.endswith((".m4s", ".mov"))]
    assert appliance.nginx.errors() == ""


@pytest.fixture
def get_tls() -> Callable[..., tuple[bytes, str, str]]:
    """GET by TLS: the body, the version of TLS, and the best protocol that nginx agrees to."""
    import httpx

    def get(port: int, path: str) -> tuple[bytes, str, str]:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        reply = httpx.get(f"https://127.0.0.1:{port}{path}", verify=context, timeout=120)
        assert reply.status_code == 200, reply.text
        context.set_alpn_protocols(["h2", "http/1.1"])
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=60)) as line:
            return reply.content, line.version() or "", line.selected_alpn_protocol() or ""

    return get
