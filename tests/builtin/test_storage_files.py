"""The files store: the contract of every store, and what only files on disk have to hold."""

from __future__ import annotations

import errno
import io
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mam.builtin import storage_files
from mam.builtin.storage_files import FilesStorage, release
from mam.builtin.storage_files.disk import is_immutable
from mam.builtin.storage_files.follower import MOST
from mam.builtin.storage_files.journal import Journal
from mam.config import Config
from mam.errors import ConflictError, GoneError, LockedError, MamError, StorageFullError, TooLargeError
from mam.signing import KeyRing
from mam.testing import StorageContract
from mam.testing_contracts import PART, Parts, digests_of
from mam.types import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[FilesStorage]:
    yield FilesStorage(tmp_path / "store", KeyRing.open(tmp_path / "keys.json"))
    release(tmp_path)


class TestContract(StorageContract):
    """The store of files keeps what every store promises."""


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# --- parts ---------------------------------------------------------------------------------------


def test_two_senders_of_one_part_never_interleave(storage: FilesStorage) -> None:
    """Promise A3: both come at once; the part is one of the two bodies, and its receipt is that body's."""
    # Given an upload and two bodies for its first part, each told by its byte
    parts = Parts(storage)
    bodies = [bytes([65 + n]) * PART for n in range(2)]
    barrier = threading.Barrier(2)
    outcomes: dict[int, object] = {}

    def slowly(body: bytes) -> Iterator[bytes]:
        for start in range(0, PART, 1 << 18):
            time.sleep(0.002)
            yield body[start : start + (1 << 18)]

    def send(number: int) -> None:
        token = parts.address(1).url.rpartition("/")[2]
        barrier.wait()
        try:
            outcomes[number] = storage.write_part(token, slowly(bodies[number]), PART)
        except MamError as error:
            outcomes[number] = error

    # When both are sent at the same time
    threads = [threading.Thread(target=send, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then both were taken one after the other, and what lies there is the last one, whole
    parts.send(2)
    parts.send(3)
    received = parts.received()[0]
    parts.complete()
    stored = parts.stored()[:PART]
    assert stored in bodies
    assert outcomes[bodies.index(stored)] == received


def test_a_stalled_sender_loses_its_part_to_the_next(
    storage: FilesStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a sender that brought two megabytes and then stands still
    monkeypatch.setattr("mam.builtin.storage_files.journal._PATIENCE_SECONDS", 0.2)
    parts = Parts(storage)
    begun, go_on = threading.Event(), threading.Event()
    outcome: list[MamError] = []

    def stalling() -> Iterator[bytes]:
        yield b"x" * (2 << 20)
        begun.set()
        go_on.wait(60)
        yield b"x" * (PART - (2 << 20))

    def send() -> None:
        with pytest.raises(ConflictError) as caught:
            storage.write_part(parts.address(1).url.rpartition("/")[2], stalling(), PART)
        outcome.append(caught.value)

    thread = threading.Thread(target=send)
    thread.start()
    assert begun.wait(60)
    # When the client sends the part again over another connection
    parts.send(1)
    # Then that one counts, and the first one, awake again, changes nothing
    go_on.set()
    thread.join()
    assert len(outcome) == 1
    for number in (2, 3):
        parts.send(number)
    parts.complete()
    assert parts.stored() == parts.data


def test_a_sender_in_the_middle_writes_nothing_after_abort(storage: FilesStorage) -> None:
    # Given a sender in the middle of a part
    parts = Parts(storage)

    def body() -> Iterator[bytes]:
        yield b"x" * (1 << 20)
        parts.storage.abort(parts.key, parts.ref)
        yield b"x" * (PART - (1 << 20))

    # When the upload is aborted under it
    # Then it is told so and nothing is left on the disk
    with pytest.raises(GoneError):
        storage.write_part(parts.address(1).url.rpartition("/")[2], body(), PART)
    assert everything(storage.root) == set()


def test_a_body_that_never_came_does_not_void_the_part(storage: FilesStorage) -> None:
    # Given a whole part
    parts = Parts(storage)
    parts.send(1)

    def gone() -> Iterator[bytes]:
        raise ConnectionResetError
        yield b""

    # When it is sent again and the connection breaks before the first byte
    with pytest.raises(ConnectionResetError):
        storage.write_part(parts.address(1).url.rpartition("/")[2], gone(), PART)
    # Then the first one still counts
    assert [one.number for one in parts.received()] == [1]


def test_a_torn_line_of_the_journal_counts_for_nothing(storage: FilesStorage) -> None:
    """Promise A1: after a crash in the middle of a write the list of parts tells the truth."""
    # Given two whole parts and a third whose receipt was cut by a crash
    parts = Parts(storage)
    for number in (1, 2, 3):
        parts.send(number)
    path = storage.root / "uploads" / parts.ref / "journal"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    # When the parts are listed, then the cut one is missing, and can be sent again
    assert [one.number for one in parts.received()] == [1, 2]
    parts.send(3)
    parts.complete()
    assert parts.stored() == parts.data


def test_parts_of_an_earlier_boot_are_read_again_before_they_count(storage: FilesStorage) -> None:
    # Given parts received before the machine lost power, one of which lost bytes on the disk
    parts = Parts(storage)
    for number in (1, 2, 3):
        parts.send(number)
    folder = storage.root / "uploads" / parts.ref
    received = parts.received()
    journal = Journal(folder / "journal")
    for part in received:
        journal.claim(part.number, "a")
        journal.finish(part, "a", "earlier")
    journal.close()
    with (folder / "data").open("r+b") as data:
        data.seek(PART + 100)
        data.write(b"\0" * 1000)
    # When the upload is completed
    # Then the damaged part is named as missing; sent again, the whole is right
    with pytest.raises(MamError, match="missing: 2"):
        parts.complete()
    assert [one.number for one in parts.received()] == [1, 3]
    parts.send(2)
    parts.complete()
    assert parts.stored() == parts.data


def test_sizes_up_to_a_terabyte(storage: FilesStorage) -> None:
    # Given an upload of a terabyte in 10 000 parts, of which the disk holds nothing yet
    size, part_size = 1 << 40, 105 << 20
    ref = storage.begin("big", size, part_size)
    count = -(-size // part_size)
    last = size - (count - 1) * part_size
    # When its last part is sent
    address = storage.part_address("big", ref, count, last, 60)
    token = address.url.rpartition("/")[2]
    chunk = b"z" * (1 << 20)
    sent = (chunk[: min(len(chunk), last - at)] for at in range(0, last, len(chunk)))
    part = storage.write_part(token, sent, last)
    # Then it lies at its place, and one part more would be too many
    assert storage.list_parts("big", ref) == [part]
    data = storage.root / "uploads" / ref / "data"
    assert data.stat().st_size == size
    assert data.stat().st_blocks * 512 < last + (4 << 20)
    storage.abort("big", ref)
    with pytest.raises(TooLargeError):
        storage.begin("big", size, part_size // 2)


def test_a_part_of_many_small_pieces(storage: FilesStorage) -> None:
    # Given a sender whose body comes byte by byte at first
    parts = Parts(storage)
    data = parts.bytes_of(1)
    pieces = [data[n : n + 1] for n in range(3000)] + [data[3000:]]
    # When it is written
    storage.write_part(parts.address(1).url.rpartition("/")[2], iter(pieces), PART)
    parts.send(2)
    parts.send(3)
    # Then every byte is in its place
    parts.complete()
    assert parts.stored() == parts.data


# --- hashing on the way --------------------------------------------------------------------------


def test_parts_are_hashed_while_they_come(storage: FilesStorage) -> None:
    # Given an upload whose parts come out of order
    parts = Parts(storage, 5 * PART + 1)
    for number in (2, 1, 3, 6, 5, 4):
        parts.send(number)
    parts.complete()
    # When its hashes are asked for, then they are known without reading it again
    known = storage.digests(parts.key, parts.ref)
    assert known == digests_of(parts.data)
    # and nothing is followed any more
    wait_for(lambda: storage._follower.following() == ())  # noqa: SLF001


def test_a_part_sent_again_after_it_was_hashed_never_makes_a_wrong_hash(storage: FilesStorage) -> None:
    """What was hashed is what is stored, or it is not said; also where the same bytes came back."""
    parts = Parts(storage, 2 * PART)
    parts.send(1, os.urandom(PART))
    parts.send(2)
    wait_for((storage.root / "uploads" / parts.ref / "digests.json").exists)
    parts.send(1, os.urandom(PART))
    parts.send(1)
    parts.complete()
    right = digests_of(parts.data)
    assert storage.digests(parts.key, parts.ref) in (None, right)
    assert parts.stored() == parts.data


def test_another_process_finds_the_hash_too(storage: FilesStorage, tmp_path: Path) -> None:
    # Given parts that came in at one process, and promote at another
    parts = Parts(storage, 2 * PART)
    parts.send(1)
    parts.send(2)
    other = FilesStorage(storage.root, KeyRing.open(tmp_path / "keys.json"))
    other.complete(parts.key, parts.ref, parts.received())
    # Then that one hears the hash
    known = digests_of(parts.data)
    assert other.digests(parts.key, parts.ref) == known


def test_parts_that_come_in_at_two_processes_are_hashed_once(storage: FilesStorage, tmp_path: Path) -> None:
    # Given an upload that the first process follows
    other = FilesStorage(storage.root, KeyRing.open(tmp_path / "keys.json"))
    parts = Parts(storage, 3 * PART)
    parts.send(1)
    # When the rest comes in at the second
    for number in (2, 3):
        other.write_part(parts.address(number).url.rpartition("/")[2], iter([parts.bytes_of(number)]), PART)
    # Then the first one hashes it, alone
    assert other._follower.following() == ()  # noqa: SLF001
    parts.complete()
    assert other.digests(parts.key, parts.ref) is not None


def test_many_uploads_at_a_time_keep_few_journals_open(storage: FilesStorage) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    sent = [Parts(storage, PART + 1, f"upload-{n}") for n in range(MOST + 5)]
    for parts in sent:
        parts.send(2)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + MOST + 2
    for parts in sent:
        parts.storage.abort(parts.key, parts.ref)
    wait_for(lambda: storage._follower.following() == ())  # noqa: SLF001
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2


# --- a full disk ---------------------------------------------------------------------------------


@pytest.fixture
def small_files() -> Iterator[int]:
    """No file of this process may grow beyond three parts: what a full disk does, with the same calls."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * PART, before[1]))
    yield 3 * PART
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_store_says_so_and_counts_nothing(storage: FilesStorage, small_files: int) -> None:
    """Promise A15: `StorageFullError`, no half object, and it heals without a restart."""
    # Given a store with room for three parts
    # When an object does not fit
    with pytest.raises(StorageFullError):
        storage.put("staging", "big", io.BytesIO(b"x" * (small_files + 1)), small_files + 1)
    # Then nothing is left, and one that fits is taken
    assert everything(storage.root) == set()
    storage.put("staging", "small", io.BytesIO(b"x"), 1)
    with pytest.raises(StorageFullError):
        storage.begin("upload", small_files + 1, PART)


def test_a_full_disk_in_the_middle_of_a_part(storage: FilesStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise A15: the part is not counted; sent again when there is room, it is."""
    # Given a disk that fills up after two megabytes of a part
    parts = Parts(storage)
    real, left = os.pwrite, [2 << 20]

    def filling(descriptor: int, data: memoryview, offset: int) -> int:
        left[0] -= len(data)
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", filling)
    with pytest.raises(StorageFullError):
        parts.send(1)
    assert parts.received() == []
    # When there is room again
    left[0] = 1 << 40
    # Then the upload goes on as if nothing had been
    for number in (1, 2, 3):
        parts.send(number)
    parts.complete()
    assert parts.stored() == parts.data


# --- masters -------------------------------------------------------------------------------------


def test_a_sealed_master_on_this_file_system(storage: FilesStorage) -> None:
    # Given a promoted master
    storage.put("staging", "s", io.BytesIO(b"bytes"), 5)
    storage.promote("s", "m", retain_until=datetime.now(UTC) + timedelta(hours=1))
    path = storage.local_path("masters", "m")
    record = storage.root / "masters" / "m.lock.json"
    # Then it is read-only, and immutable exactly when the proof says so, as is its record
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o444
    enforced = storage.prove().message.startswith("enforced")
    assert [is_immutable(path), is_immutable(record)] == [enforced, enforced]
    # and the list of masters shows the master alone
    assert [info.key for info in storage.list("masters")] == ["m"]


def test_a_master_without_its_record_is_kept(storage: FilesStorage) -> None:
    # Given a master whose lock record somebody removed, and one whose record is garbage
    for key in ("m1", "m2"):
        storage.put("staging", key, io.BytesIO(b"bytes"), 5)
        storage.promote(key, key, retain_until=None)
    release(storage.root)
    (storage.root / "masters" / "m1.lock.json").unlink()
    garbage = storage.root / "masters" / "m2.lock.json"
    garbage.chmod(0o600)
    garbage.write_text("{}x")
    # When the store is asked to remove them, then it refuses
    with pytest.raises(LockedError):
        storage.delete("masters", "m1")
    with pytest.raises(MamError):
        storage.delete("masters", "m2")
    assert len(list(storage.list("masters"))) == 2


def proof_of(folder: Path, *, nobody: bool) -> str:
    """What `prove` says in another process, as user nobody or as this one."""
    script = (
        "import os, sys, pathlib\n"
        "from mam.builtin.storage_files import FilesStorage\n"
        "from mam.signing import KeyRing\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "if sys.argv[2] == 'nobody': os.setgid(65534); os.setuid(65534)\n"
        "store = FilesStorage(folder / 'store', KeyRing.open(folder / 'keys.json'))\n"
        "print(store.prove().message)\n"
        "print(sorted(p.name for p in (folder / 'store').rglob('*') if p.is_file()))\n"
    )
    who = "nobody" if nobody else "same"
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), who],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=Path(storage_files.__file__).parents[3],
    )
    said, left = done.stdout.splitlines()
    assert left == "[]"
    return said


def test_without_rights_the_proof_says_advisory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Promise: the self-test is honest. An unprivileged user cannot set the attribute, and is told."""
    # Given a store of a user without rights (this one, or nobody where the tests run as root)
    if os.geteuid() == 0:
        folder = Path("/var/tmp") / f"mam-test-{os.getpid()}"  # noqa: S108 - nobody must be able to get there
        folder.mkdir(mode=0o700)
        os.chown(folder, 65534, 65534)
    else:
        folder = tmp_path_factory.mktemp("proof")
    # When it is proven
    try:
        said = proof_of(folder, nobody=os.geteuid() == 0)
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)
    # Then the message names what could be done to a master
    assert said.startswith("advisory:")
    assert "replace, remove" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only an administrator can set the immutable attribute")
def test_with_rights_the_proof_says_enforced_exactly_where_the_attribute_holds(storage: FilesStorage) -> None:
    # Given a store of an administrator
    probe = storage.root / "probe"
    probe.write_bytes(b"x")
    changed = subprocess.run(["chattr", "+i", str(probe)], capture_output=True, check=False)
    # When it is proven
    finding = storage.prove()
    # Then it says "enforced" where chattr works too, and "advisory" where it does not
    assert finding.message.startswith("enforced" if changed.returncode == 0 else "advisory")
    release(storage.root)


# --- the plugin ----------------------------------------------------------------------------------


def test_check_reports_folder_room_and_lock(tmp_path: Path) -> None:
    config = Config(data=tmp_path / "data")
    findings = {one.check: one for one in storage_files.mam_check(config)}
    assert set(findings) == {"folder", "room", "lock"}
    assert findings["folder"].severity == "ok"
    assert not any(one.blocks for one in findings.values())
    assert findings["lock"].severity in ("ok", "warning")
    assert everything(tmp_path / "data" / "store") == set()


def test_a_folder_that_cannot_be_written_blocks(tmp_path: Path) -> None:
    # Given a file where the store's folder should be
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "store").write_text("in the way")
    # Then the check says so and stops the plugin
    finding = storage_files.mam_check(Config(data=tmp_path / "data"))[0]
    assert (finding.severity, finding.blocks) == ("error", True)
    assert finding.fix


def test_the_store_answers_the_hook(tmp_path: Path) -> None:
    config = Config(data=tmp_path / "data")
    store: Storage = storage_files.mam_storage(config)
    store.put("previews", "a/b", io.BytesIO(b"x"), 1)
    assert (config.store / "previews" / "a" / "b").read_bytes() == b"x"


def test_files_left_by_a_killed_process_are_cleared_at_the_start(storage: FilesStorage) -> None:
    # Given a temporary file of a process that was killed, an hour ago, and one in use
    dead, young = storage.root / "tmp" / "dead", storage.root / "tmp" / "young"
    dead.write_bytes(b"x")
    young.write_bytes(b"x")
    os.utime(dead, (time.time() - 3600, time.time() - 3600))
    # When the store is opened again, then only the dead one is gone
    FilesStorage(storage.root, KeyRing.open(storage.root / "k" / "keys.json"))
    assert not dead.exists()
    assert young.exists()


def test_the_record_is_what_the_store_reads_back(storage: FilesStorage) -> None:
    end = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    storage.put("staging", "s", io.BytesIO(b"bytes"), 5)
    storage.promote("s", "folder/m", retain_until=end)
    record = json.loads((storage.root / "masters" / "folder" / "m.lock.json").read_text())
    assert record == {"source": "s", "retain_until": "2030-01-02T03:04:05.678901+00:00", "legal_hold": False}
    state = storage.lock_state("folder/m", version=None)
    assert state is not None
    assert state.retain_until == end
