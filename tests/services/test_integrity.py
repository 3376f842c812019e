"""What a master is worth: locks read back, checks, legal holds, certificates that hold by themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from upload_steps import member, sending

from mam.builtin.storage_files import release
from mam.core import Mam
from mam.errors import ConfigError, ForbiddenError, LockedError, NotFoundError, ValidationError
from mam.models import Asset, AuditEntry, Job, Version
from mam.services import audit_anchor, custody, custody_check, integrity, jobs
from mam.types import SYSTEM, Actor


def promoted(box: Mam, size: int = 1000) -> tuple[Version, Actor]:
    """A master with an owner."""
    upload = sending(box, size).presign(filename="рулон <b>日本</b> =1+1.mov")
    upload.send_all()
    upload.promote()
    version = Version.get(Version.upload_id == upload.id)
    return version, member(Asset.get_by_id(version.asset_id), "owner")


def damage(box: Mam, version: Version) -> None:
    path = box.storage.local_path("masters", version.master_key)  # type: ignore[attr-defined]
    release(path)
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[500] ^= 1
    path.write_bytes(data)


def test_the_lock_is_read_back_and_every_check_is_told(box: Mam) -> None:
    # Given a fresh master
    version, owner = promoted(box)
    state = integrity.state(box, owner, version.id)
    # Then its hashes, its lock as the store tells it and the comparison at promote are there
    assert (state["sha256"], state["xxh128"]) == (version.sha256, version.xxh128)
    assert state["lock"]["read_back"]
    assert state["lock"]["locked"]
    assert not state["lock"]["legal_hold"]
    assert [one["sound"] for one in state["checks"]] == [True]
    # When it is verified
    assert integrity.verify(box, owner, version.id)["status"] == "sound"
    # Then it was proven just now, by whom is told
    after = integrity.state(box, owner, version.id)
    assert after["verified_at"] >= state["verified_at"]
    assert after["checks"][0]["by"] == owner.email
    # And a flipped byte is found and told (promise D8)
    damage(box, version)
    answer = integrity.verify(box, owner, version.id)
    assert answer["status"] == "damaged"
    assert version.sha256 in answer["detail"]
    assert not integrity.state(box, owner, version.id)["checks"][0]["sound"]


def test_a_legal_hold_locks_without_an_end(box: Mam) -> None:
    """Promise D1 at the API's service: what is held cannot be removed, whatever its retention says."""
    version, owner = promoted(box)
    # Given a hold with its reason
    lock = integrity.set_legal_hold(box, owner, version.id, on=True, reason="case 12-7\r\nforged")
    assert (lock["legal_hold"], lock["locked"], lock["read_back"]) == (True, True, True)
    assert Version.get_by_id(version.id).legal_hold
    with pytest.raises(LockedError, match="hold"):
        box.storage.delete("masters", version.master_key)
    # When it is lifted
    lock = integrity.set_legal_hold(box, owner, version.id, on=False, reason="closed")
    # Then only the retention is left, and both are recorded with their reasons
    assert (lock["legal_hold"], lock["locked"]) == (False, True)
    actions = AuditEntry.select().where(AuditEntry.action.startswith("master.hold")).order_by(AuditEntry.seq)
    assert [(one.action, one.data["reason"]) for one in actions] == [
        ("master.hold_set", r"case 12-7\r\nforged"),
        ("master.hold_lifted", "closed"),
    ]


def test_who_may_not_is_refused(sqlite_box: Mam) -> None:
    version, _owner = promoted(sqlite_box)
    asset = Asset.get_by_id(version.asset_id)
    viewer, editor = member(asset, "viewer", "v@x.y"), member(asset, "editor", "e@x.y")
    for refused in (
        lambda: integrity.verify(sqlite_box, viewer, version.id),
        lambda: custody.certificate(sqlite_box, viewer, version.id),
        lambda: integrity.set_legal_hold(sqlite_box, editor, version.id, on=True, reason="x"),
    ):
        with pytest.raises(ForbiddenError):
            refused()
    with pytest.raises(NotFoundError):
        integrity.state(sqlite_box, Actor("0190a000-0000-7000-8000-000000000001"), version.id)
    with pytest.raises(ValidationError):
        integrity.set_legal_hold(sqlite_box, SYSTEM, version.id, on=True, reason=" ")


