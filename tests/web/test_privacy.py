"""One person's data over HTTP: a zip to take away, an erasure that is told first and confirmed by address."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any


async def test_export_and_erase_over_http(sqlite_people: dict[str, Any]) -> None:
    """Given an administrator and somebody, then the zip is whole and erasing shuts out."""
    admin, ana, ben = (sqlite_people[name] for name in ("admin", "ana", "ben"))
    base = f"/api/admin/users/{ana.user['id']}"
    status, body = await admin.call("GET", f"{base}/export")
    assert status == 200
    packed = zipfile.ZipFile(io.BytesIO(body))
    assert packed.testzip() is None
    assert json.loads(packed.read("person.json"))["email"] == "ana@example.org"
    wish = {"email": "ana@example.org", "dry_run": True}
    status, told = await admin.call("POST", f"{base}/erase", json=wish)
    assert (status, told["done"]) == (200, False)
    assert (await ana.call("GET", "/auth/me"))[0] == 200
    status, problem = await admin.call("POST", f"{base}/erase", json={"email": "other@example.org"})
    assert (status, problem["errors"][0]["field"]) == (422, "email")
    status, told = await admin.call("POST", f"{base}/erase", json={"email": "ana@example.org"})
    assert (status, told["done"]) == (200, True)
    assert (await ana.call("GET", "/auth/me"))[0] == 401
    assert (await admin.call("POST", f"{base}/erase", json={"email": "ana@example.org"}))[0] == 409
    for method, path in (("GET", "export"), ("POST", "erase")):
        body = {"email": "a@example.org"} if method == "POST" else None
        assert (await ben.call(method, f"{base}/{path}", json=body))[0] == 403
        unknown = f"/api/admin/users/00000000-0000-0000-0000-000000000000/{path}"
        assert (await admin.call(method, unknown, json=body))[0] == 404
