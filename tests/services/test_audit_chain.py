"""The audit log as a chain: edits, cuts and rewritings show, and there is one chain however many write."""

from __future__ import annotations

import importlib.util
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mam import models
from mam.builtin.storage_files import release
from mam.core import Mam
from mam.models import AuditEntry, AuditHead, database
from mam.models.schema import MIGRATIONS
from mam.services import audit, audit_anchor, audit_chain, audit_check, masters
from mam.types import SYSTEM

WRITER = Path(__file__).with_name("audit_writer.py")


def write(box: Mam, count: int) -> None:
    for number in range(count):
        audit.record(
            box, SYSTEM, "test.written", subject_id=str(number), data={"n": number, "ü": [1.5, None]}
        )


def swap(first: int, second: int) -> None:
    """Exchange what two entries say, as somebody would who wants another order."""
    for old, new in ((first, -1), (second, first), (-1, second)):
        AuditEntry.update(seq=new).where(AuditEntry.seq == old).execute()


def rehash_from(seq: int) -> None:
    """Make the chain consistent again from an entry on: what somebody with the database can do."""
    prev = audit_chain.GENESIS
    for row in list(AuditEntry.select().order_by(AuditEntry.seq)):
        if row.seq >= seq:
            values = audit_check.values_of(row)
            row.prev, row.hash = prev, audit_chain.digest(prev, values)
            AuditEntry.update(prev=row.prev, hash=row.hash).where(AuditEntry.seq == row.seq).execute()
        prev = row.hash


