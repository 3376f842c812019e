"""Fixity: copies in second stores, the scrub, healing; over real files and real rot (promise D8)."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from upload_steps import sending

from mam import models
from mam.builtin.storage_files import release
from mam.config import Config, Copy, Fixity, StorageConfig, load
from mam.core import Mam, open_mam
from mam.errors import ChecksumMismatchError, StorageError, StorageUnreachableError
from mam.models import AuditEntry, Job, MasterCopy, Scrub, Version, now
from mam.services import box as services_box
from mam.services import copies, fixity, healing, integrity, jobs, locks, masters
from mam.services.pace import Pace
from mam.types import SYSTEM


@pytest.fixture
def mirrored(box: Mam, tmp_path: Path) -> Iterator[Mam]:
    """A box with a second store on another folder."""
    (tmp_path / "second").mkdir()
    storage = StorageConfig(copies=(Copy("nas", path=str(tmp_path / "second")),))
    config = dataclasses.replace(box.config, storage=storage, fixity=Fixity(bytes_per_second=0))
    yield dataclasses.replace(box, config=config, copies={})
    release(tmp_path / "second")


def promoted(mam: Mam, size: int = 1000) -> Version:
    """A master, its copy not made yet."""
    upload = sending(mam, size).presign()
    upload.send_all()
    return Version.get_by_id(upload.promote()["version_id"])


def copied(mam: Mam) -> Version:
    """A master with a good copy."""
    version = promoted(mam)
    run(mam, "copy")
    return version


def run(mam: Mam, kind: str) -> None:
    for job in list(Job.select().where(Job.kind == kind, Job.state == "queued")):
        jobs.run(mam, job.id)


def rot(path: Path, at: int = 500) -> None:
    """Flip one bit, as an ageing disk does."""
    release(path)
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def master_file(mam: Mam, version: Version) -> Path:
    return mam.config.store / "masters" / Version.get_by_id(version.id).master_key


def copy_file(mam: Mam, version: Version) -> Path:
    copy = MasterCopy.get(MasterCopy.master_key == Version.get_by_id(version.id).master_key)
    return Path(mam.config.storage.copies[0].path) / "masters" / copy.copy_key


def actions(version: Version) -> list[str]:
    rows = AuditEntry.select().where(AuditEntry.subject_id == version.id).order_by(AuditEntry.seq)
    return [row.action for row in rows]


def long_ago(days: int = 400) -> None:
    """Make everything due."""
    then = now() - timedelta(days=days)
    Version.update(verified_at=then, checked_at=None, created_at=then).execute()
    MasterCopy.update(verified_at=then, checked_at=then).execute()


# --- copies --------------------------------------------------------------------------------------


def test_a_promote_is_followed_by_a_proven_locked_copy(mirrored: Mam) -> None:
    """Issue 4, 5: a second store that promote also writes and verifies."""
    # Given a master that was just promoted: its copy is planned in the same transaction
    version = promoted(mirrored)
    assert MasterCopy.get().state == "waiting"
    # When the job runs
    run(mirrored, "copy")
    # Then the same bytes lie in the second store, under the same lock, and the version says so
    file = copy_file(mirrored, version)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == version.sha256
    state = copies.open_store(mirrored, "nas").lock_state(version.master_key, version=None)  # type: ignore[attr-defined]
    assert state is not None
    assert state.retain_until == version.retain_until
    told = integrity.state(mirrored, SYSTEM, version.id)["copies"]
    assert [(one["store"], one["state"], one["configured"]) for one in told] == [("nas", "good", True)]
    assert told[0]["verified_at"]
    assert "copy.made" in actions(version)


def test_masters_older_than_the_second_store_are_copied_too(mirrored: Mam) -> None:
    # Given a master promoted before the copy was configured
    plain = dataclasses.replace(
        mirrored, config=dataclasses.replace(mirrored.config, storage=StorageConfig())
    )
    version = promoted(plain)
    assert not MasterCopy.select().exists()
    # When a worker's round looks, twice
    assert (copies.fill(mirrored), copies.fill(mirrored)) == (1, 0)
    run(mirrored, "copy")
    # Then it has its copy, and nothing is left to do
    assert copy_file(mirrored, version).exists()
    assert copies.fill(mirrored) == 0


def test_a_second_store_that_is_away_is_waited_for(mirrored: Mam, tmp_path: Path) -> None:
    """An unmounted disk: nothing is written in its place, the job waits and counts no attempt."""
    # Given a folder that is not there
    (tmp_path / "second").rmdir()
    version = promoted(mirrored)
    # When the job runs
    run(mirrored, "copy")
    # Then it waits, with the reason to be seen
    job = Job.get(Job.kind == "copy")
    assert (job.state, job.attempts) == ("queued", 0)
    assert "second" in job.error_detail
    assert not (tmp_path / "second").exists()
    # When the disk is back, then it is made
    (tmp_path / "second").mkdir()
    Job.update(run_after=now()).where(Job.id == job.id).execute()
    run(mirrored, "copy")
    assert copy_file(mirrored, version).exists()


def test_a_copy_is_never_made_of_damaged_bytes(mirrored: Mam) -> None:
    # Given a master that rots before it was copied
    version = promoted(mirrored)
    rot(master_file(mirrored, version))
    # When its copy is to be made
    with pytest.raises(ChecksumMismatchError):
        copies.make(mirrored, MasterCopy.get(), version)
    # Then there is none
    store = copies.open_store(mirrored, "nas")
    assert (list(store.list("masters")), list(store.list("staging"))) == ([], [])


def test_a_copy_made_before_a_crash_is_found_again(mirrored: Mam) -> None:
    # Given a copy that was written by a process that died before it said so
    version = copied(mirrored)
    MasterCopy.update(state="waiting", copy_key=None, verified_at=None).execute()
    # When it is made again, then it is the same object
    copies.make(mirrored, MasterCopy.get(), version)
    store = copies.open_store(mirrored, "nas")
    assert [one.key for one in store.list("masters")] == [version.master_key]
    assert MasterCopy.get().state == "good"


def test_a_copys_lock_follows_its_masters(mirrored: Mam) -> None:
    """A hold holds the copy too, and lifts; a longer retention reaches it with its next check."""
    version = copied(mirrored)
    store = copies.open_store(mirrored, "nas")
    for on in (True, False):
        integrity.set_legal_hold(mirrored, SYSTEM, version.id, on=on, reason="case 2")
        assert store.lock_state(version.master_key, version=None).legal_hold is on  # type: ignore[attr-defined]
    longer = now() + timedelta(days=4000)
    Version.update(retain_until=longer).execute()
    assert not copies.ensure(mirrored, Version.get(), "nas", pace=Pace(), heal=False)
    assert store.lock_state(version.master_key, version=None).retain_until == longer  # type: ignore[attr-defined]


# --- healing -------------------------------------------------------------------------------------


def test_a_flipped_byte_is_healed_from_the_copy(mirrored: Mam) -> None:
    """Promise D8: found, named, healed, audited; the damaged object stays, locked, and is no stray."""
    # Given a master with a copy and a legal hold, one bit of which rots
    version = copied(mirrored)
    integrity.set_legal_hold(mirrored, SYSTEM, version.id, on=True, reason="case 1")
    damaged = master_file(mirrored, version)
    rot(damaged)
    # When it is verified with healing
    assert healing.verify(mirrored, Version.get_by_id(version.id)) == "nas"
    # Then the version names good bytes under the same lock and hold
    healed = Version.get_by_id(version.id)
    assert healed.master_key == f"{version.id}.r1"
    assert masters.verify(mirrored, healed).sha256 == version.sha256
    lock = integrity.lock_now(mirrored, healed)
    assert (lock["locked"], lock["legal_hold"]) == (True, True)
    assert healed.retain_until == version.retain_until
    # And the log tells of it, and the damaged bytes are kept
    assert [one for one in actions(version) if one.startswith("master.")][-3:] == [
        "master.damaged",
        "master.healed",
        "master.verified",
    ]
    assert damaged.exists()
    assert masters.orphans(mirrored) == []
    # And its copy is still its copy
    assert copies.states(mirrored, healed)[0]["state"] == "good"


def test_a_master_that_is_gone_comes_back(mirrored: Mam) -> None:
    # Given a master whose file is gone, and a linked version of the same master
    version = copied(mirrored)
    file = master_file(mirrored, version)
    release(file)
    file.unlink()
    # When it is healed twice
    assert healing.verify(mirrored, version) == "nas"
    rot(master_file(mirrored, version))
    assert healing.verify(mirrored, Version.get_by_id(version.id)) == "nas"
    # Then it is sound under its third key
    assert Version.get_by_id(version.id).master_key == f"{version.id}.r2"
    assert healing.verify(mirrored, Version.get_by_id(version.id)) == ""


def test_a_damaged_copy_heals_nothing_and_is_made_again(mirrored: Mam) -> None:
    # Given a sound master and a damaged copy
    version = copied(mirrored)
    rot(copy_file(mirrored, version))
    with pytest.raises(ChecksumMismatchError, match="nas"):
        copies.ensure(mirrored, version, "nas", pace=Pace(), heal=False)
    assert MasterCopy.get().state == "damaged"
    # When it is healed
    assert copies.ensure(mirrored, version, "nas", pace=Pace(), heal=True)
    # Then a new copy is good
    assert not copies.ensure(mirrored, version, "nas", pace=Pace(), heal=True)
    assert [one for one in actions(version) if one.startswith("copy.")] == [
        "copy.made", "copy.damaged", "copy.damaged", "copy.healed",
    ]  # fmt: skip
    # But with both damaged, nothing is: both are told of
    rot(copy_file(mirrored, version))
    rot(master_file(mirrored, version))
    with pytest.raises(ChecksumMismatchError):
        healing.verify(mirrored, version)
    assert Version.get_by_id(version.id).damage
    assert Version.get_by_id(version.id).master_key == version.id


# --- the scrub -----------------------------------------------------------------------------------


def test_the_scrub_reads_what_is_due_heals_and_says_how_it_went(mirrored: Mam) -> None:
    """Issue 4, 5: oldest proven first, checkpointed, healed; told on the page Storage."""
    # Given two masters with copies, proven lately: nothing is due
    one, two = copied(mirrored), copied(mirrored)
    assert fixity.scrub(mirrored, "worker") == 0
    # When they were proven long ago, one of them and one copy rot, and the scrub runs
    long_ago()
    rot(master_file(mirrored, one))
    rot(copy_file(mirrored, two))
    assert services_box.storage(mirrored, SYSTEM)["fixity"]["due"] == 4
    assert fixity.scrub(mirrored, "worker") == 4
    # Then all is well again, and the pass is over
    told = services_box.storage(mirrored, SYSTEM)["fixity"]
    # four reads; each of the two healings read a good one, and what it wrote
    assert (told["done"], told["bytes"], told["due"], told["damaged"]) == (4, 8000, 0, [])
    assert told["pass_finished_at"] >= told["pass_started_at"]
    assert not told["running"]
    assert fixity.scrub(mirrored, "worker") == 0
    assert "master.healed" in actions(one)
    assert "copy.healed" in actions(two)


def test_what_cannot_be_healed_is_listed_and_holds_up_nothing(box: Mam) -> None:
    # Given two masters without copies, the older of which is damaged
    one, two = promoted(box), promoted(box)
    long_ago()
    rot(master_file(box, one))
    # When the scrub runs, then both were read, and the damaged one is told of and not read again at once
    assert fixity.scrub(box, "worker") == 2
    told = fixity.status(box)
    assert [row["version_id"] for row in told["damaged"]] == [one.id]
    assert told["bad"] == 1
    assert fixity.scrub(box, "worker") == 0
    assert Version.get_by_id(two.id).verified_at > now() - timedelta(minutes=5)


def test_one_scrubber_at_a_time_and_a_dead_one_is_followed(mirrored: Mam) -> None:
    """A killed worker: its lease runs out, the next goes on with what was not read yet."""
    # Given a scrubber that was killed over the first of two masters
    one, two = promoted(mirrored), promoted(mirrored)
    long_ago()
    masters.verify(mirrored, one)
    Scrub.create(
        id=1, holder="dead", lease_until=now() + timedelta(seconds=300), pass_started_at=now(), done=1
    )
    # When another comes too early, then nothing; when the lease has run out, then it goes on
    assert fixity.scrub(mirrored, "next") == 0
    Scrub.update(lease_until=now() - timedelta(seconds=1)).execute()
    assert fixity.scrub(mirrored, "next") == 1
    assert Scrub.get().done == 2
    assert Version.get_by_id(two.id).checked_at is not None


def test_a_store_that_is_away_damages_nothing(mirrored: Mam, monkeypatch: pytest.MonkeyPatch) -> None:
    version = promoted(mirrored)
    long_ago()

    def away(*_args: object, **_more: object) -> None:
        raise StorageUnreachableError("The store does not answer.")

    monkeypatch.setattr(mirrored.storage, "open", away)
    with pytest.raises(StorageUnreachableError):
        fixity.scrub(mirrored, "worker")
    assert Version.get_by_id(version.id).damage is None

    # One that answers with an error is told of, and the next round asks others first
    def broken(*_args: object, **_more: object) -> None:
        raise StorageError("The disk cannot be read.")

    monkeypatch.setattr(mirrored.storage, "open", broken)
    assert fixity.scrub(mirrored, "worker") == 1
    assert Version.get_by_id(version.id).damage == "The disk cannot be read."


def test_the_budget_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes a second, whatever the size of the pieces; a clock of the test's own."""
    clock, slept = [100.0], []
    monkeypatch.setattr("mam.services.pace.time.monotonic", lambda: clock[0])

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr("mam.services.pace.time.sleep", sleep)
    pace = Pace(1000)
    for _ in range(10):
        pace.spend(1000)
    assert 9 <= sum(slept) <= 10
    assert pace.piece == 1000
    assert Pace(0).piece == Pace(1 << 40).piece * 8


