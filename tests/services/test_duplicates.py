"""The same bytes a second time: kept, linked or refused by choice, and the lock of a shared master."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from upload_steps import Sending, make_asset, member, sending

from mam import failpoints
from mam.builtin.storage_files import release
from mam.core import Mam
from mam.errors import ChecksumMismatchError, DuplicateMasterError, LockedError
from mam.models import Asset, AuditEntry, Upload, Version, database, now
from mam.services import duplicates, integrity, masters, uploads
from mam.types import SYSTEM, Actor


def second(first: Sending, asset: Asset | None = None) -> Sending:
    """The same bytes on their way into another asset."""
    return Sending(first.mam, asset or make_asset("Second"), first.data)


def promoted(step: Sending, actor: Actor = SYSTEM, **more: object) -> Version:
    """The version that a sending became."""
    step.presign(actor).send_all()
    answer = uploads.promote(step.mam, actor, step.id, **more)  # type: ignore[arg-type]
    return Version.get_by_id(answer["version_id"])


def master_keys(mam: Mam) -> list[str]:
    return [info.key for info in mam.storage.list("masters")]


def test_a_second_copy_is_kept_where_nobody_chose(box: Mam) -> None:
    """Promise A2: the contract as it was."""
    first = sending(box)
    one = promoted(first)
    two = promoted(second(first))
    assert two.master_key != one.master_key
    assert len(master_keys(box)) == 2


def test_a_link_shares_the_master(box: Mam) -> None:
    # Given a master whose lock ends sooner than a new one's would
    first = sending(box)
    one = promoted(first)
    before = box.storage.lock_state(one.master_key, version=one.master_version)  # type: ignore[attr-defined]
    # When the same bytes are linked into another asset
    two = promoted(second(first), duplicates="link")
    # Then there is one object, two versions of it, and nothing is left in staging
    assert two.id != one.id
    assert (two.master_key, two.master_version) == (one.master_key, one.master_version)
    assert master_keys(box) == [one.master_key]
    assert list(box.storage.list("staging")) == []
    # And the lock is the longer one, in the store and in both rows
    state = box.storage.lock_state(one.master_key, version=one.master_version)  # type: ignore[attr-defined]
    assert state.retain_until > before.retain_until
    assert {row.retain_until for row in Version.select()} == {state.retain_until}
    # And both are verified, nothing is an orphan, the log tells of the link
    assert masters.verify(box, two).sha256 == hashlib.sha256(first.data).hexdigest()
    assert masters.orphans(box) == []
    entry = AuditEntry.select().where(AuditEntry.action == "upload.promoted").order_by(AuditEntry.seq.desc())
    assert entry.first().data["linked_to"] == one.master_key


def test_a_link_never_shortens_a_lock(sqlite_box: Mam) -> None:
    """Promise D2."""
    first = sending(sqlite_box)
    one = promoted(first)
    far = now() + timedelta(days=3650)
    sqlite_box.storage.extend_lock(one.master_key, version=None, retain_until=far)  # type: ignore[attr-defined]
    two = promoted(second(first), duplicates="link")
    assert two.retain_until == far
    with pytest.raises(LockedError):
        sqlite_box.storage.delete("masters", two.master_key)


def test_a_refused_copy_names_the_first_and_can_still_be_taken(box: Mam) -> None:
    # Given bytes that are a master already
    first = sending(box)
    one = promoted(first)
    # When they come again and are not wanted twice
    again = second(first).presign()
    again.send_all()
    with pytest.raises(DuplicateMasterError) as refused:
        again.promote(duplicates="refuse")
    # Then the answer names the version, nothing was promoted and the upload is still there
    assert [one["version_id"] for one in refused.value.duplicates] == [one.id]
    assert Version.select().count() == 1
    kept = uploads.get_upload(box, SYSTEM, again.id)
    assert (kept["state"], sum(part["size"] for part in kept["received"])) == ("open", len(first.data))
    entry = AuditEntry.get(AuditEntry.action == "upload.refused")
    assert entry.data["duplicate_of"] == [one.id]
    # And whoever changes their mind sends no byte again
    answer = again.promote(duplicates="link")
    assert Version.get_by_id(answer["version_id"]).master_key == one.master_key
    assert again.promote(duplicates="refuse") == answer


def test_a_refused_copy_can_be_kept_or_given_up(sqlite_box: Mam) -> None:
    first = sending(sqlite_box)
    promoted(first)
    for keep in (True, False):
        again = second(first).presign(duplicates="refuse")
        again.send_all()
        with pytest.raises(DuplicateMasterError):
            again.promote()
        if keep:
            again.promote(duplicates="allow")
        else:
            uploads.abort(sqlite_box, SYSTEM, again.id)
    assert len(master_keys(sqlite_box)) == 2
    assert list(sqlite_box.storage.list("staging")) == []


def test_a_known_hash_tells_before_a_byte_is_sent(box: Mam) -> None:
    first = sending(box)
    one = promoted(first)
    digest = hashlib.sha256(first.data).hexdigest()
    told = second(first).presign(sha256=digest.upper()).answer["duplicate_of"]
    assert [(each["version_id"], each["title"]) for each in told] == [(one.id, "Rushes")]
    with pytest.raises(DuplicateMasterError):
        second(first).presign(sha256=digest, duplicates="refuse")
    assert Upload.select().count() == 2
    assert sending(box).presign(sha256="0" * 64).answer["duplicate_of"] == []


def test_masters_of_others_are_not_told_of(box: Mam) -> None:
    """Promises G2, G6: neither named, nor refused, nor linked to; also where the box finishes the work."""
    # Given a master in a project that somebody else does not see
    first = sending(box)
    one = promoted(first)
    foreign = make_asset("Foreign")
    stranger = member(foreign, "editor")
    digest = hashlib.sha256(first.data).hexdigest()
    # When that person sends the same bytes
    again = second(first, foreign).presign(stranger, sha256=digest)
    assert again.answer["duplicate_of"] == []
    again.send_all()
    two = uploads.promote(box, stranger, again.id, duplicates="refuse")
    # Then it is a master like any other
    assert Version.get_by_id(two["version_id"]).master_key != one.master_key
    # And also when the box itself finishes such an upload after a crash
    late = second(first, make_asset("Late"))
    late.asset.project_id = foreign.project_id
    late.asset.save()
    late.presign(stranger, duplicates="link").send_all()
    linked = Version.get_by_id(uploads.promote(box, SYSTEM, late.id)["version_id"])
    assert linked.master_key == two["version_id"]


def test_masters_in_the_trash_do_not_count(sqlite_box: Mam) -> None:
    first = sending(sqlite_box)
    one = promoted(first)
    Asset.update(deleted_at=now()).where(Asset.id == one.asset_id).execute()
    two = promoted(second(first), duplicates="refuse")
    assert two.master_key != one.master_key


def test_trash_of_one_leaves_the_other(sqlite_box: Mam) -> None:
    first = sending(sqlite_box)
    one = promoted(first)
    two = promoted(second(first), duplicates="link")
    Asset.update(deleted_at=now()).where(Asset.id == one.asset_id).execute()
    assert masters.verify(sqlite_box, two).size == two.size
    # And also when the first one's rows are gone for good its master is no orphan
    Asset.delete_by_id(one.asset_id)
    assert masters.orphans(sqlite_box) == []


def test_no_link_to_a_master_that_is_damaged(sqlite_box: Mam) -> None:
    """Promise D8: the good bytes at hand are not given up for bad ones."""
    # Given a master in which a byte has changed
    first = sending(sqlite_box)
    one = promoted(first)
    path = Path(sqlite_box.storage.local_path("masters", one.master_key))  # type: ignore[attr-defined]
    release(path)
    path.chmod(0o600)
    path.write_bytes(b"\0" + first.data[1:])
    # When its bytes come again, to be linked
    two = promoted(second(first), duplicates="link")
    # Then they are kept, and the damage is in the log
    assert two.master_key == two.id
    assert AuditEntry.select().where(AuditEntry.action == "master.damaged").exists()
    with pytest.raises(ChecksumMismatchError):
        masters.verify(sqlite_box, one)


def test_a_hold_is_not_lifted_while_another_version_has_it(sqlite_box: Mam) -> None:
    """Promise D1: of two versions of one master under hold; the store keeps it until both are lifted."""
    first = sending(sqlite_box)
    one = promoted(first)
    two = promoted(second(first), duplicates="link")

    def hold(version: Version, *, on: bool) -> bool:
        integrity.set_legal_hold(sqlite_box, SYSTEM, version.id, on=on, reason="a case")
        state = sqlite_box.storage.lock_state(one.master_key, version=one.master_version)  # type: ignore[attr-defined]
        return bool(state.legal_hold)

    assert hold(one, on=True)
    assert not duplicates.held_by_others(one)
    assert hold(two, on=True)
    # When the first is lifted, then the store's stays, and the rows say which version has it
    assert hold(one, on=False)
    assert [row.legal_hold for row in Version.select().order_by(Version.created_at)] == [False, True]
    assert not hold(two, on=False)


def test_a_whole_body_is_linked_or_refused_too(box: Mam) -> None:
    first = sending(box)
    one = promoted(first)

    def receive(choice: str) -> dict[str, object]:
        return uploads.receive(
            box, SYSTEM, make_asset("Body").id, filename="a.mov", content_type=None,
            size=len(first.data), body=iter([first.data]), duplicates=choice,
        )  # fmt: skip

    linked = receive("link")
    assert Version.get_by_id(linked["id"]).master_key == one.master_key
    with pytest.raises(DuplicateMasterError):
        receive("refuse")
    assert list(box.storage.list("staging")) == []
    assert master_keys(box) == [one.master_key]


def test_the_configured_choice_counts_where_none_is_made(sqlite_box: Mam) -> None:
    config = replace(sqlite_box.config, uploads=replace(sqlite_box.config.uploads, duplicates="refuse"))
    strict = replace(sqlite_box, config=config)
    first = sending(strict)
    promoted(first)
    with pytest.raises(DuplicateMasterError):
        promoted(second(first))
    assert promoted(second(first), duplicates="allow")


@pytest.mark.parametrize("point", ["promote.frozen", "promote.hashed", "promote.before_commit"])
def test_a_crash_while_linking_ends_in_one_version(
    sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """Promise D5: staging is kept until the version is there; the sweep does as was chosen."""
    # Given an upload that dies on its way to become a link
    first = sending(sqlite_box)
    one = promoted(first)
    again = second(first).presign(duplicates="link")
    again.send_all()

    def die(name: str) -> None:
        if name == point:
            raise RuntimeError

    monkeypatch.setattr(failpoints, "reach", die)
    with pytest.raises(RuntimeError):
        again.promote()
    monkeypatch.undo()
    assert Version.select().count() == 1
    # When the promotion is the dead process's and the sweep comes by
    Upload.update(state="promoting", claim="x" * 36, claimed_at=datetime(2026, 1, 1, tzinfo=UTC)).where(
        Upload.id == again.id
    ).execute()
    assert uploads.sweep(sqlite_box)["promoted"] == 1
    # Then the version shares the master, and nothing is left over
    assert [row.master_key for row in Version.select()] == [one.master_key] * 2
    assert list(sqlite_box.storage.list("staging")) == []


def test_of_the_same_bytes_at_once_one_is_a_master(box: Mam) -> None:
    # Given the same bytes four times, complete, at once
    first = sending(box, 200_000)
    assets = [Asset.create(project=first.asset.project, title=str(number)) for number in range(3)]
    steps = [first, *(second(first, asset) for asset in assets)]
    for step in steps:
        step.presign(duplicates="link").send_all()

    def finish(step: Sending) -> None:
        with database.connection_context():
            step.promote()

    # When all are promoted at the same moment
    threads = [threading.Thread(target=finish, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # Then they are four versions of one master
    assert Version.select().count() == 4
    assert len(master_keys(box)) == 1


def test_a_store_that_cannot_lengthen_a_lock_keeps_a_second_copy(sqlite_box: Mam) -> None:
    class Stiff:
        """The store without the ability to lengthen; everything else is its own."""

        def __init__(self, real: object) -> None:
            for name in dir(real):
                if not name.startswith("_") and name != "extend_lock":
                    setattr(self, name, getattr(real, name))

    stiff = replace(sqlite_box, storage=Stiff(sqlite_box.storage))  # type: ignore[arg-type]
    first = sending(stiff)
    one = promoted(first)
    assert promoted(second(first), duplicates="link").master_key != one.master_key