EDITS: dict[str, tuple[Callable[[], object], int]] = {
    "change": (lambda: AuditEntry.update(actor_name="nobody").where(AuditEntry.seq == 4).execute(), 4),
    "change its data": (lambda: AuditEntry.update(data={"n": 9}).where(AuditEntry.seq == 4).execute(), 4),
    "delete": (lambda: AuditEntry.delete().where(AuditEntry.seq == 4).execute(), 4),
    "delete the first": (lambda: AuditEntry.delete().where(AuditEntry.seq == 1).execute(), 1),
    "insert": (lambda: AuditEntry.create(seq=11, action="x.y", prev="0" * 64, hash="1" * 64), 11),
    "reorder": (lambda: swap(4, 6), 4),
    "move": (lambda: AuditEntry.update(seq=40).where(AuditEntry.seq == 4).execute(), 4),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_names_the_first_bad_entry(box: Mam, edit: str) -> None:
    """Promise J1: change, delete, insert, reorder: the check names the first entry that does not hold."""
    # Given a log that holds
    write(box, 10)
    assert audit_check.check(box).faults == []
    # When somebody edits it in the database
    change, first_bad = EDITS[edit]
    change()
    # Then the check says where it begins to be wrong
    found = audit_check.check(box)
    assert found.first_bad == first_bad, found.faults
    assert "BROKEN" in found.say()


def test_an_entry_replaced_hash_and_all_is_named(sqlite_box: Mam) -> None:
    """Promise J1: one entry rewritten with a hash that fits it."""
    write(sqlite_box, 10)
    row = AuditEntry.get_by_id(4)
    values = {**audit_check.values_of(row), "action": "other"}
    AuditEntry.update(action="other", hash=audit_chain.digest(row.prev, values)).where(
        AuditEntry.seq == 4
    ).execute()
    assert audit_check.check(sqlite_box).first_bad == 4


def cut_tail() -> None:
    AuditEntry.delete().where(AuditEntry.seq > 5).execute()


def cut_tail_and_head() -> None:
    cut_tail()
    AuditHead.update(seq=5, hash=AuditEntry.get_by_id(5).hash).execute()


def delete_all() -> None:
    AuditEntry.delete().execute()
    AuditHead.delete().execute()


def rewrite_all() -> None:
    AuditEntry.update(actor_name="nobody").where(AuditEntry.seq == 3).execute()
    rehash_from(1)
    AuditHead.update(hash=AuditEntry.get_by_id(10).hash, signature="", key_id="").execute()


@pytest.mark.parametrize("attack", [cut_tail, cut_tail_and_head, delete_all, rewrite_all])
def test_cutting_and_rewriting_shows_by_the_anchor(box: Mam, attack: Callable[[], None]) -> None:
    """Promise J2: tail cut, all deleted, all rewritten and hashed again: caught by the anchor outside."""
    # Given ten entries whose end was anchored
    write(box, 10)
    anchor = audit_anchor.write(box)
    assert anchor is not None
    assert anchor.seq == 10
    # When somebody with the whole database cuts or rewrites it
    attack()
    # Then it shows, although the log goes on
    found = audit_check.check(box)
    assert found.faults
    assert any("anchor" in fault.message for fault in found.faults), found.faults
    write(box, 12)
    assert audit_check.check(box).faults


def test_an_old_copy_of_the_database_shows_by_the_anchor(sqlite_box: Mam) -> None:
    """Promise J2: entries and signed head put back to an earlier moment."""
    write(sqlite_box, 5)
    before = AuditHead.get_by_id(1)
    write(sqlite_box, 5)
    audit_anchor.write(sqlite_box)
    AuditEntry.delete().where(AuditEntry.seq > 5).execute()
    AuditHead.update(seq=5, hash=before.hash, signature=before.signature).execute()
    found = audit_check.check(sqlite_box)
    assert found.first_bad == 6
    assert "anchor" in found.say()


def test_an_anchor_is_locked_and_no_stray_master(sqlite_box: Mam) -> None:
    # Given an anchor
    write(sqlite_box, 3)
    anchor = audit_anchor.write(sqlite_box)
    assert anchor is not None
    # Then the store locks it like a master, and nobody takes it for one
    state = sqlite_box.storage.lock_state(anchor.object, version=None)  # type: ignore[attr-defined]
    assert state.locked
    assert masters.orphans(sqlite_box) == []
    # And writing it again changes nothing
    assert audit_anchor.write(sqlite_box) == anchor
    assert len(list(audit_anchor.anchors(sqlite_box))) == 1
    # And one that was changed in the store is named
    path = sqlite_box.storage.local_path("masters", anchor.object)  # type: ignore[attr-defined]
    release(path)
    path.chmod(0o600)
    path.write_text(path.read_text().replace('"seq": 3', '"seq": 2'))
    assert "changed" in audit_check.check(sqlite_box).say()


def test_anchors_are_written_when_they_are_due(sqlite_box: Mam) -> None:
    # Given nothing recorded since the last one: none
    write(sqlite_box, 2)
    assert audit_anchor.keep(sqlite_box) is not None
    assert audit_anchor.keep(sqlite_box) is None
    # When little was recorded a moment ago: none; a promoted master after ten seconds: one
    audit.record(sqlite_box, SYSTEM, "upload.promoted")
    assert audit_anchor.keep(sqlite_box) is None
    AuditHead.update(anchored_at=models.now() - audit_anchor.PROMOTE_WAIT).execute()
    assert audit_anchor.keep(sqlite_box) is not None
    # And many entries: one
    write(sqlite_box, sqlite_box.config.audit.anchor_entries)
    assert audit_anchor.keep(sqlite_box) is not None


def fail_inside(box: Mam) -> None:
    with database.atomic():
        audit.record(box, SYSTEM, "inside")
        raise RuntimeError


def test_a_savepoint_that_is_rolled_back_takes_its_entries_along(box: Mam) -> None:
    # Given a transaction with an entry before, inside and after a part that fails
    with database.atomic():
        audit.record(box, SYSTEM, "before")
        with pytest.raises(RuntimeError):
            fail_inside(box)
        audit.record(box, SYSTEM, "after")
    # Then what was not done is not recorded
    assert [row.action for row in AuditEntry.select().order_by(AuditEntry.seq)] == ["before", "after"]
    assert audit_check.check(box).faults == []


def test_an_exported_log_is_checked_without_the_box(sqlite_box: Mam) -> None:
    """Promises J1, J2 for the file that somebody keeps elsewhere."""
    # Given an export
    write(sqlite_box, 6)
    audit_anchor.write(sqlite_box)
    write(sqlite_box, 4)
    out = io.StringIO()
    assert audit_check.check(sqlite_box, out).faults == []
    lines = out.getvalue().split("\n")
    # Then it holds by itself
    found = audit_check.check_export(lines)
    assert (found.faults, found.entries, found.anchors) == ([], 10, 1)
    # And not when it was changed, shortened, or signed by somebody else
    assert audit_check.check_export([*lines[:3], *lines[4:]]).first_bad == 4
    assert audit_check.check_export([one.replace('"n":2', '"n":7') for one in lines]).first_bad == 3
    assert audit_check.check_export([*lines[:8], *lines[10:]]).first_bad == 9
    assert audit_check.check_export(lines[:10]).faults
    assert audit_check.check_export(lines, public_key="A" * 43 + "=").faults
    with pytest.raises(ValueError, match="entry"):
        audit_check.check_export([json.dumps({"seq": 1})])


def url_of(box: Mam) -> str:
    return box.config.database_url if "postgres" in box.config.database_url else ""


def start_writers(box: Mam, processes: int, threads: int, each: int) -> list[subprocess.Popen[str]]:
    command = [sys.executable, str(WRITER), url_of(box), str(box.config.data), str(threads), str(each)]
    return [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_fifty_writers_make_one_chain(box: Mam) -> None:
    """Promise J3: 50 parallel writers in 5 processes: no fork, no gap, nothing lost."""
    # Given fifty writers that write four entries each
    processes = start_writers(box, 5, 10, 4)
    outputs = [one.communicate(timeout=200)[0] for one in processes]
    # Then all two hundred are in one chain
    assert [one.returncode for one in processes] == [0] * 5
    assert sum(text.count(".") for text in outputs) == 200
    found = audit_check.check(box)
    assert (found.faults, found.entries) == ([], 200)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_writers_leave_one_chain(box: Mam) -> None:
    """Promise J3: writers killed with SIGKILL in the middle: no fork, no gap; what was answered is there."""
    told = 0
    for _round in range(3):
        # Given writers that would go on for long
        processes = start_writers(box, 2, 8, 100_000)
        for one in processes:
            assert one.stdout is not None
            one.stdout.readline()
        time.sleep(0.3)
        # When they are killed
        for one in processes:
            one.send_signal(signal.SIGKILL)
        told += sum(one.communicate(timeout=60)[0].count(".") + 1 for one in processes)
        # Then the chain holds and goes on
        write(box, 1)
        found = audit_check.check(box)
        assert found.faults == []
        assert found.entries >= told + _round + 1


def migration() -> object:
    spec = importlib.util.spec_from_file_location("chain", MIGRATIONS / "0006_audit_chain.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_released_log_is_chained_at_the_upgrade(box: Mam) -> None:
    # Given a log as the first release left it: no hashes, gaps where transactions were rolled back
    write(box, 8)
    AuditEntry.delete().where(AuditEntry.seq.in_([2, 5])).execute()
    AuditEntry.update(prev="", hash="").execute()
    # When it is migrated
    seq, last = migration().chained(database.obj)  # type: ignore[attr-defined]
    AuditHead.update(seq=seq, hash=last, key_id="", signature="").execute()
    # Then it is one chain, which goes on and is signed with its first anchor
    found = audit_check.check(box)
    assert (found.faults, found.entries) == ([], 6)
    audit_anchor.write(box)
    assert audit_check.check(box).faults == []
    write(box, 1)
    assert audit_check.check(box).faults == []
