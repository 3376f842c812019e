"""Whatever is sent to the box: a problem document with a code, never a 500, never a hanging connection."""

from __future__ import annotations

import json
import re

import pytest
from stranger import UNKNOWN, Stage, raw

DEEP = b"[" * 20_000 + b"]" * 20_000
BODIES = {
    "nothing": b"", "half": b'{"a":', "list": b"[]", "null": b"null", "text": b'"x"', "number": b"1",
    "no utf-8": b'{"name": "\xff\xfe"}',
    "lone surrogate": b'{"name": "\\ud800"}', "nul": b'{"name": "\\u0000"}',
    "huge number": b'{"size": 1' + b"0" * 500 + b"}", "nan": b'{"size": NaN}',
    "deep": b'{"metadata":' + DEEP + b"}",
    "nulls": b'{"name": null, "title": null, "email": null, "size": null}',
    "10 MB": b'"' + b"x" * (10 << 20) + b'"',
    "unknown field": b'{"surprise": 1}',
    "odd callback": b'{"job_id": "\\ud800", "lease_token": "\\ud800"}',
}  # fmt: skip
END = b"Host: x\r\nConnection: close\r\n\r\n"
REQUESTS = {
    "no http": b"\x16\x03\x01\x02\x00\x01\r\n\r\n", "http 0.9": b"GET /\r\n\r\n",
    "no host": b"GET /api/health HTTP/1.1\r\nConnection: close\r\n\r\n",
    "path of other bytes": b"GET /api/\xff HTTP/1.1\r\n" + END,
    "path %ff": b"GET /api/%ff HTTP/1.1\r\n" + END,
    "path %00": b"GET /api/%00 HTTP/1.1\r\n" + END, "bare %": b"GET /api/% HTTP/1.1\r\n" + END,
    "query of other bytes": b"GET /api/assets?q=%ff%00 HTTP/1.1\r\n" + END,
    "long path": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + END,
    "large head": b"GET /api HTTP/1.1\r\nX: " + b"a" * 200_000 + b"\r\n" + END,
    "bearer of other bytes": b"GET /auth/me HTTP/1.1\r\nAuthorization: Bearer \xff\xfe\r\n" + END,
    "cookie of other bytes": b'GET /auth/me HTTP/1.1\r\nCookie: mam_session=\xff\xfe"\r\n' + END,
    "two lengths": b"POST /auth/login HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" + END + b"{}",
    "negative length": b"POST /auth/login HTTP/1.1\r\nContent-Length: -1\r\n" + END,
    "bad chunk":
    b"POST /auth/login HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + END + b"zz\r\n{}\r\n0\r\n\r\n",
    "odd type":
    b"POST /auth/login HTTP/1.1\r\nContent-Type: \xff; a=\xfe\r\nContent-Length: 2\r\n" + END + b"{}",
    "unknown method": b"FOO /api/health HTTP/1.1\r\n" + END, "star": b"OPTIONS * HTTP/1.1\r\n" + END,
    "out of static": b"GET /static/x/%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1\r\n" + END,
    "websocket": b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "http 2":
    b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade, HTTP2-Settings\r\n"
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
}  # fmt: skip


def without_body(stage: Stage) -> set[tuple[str, str]]:
    """Calls about one's account that take no body: whatever is sent with them is not looked at."""
    paths = stage.nobody.get("/openapi.json").json()["paths"]
    return {
        (method.upper(), re.sub(r"\{[^}]*\}", UNKNOWN, path))
        for path, calls in paths.items()
        for method, call in calls.items()
        if "requestBody" not in call and path.startswith("/api/account/")
    }


def operations(stage: Stage) -> list[tuple[str, str]]:
    """Method and path of every documented call, ids put in."""
    paths = stage.nobody.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), re.sub(r"\{[^}]*\}", UNKNOWN, path))
        for path, calls in paths.items()
        for method in calls
    ]


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS)
def test_what_is_hardly_http(stage: Stage, request_bytes: bytes) -> None:
    status, answer = raw(stage.box.url, request_bytes)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert 400 <= status < 500
    assert b"\r\nx-request-id: " in head.lower()
    assert json.loads(body)["status"] == status
    assert json.loads(body)["code"]


def test_every_body_at_every_call(stage: Stage) -> None:
    as_json = {"Content-Type": "application/json"}
    bodiless = without_body(stage)
    for method, path in operations(stage):
        if method in ("GET", "DELETE") or path.startswith(("/api/admin/jobs", "/api/notifications/read")):
            continue  # neither do those of jobs and of the inbox take a body
        for name, body in BODIES.items():
            if name == "10 MB" and not path.startswith(
                ("/api/presign", "/auth/login", "/api/preview/callback")
            ):
                continue
            if name == "nothing" and path == "/auth/logout":
                continue
            if (method, path) in bodiless:
                continue
            answer = stage.ana.request(method, path, content=body, headers=as_json)
            assert 400 <= answer.status_code < 500, (method, path, name)


def test_every_method_at_every_path(stage: Stage) -> None:
    for path in sorted({path for _, path in operations(stage)}):
        for method in ("HEAD", "OPTIONS", "GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO"):
            stage.nobody.request(method, path)


def test_a_refused_body_does_not_hold_the_connection(stage: Stage) -> None:
    """A body nobody read once filled hypercorn's queue: the connection hung until the client gave up."""
    for _ in range(3):
        for path in ("/api/nothing", f"/api/assets/{UNKNOWN}/upload", "/upload-parts/x", "/auth/login"):
            answer = stage.nobody.post(path, content=b"x" * (6 << 20))
            assert 400 <= answer.status_code < 500
    assert stage.nobody.get("/api/health").status_code == 200
