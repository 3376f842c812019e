"""The audit log as a stranger meets it: what is told, what never is, and what the store refuses."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from stranger import PASSWORD, Stage


def actions(stage: Stage, **query: str) -> list[dict[str, Any]]:
    answer = stage.admin.get("/api/audit", params={"limit": "200", **query})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def mam_audit(stage: Stage, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mam.cli", "--data", str(stage.box.data), "audit", "verify", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


def test_events_are_there_and_secrets_are_not(stage: Stage) -> None:
    """Promise J4: logins, reuse, refusals, access to masters and previews; no token or password anywhere."""
    # Given somebody who does all of it
    nobody, ana, ben = stage.nobody, stage.ana, stage.ben
    wrong = {"email": "ana@example.org", "password": "wrong-secret-7q"}
    assert nobody.post("/auth/login", json=wrong).status_code == 401
    first = nobody.post("/auth/login", json={"email": "ana@example.org", "password": PASSWORD}).json()
    second = nobody.post("/auth/refresh", json={"refresh_token": first["refresh_token"]}).json()
    version = ana.version(b"J4" * 500, "j4.bin")
    signed = ana.post("/api/sign-preview", json={"version_id": version["id"], "expires_in": 60}).json()
    download = ana.get(f"/api/versions/{version['id']}/download", follow_redirects=False)
    project = ana.get(f"/api/assets/{version['asset_id']}").json()["project_id"]
    member = f"/api/projects/{project}/members/{ben.user['id']}"
    assert ana.put(member, json={"role": "viewer"}).status_code == 200
    assert ben.delete(f"/api/assets/{version['asset_id']}").status_code == 403
    assert ben.get(f"/api/versions/{version['id']}/download").status_code == 403
    assert ben.get("/api/admin/users").status_code == 403
    ana.post("/api/projects", json={"name": "plain"}, headers={"User-Agent": "x\x1b[2J"})
    # Then each is told, by whom and from where
    told = {(one["action"], one["actor_name"]) for one in actions(stage)}
    assert {
        ("login.succeeded", "ana@example.org"), ("preview.signed", "ana@example.org"),
        ("master.downloaded", "ana@example.org"), ("upload.promoted", "ana@example.org"),
        ("delete.refused", "ben@example.org"), ("access.refused", "ben@example.org"),
    } <= told  # fmt: skip
    assert {"login.failed", "config.first"} <= {action for action, _name in told}
    about = actions(stage, subject_id=version["id"])
    assert {"preview.signed", "master.downloaded", "access.refused"} <= {one["action"] for one in about}
    assert all(one["address"] == "127.0.0.1" for one in about)
    # And nothing secret is in the log lines, the audit log, or its export
    time.sleep(0.5)
    kept = stage.box.data.with_name(f"{stage.box.data.name}.log").read_text(encoding="utf-8") + json.dumps(
        actions(stage)
    )
    kept += stage.admin.get("/api/audit/export").text
    grant = signed["url"] or signed["poster_url"] or ""
    secrets = [
        first["access_token"],
        first["refresh_token"],
        second["refresh_token"],
        PASSWORD,
        "wrong-secret-7q",
    ]
    secrets += [download.headers["location"].rpartition("/")[2], *re.findall(r"/s/([^/]+)/", grant)]
    for secret in secrets:
        assert secret not in kept
    assert "\x1b" not in kept.replace("\x1b[0m", "")


def test_a_deleted_asset_leaves_its_locked_master(stage: Stage) -> None:
    """Promise D1 by the API: deleting moves to the trash; the locked bytes stay and come back equal."""
    data = b"D1" * 1000
    version = stage.ana.version(data, "d1.bin")
    lock = stage.ana.get(f"/api/versions/{version['id']}/integrity").json()["lock"]
    assert lock["locked"]
    assert lock["read_back"]
    assert stage.ana.delete(f"/api/assets/{version['asset_id']}").status_code == 204
    master = stage.box.data / "store" / "masters" / version["id"]
    assert hashlib.sha256(master.read_bytes()).hexdigest() == version["sha256"]
    assert stage.ana.post(f"/api/assets/{version['asset_id']}/restore").status_code == 200
    assert stage.ana.post(f"/api/versions/{version['id']}/verify").json()["status"] == "sound"


def test_a_hold_is_for_owners_and_recorded(stage: Stage) -> None:
    version = stage.ana.version(b"hold", "hold.bin")
    path = f"/api/versions/{version['id']}/legal-hold"
    assert stage.ben.put(path, json={"on": True, "reason": "x"}).status_code == 404
    assert stage.ana.put(path, json={"on": True}).status_code == 422
    held = stage.ana.put(path, json={"on": True, "reason": "case 9"})
    assert held.status_code == 200
    assert held.json()["legal_hold"]
    assert stage.ana.put(path, json={"on": False, "reason": "closed"}).json()["legal_hold"] is False
    reasons = [
        one["data"]["reason"] for one in actions(stage, action="master.hold_", subject_id=version["id"])
    ]
    assert reasons == []  # only a filter that ends in a dot stands for more
    found = actions(stage, action="master.", subject_id=version["id"])
    assert [one["data"]["reason"] for one in found if "hold" in one["action"]] == ["closed", "case 9"]


def test_a_certificate_and_an_export_hold_without_the_box(stage: Stage, tmp_path: Path) -> None:
    # Given a certificate, the key and an export
    version = stage.ana.version("Ünï ©".encode() * 100, "=Ünï 日本.bin")
    key = stage.nobody.get("/api/integrity/key").json()
    file, log = tmp_path / "c.json", tmp_path / "log.jsonl"
    answer = stage.ana.get(f"/api/versions/{version['id']}/certificate")
    assert answer.status_code == 200
    file.write_bytes(answer.content)
    done = mam_audit(stage, "--export", str(log))
    assert (done.returncode, "holds" in done.stdout) == (0, True), done
    # Then both hold by themselves, in one line
    done = mam_audit(stage, "--certificate", str(file), "--key", key["public_key"], "--file", str(log))
    assert done.returncode == 0, done
    assert done.stdout.count("\n") == 1
    assert version["sha256"] in done.stdout
    assert mam_audit(stage, "--file", str(log)).returncode == 0
    # And not when one character of them differs
    log.write_text(log.read_text().replace("upload.promoted", "upload.promotes", 1))
    done = mam_audit(stage, "--file", str(log))
    assert (done.returncode, "BROKEN, first at entry" in done.stdout) == (1, True)
    file.write_bytes(file.read_bytes().replace(b'"number": 1', b'"number": 2', 1))
    assert mam_audit(stage, "--certificate", str(file)).returncode == 1
    assert mam_audit(stage, "--certificate", str(tmp_path / "none")).returncode == 2


def test_an_edited_row_is_named_by_the_command(stage: Stage) -> None:
    """Promise J1 from outside: somebody edits the database; the command names the entry and exits with 1."""
    assert mam_audit(stage).returncode == 0
    database = next(stage.box.data.glob("*.db*"))
    with sqlite3.connect(database, timeout=60) as connection:
        (name,) = connection.execute("SELECT actor_name FROM audit_entry WHERE seq = 3").fetchone()
        connection.execute("UPDATE audit_entry SET actor_name = 'nobody' WHERE seq = 3")
    try:
        done = mam_audit(stage)
        assert done.returncode == 1
        assert "first at entry 3" in done.stdout
        assert stage.admin.post("/api/audit/verify").json()["first_bad"] == 3
    finally:
        with sqlite3.connect(database, timeout=60) as connection:
            connection.execute("UPDATE audit_entry SET actor_name = ? WHERE seq = 3", (name,))
    assert stage.admin.post("/api/audit/verify").json()["holds"]