@pytest.mark.parametrize(
    ("first", "last", "hour", "may"),
    [
        (0, 24, 13, True),
        (22, 6, 23, True),
        (22, 6, 5, True),
        (22, 6, 6, False),
        (9, 17, 17, False),
        (5, 5, 1, True),
    ],
)
def test_hours_of_the_day(first: int, last: int, hour: int, may: bool) -> None:
    assert fixity.in_hours(first, last, now().replace(hour=hour)) is may


# --- locks ---------------------------------------------------------------------------------------


def test_every_stores_lock_is_proven_on_demand(mirrored: Mam) -> None:
    """Issue 4, 2: per store, told to every process of the box, noted in the audit log."""
    # Given locks not proven here, when an administrator asks
    assert [one["state"] for one in locks.known(mirrored)] == ["unknown", "unknown"]
    found = locks.prove_all(mirrored)
    # Then each store says what its lock is worth, and it is remembered
    assert [one["store"] for one in found] == ["", "nas"]
    assert all(one["state"] in ("enforced", "advisory") for one in found)
    assert [one["at"] for one in locks.known(mirrored)] == [one["at"] for one in found]
    assert list(mirrored.storage.list("masters")) == []


_SCRUB = """
import sys
from pathlib import Path
from mam.config import load
from mam.core import open_mam
from mam.services import fixity
mam = open_mam(load(Path(sys.argv[1])), check=False)
print("begins", flush=True)
fixity.scrub(mam, "killed")
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_scrubber_killed_in_the_middle_is_followed_where_it_was(
    make_config: Callable[..., Config], tmp_path: Path
) -> None:
    """Issue 4, 5: checkpointed and resumable; SIGKILL in the second of two masters, at a crawl."""
    # Given two masters that are due, and a budget at which the second takes minutes
    url = str(make_config().queue_url)
    text = f'data = "{tmp_path / "data"}"\n[queue]\nurl = "{url}"\n[fixity]\nbytes_per_second = 2000\n'
    (tmp_path / "config.toml").write_text(text)
    config = load(tmp_path / "config.toml")
    mam = open_mam(config, migrate=True, check=False)
    with models.database.connection_context():
        small, large = promoted(mam, 10), promoted(mam, 400_000)
        long_ago()
        Version.update(created_at=now() - timedelta(days=900), verified_at=None).where(
            Version.id == small.id
        ).execute()
        # When the scrubber is killed while it reads the second
        command = [sys.executable, "-c", _SCRUB, str(tmp_path / "config.toml")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 100
            while time.monotonic() < deadline and large.id not in _current():
                time.sleep(0.1)
            process.kill()
        assert large.id in _current()
        assert fixity.scrub(mam, "early") == 0
        # Then, its lease over, another one reads what was left, and that alone
        Scrub.update(lease_until=now() - timedelta(seconds=1)).execute()
        proven = Version.get_by_id(small.id).checked_at
        quick = dataclasses.replace(
            mam, config=dataclasses.replace(config, fixity=Fixity(bytes_per_second=0))
        )
        assert fixity.scrub(quick, "next") == 1
        assert Version.get_by_id(small.id).checked_at == proven
        assert Version.get_by_id(large.id).checked_at is not None
        told = fixity.status(quick)
        assert (told["done"], told["bytes"], told["bad"]) == (2, 400_010, 0)


def _current() -> str:
    row = Scrub.get_or_none(Scrub.id == 1)
    return "" if row is None else row.current
