"""A client that holds every answer to the contract's conventions, and steps several tests share."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from up_box import Box

PASSWORD = "correct horse battery staple"
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
UNKNOWN = "01a1fd86-0000-7000-8000-000000000000"


class Caller(httpx.Client):
    """Whoever speaks to the box. An answer outside the conventions ends the test."""

    def __init__(self, url: str, token: str = "", user: Mapping[str, Any] | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        hooks = {"response": [conventional]}
        super().__init__(base_url=url, headers=headers, timeout=120, event_hooks=hooks)
        self.token, self.user = token, dict(user or {})

    def project(self, name: str = "Rushes") -> str:
        return str(self.post("/api/projects", json={"name": name}).json()["id"])

    def asset(self, project_id: str | None = None, title: str = "A001") -> str:
        body = {"project_id": project_id or self.project(), "title": title}
        return str(self.post("/api/assets", json=body).json()["id"])

    def presign(self, data: bytes, **more: Any) -> dict[str, Any]:
        body = {"filename": "clip.bin", "size": len(data), **more}
        answer = self.post(
            "/api/presign", json={"asset_id": more.pop("asset_id", None) or self.asset(), **body}
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def version(self, data: bytes, filename: str = "clip.mp4") -> dict[str, Any]:
        path = f"/api/assets/{self.asset()}/upload"
        answer = self.post(path, params={"filename": filename}, content=data)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def settled(self, version_id: str, seconds: float = 180) -> dict[str, Any]:
        """The preview's state once it no longer changes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state = self.get("/api/preview/status", params={"version_id": version_id}).json()
            if state["status"] in ("ready", "failed", "unsupported"):
                return dict(state)
            time.sleep(0.2)
        raise AssertionError(f"the preview of {version_id} does not settle: {state}")


@dataclass
class Stage:
    """A box that was set up, and who uses it."""

    box: Box
    admin: Caller
    ana: Caller
    ben: Caller
    nobody: Caller


def conventional(answer: httpx.Response) -> None:
    """Every answer has an id; no answer is a 500; every error is a problem document with a code."""
    assert answer.headers.get("x-request-id"), answer
    if answer.status_code >= 500:
        said = answer.read()[:500]
        raise AssertionError((answer.request.method, answer.request.url, answer.status_code, said))
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        assert answer.headers["content-type"] == "application/problem+json", answer.request.url
        answer.read()
        problem = answer.json()
        assert problem.keys() >= {"type", "title", "status", "detail", "code"}
        assert problem["status"] == answer.status_code
        assert all(one.keys() == {"field", "message"} for one in problem.get("errors", []))
        assert "Traceback" not in answer.text
    if answer.status_code == 405:
        assert answer.headers["allow"]
    if answer.status_code == 429:
        assert int(answer.headers["retry-after"]) > 0


def log_in(url: str, email: str) -> Caller:
    """Somebody with a session of their own."""
    with Caller(url) as nobody:
        answer = nobody.post("/auth/login", json={"email": email, "password": PASSWORD}).json()
    return Caller(url, answer["access_token"], answer["user"])


def raw(url: str, request: bytes) -> tuple[int, bytes]:
    """Status and whole answer to bytes that need be no HTTP."""
    host, port = url.removeprefix("http://").split(":")
    answer = b""
    with socket.create_connection((host, int(port)), 60) as line:
        line.sendall(request)
        while piece := line.recv(65536):
            answer += piece
    return int(answer.split()[1]), answer