def test_a_big_master_is_verified_as_one_job(box: Mam, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a master over the limit of what is done at once
    version, owner = promoted(box)
    monkeypatch.setattr(integrity, "AT_ONCE_BYTES", 10)
    # When two ask
    first = integrity.verify(box, owner, version.id)
    second = integrity.verify(box, owner, version.id)
    # Then one job does it, in the name of whoever asked first
    assert first["status"] == "queued"
    assert first["job_id"] == second["job_id"]
    assert integrity.state(box, owner, version.id)["verifying"]
    assert jobs.run(box, first["job_id"])
    assert Job.get_by_id(first["job_id"]).state == "done"
    check = integrity.state(box, owner, version.id)["checks"][0]
    assert (check["sound"], check["by"]) == (True, owner.email)


def test_a_certificate_holds_by_itself(box: Mam, tmp_path: Path) -> None:
    # Given a certificate of a master with a name in three scripts
    version, owner = promoted(box)
    integrity.verify(box, owner, version.id)
    data = custody.certificate(box, owner, version.id)
    said = json.loads(data)["certificate"]
    # Then it tells who did what, the lock, the checks, and the anchor of the log
    done = [one["action"] for one in said["custody"]]
    assert {"upload.promoted", "master.verified", "certificate.issued"} <= set(done)
    assert said["hashes"]["sha256"] == version.sha256
    assert said["lock"]["read_back"]
    assert len(said["checks"]) == 2
    assert said["audit"]["anchor"]["seq"] >= said["audit"]["last_seq"]
    assert any(one.seq == said["audit"]["anchor"]["seq"] for one in audit_anchor.anchors(box))
    # And it holds with nothing but the file; with the box's key it is trusted
    key = integrity.public_key(box)["public_key"]
    assert "holds" in custody_check.check(data).say()
    assert custody_check.check(data, key).trusted
    # And a file is or is not the certified master
    good, bad = tmp_path / "good.mov", tmp_path / "bad.mov"
    path = box.storage.local_path("masters", version.master_key)  # type: ignore[attr-defined]
    good.write_bytes(path.read_bytes())
    bad.write_bytes(path.read_bytes()[:-1] + b"x")
    assert custody_check.check(data, key, master=good).holds
    assert not custody_check.check(data, key, master=bad).holds


def test_a_changed_certificate_does_not_hold(sqlite_box: Mam) -> None:
    version, owner = promoted(sqlite_box)
    data = custody.certificate(sqlite_box, owner, version.id)
    document = json.loads(data)
    # A changed hash, a changed entry, another key, no certificate at all
    for old, new in (
        (version.sha256, "0" * 64),
        (owner.email, "eve@x.y"),
        ('"locked": true', '"locked": false'),
    ):
        changed = data.replace(old.encode(), new.encode())
        assert changed != data
        assert not custody_check.check(changed).holds
    assert not custody_check.check(data, "A" * 43 + "=").holds
    document["certificate"]["custody"][0]["actor_name"] = "eve"
    assert not custody_check.check(json.dumps(document).encode()).holds
    for nothing in (b"", b"{}", b"%PDF-1.4\nhello", b"[1]", b'{"certificate": {"format": "mam-custody-1"}}'):
        with pytest.raises(ConfigError):
            custody_check.check(nothing)


def test_the_pdf_carries_the_signed_certificate(sqlite_box: Mam) -> None:
    # Given the PDF
    version, owner = promoted(sqlite_box)
    pdf = custody.certificate_pdf(sqlite_box, owner, version.id)
    assert pdf.startswith(b"%PDF-")
    # Then the offline check finds what was signed in it, and a damaged one is refused
    key = integrity.public_key(sqlite_box)["public_key"]
    found = custody_check.check(pdf, key)
    assert found.holds
    assert found.trusted
    assert found.sha256 == version.sha256
