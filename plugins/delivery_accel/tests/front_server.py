"""A real nginx before a real box: its own folder, a free port, nothing of the machine's own."""

from __future__ import annotations

import http.client
import os
import pwd
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from mam_delivery_accel.nginx import http_part, server_part
from mam_delivery_accel.settings import Settings

from mam.config import Config
from mam.testing import free_port

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
SECRET = "0123456789abcdef" * 3
ME = pwd.getpwuid(os.getuid()).pw_name

FRAME = """\
daemon off;
{user}
worker_processes {workers};
pcre_jit on;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream portal {{ server 127.0.0.1:{box}; keepalive 32; }}
  include {folder}/http.conf;
  server {{
    listen 127.0.0.1:{port};
    include {folder}/server.conf;
    location /plain/ {{ alias "{plain}/"; sendfile on; tcp_nopush on; }}
    location / {{ proxy_pass http://portal; }}
  }}
}}
"""


@dataclass
class Reply:
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(port: int, path: str, method: str = "GET", **headers: str) -> Reply:
    """One request in exactly these letters."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    connection.close()
    return reply


class Front:
    """nginx in front of the box at port `box`."""

    def __init__(self, folder: Path, config: Config, box: int, workers: int = 1) -> None:
        """Write its configuration; `nginx -t` has to take it."""
        folder.mkdir(parents=True)
        self.folder, self.port = folder, free_port()
        self._write(config, box, workers)
        tried = subprocess.run([*self._command(), "-t"], capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stderr
        self.process = subprocess.Popen(self._command(), stderr=subprocess.DEVNULL)
        self._wait()

    def _write(self, config: Config, box: int, workers: int) -> None:
        folder = self.folder
        settings = config.plugin("delivery_accel", Settings)
        (folder / "http.conf").write_text(http_part(config, folder / "checks"))
        (folder / "server.conf").write_text(server_part(config, settings, "http://portal"))
        user = f"user {ME};" if os.geteuid() == 0 else ""
        places = {"folder": folder, "plain": config.store / "previews"}
        written = FRAME.format(user=user, workers=workers, box=box, port=self.port, **places)
        (folder / "nginx.conf").write_text(written)

    def _command(self) -> list[str]:
        return [
            NGINX,
            "-p",
            str(self.folder),
            "-c",
            str(self.folder / "nginx.conf"),
            "-e",
            f"{self.folder}/error.log",
        ]

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.errors()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError("nginx did not start")

    def errors(self) -> str:
        """What nginx complained of; not that newer ones would have HTTP/2 said by a line of its own."""
        lines = (self.folder / "error.log").read_text(encoding="utf-8").splitlines()
        return "\n".join(line for line in lines if '"listen ... http2" directive is deprecated' not in line)

    def stop(self) -> None:
        """End it and its workers."""
        self.process.terminate()
        self.process.wait(60)
