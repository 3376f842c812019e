"""What every store has to do, as tests: for ours and for whoever writes another.

    from mam.testing import StorageContract

    class TestMyStore(StorageContract):
        @pytest.fixture
        def storage(self) -> Storage: ...

Abilities that the store lacks are not asked for. The tests of a store that locks leave locked objects behind;
the fixture has to be able to throw its store away.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import xxhash

from mam.errors import (
    GoneError,
    GrantError,
    LockedError,
    MamError,
    NotFoundError,
    TooLargeError,
    UploadIncompleteError,
)
from mam.media.checksums import c4_of
from mam.types import (
    HashingStorage,
    LengtheningStorage,
    LocalPartStorage,
    LocalPathStorage,
    LockingStorage,
    MultipartStorage,
    PartAddress,
    PartInfo,
    ReopenStorage,
    Storage,
)

PART = 5 << 20
"""The smallest part that every store takes."""

ODD_KEYS = (
    "a",
    "a.b",
    "a/b",
    "a/b.c/d",
    "_revoked/user:0190",
    "name with spaces",
    "ünï/コード",
    "-rf",
    "%2e%2e",
)
BAD_KEYS = ("", "/", "..", "../x", "a/../b", "a//b", "/etc/passwd", "a/", ".hidden", "a\0b", "x" * 2000)


def digests_of(data: bytes) -> tuple[str, str, str]:
    """What `HashingStorage.digests` has to answer for these bytes: SHA-256, xxh128, C4."""
    c4 = c4_of(hashlib.sha512(data).digest())
    return hashlib.sha256(data).hexdigest(), xxhash.xxh3_128_hexdigest(data), c4


def need(storage: Storage, ability: type) -> None:
    """Leave a test out where the store has not this ability."""
    if not isinstance(storage, ability):
        pytest.skip(f"this store has no {ability.__name__}")


class Broken(io.RawIOBase):
    """A stream that gives some bytes and then fails."""

    def __init__(self, data: bytes) -> None:
        """Give `data` first."""
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        """The next bytes, or the failure."""
        piece = self._data.read(size)
        if not piece:
            raise ConnectionResetError("the sender went away")
        return piece


class ObjectContract:
    """put, open, stat, list, delete."""

    def put(self, storage: Storage, key: str, data: bytes, area: str = "previews") -> None:
        """Store small bytes."""
        storage.put(area, key, io.BytesIO(data), len(data))  # type: ignore[arg-type]

    def test_what_was_put_is_read_back(self, storage: Storage) -> None:
        """Whole, and described truly."""
        before = datetime.now(UTC) - timedelta(seconds=60)
        info = storage.put("previews", "v/one", io.BytesIO(b"0123456789"), 10)
        assert (info.key, info.size) == ("v/one", 10)
        with storage.open("previews", "v/one") as stream:
            assert stream.read() == b"0123456789"
        found = storage.stat("previews", "v/one")
        assert found is not None
        assert (found.key, found.size, found.etag) == ("v/one", 10, info.etag)
        assert before < found.modified < datetime.now(UTC) + timedelta(seconds=60)

    @pytest.mark.parametrize(
        ("start", "length", "expected"),
        [
            (0, None, b"0123456789"),
            (3, None, b"3456789"),
            (3, 4, b"3456"),
            (0, 1, b"0"),
            (8, 100, b"89"),
            (9, 1, b"9"),
        ],
    )
    def test_ranges(self, storage: Storage, start: int, length: int | None, expected: bytes) -> None:
        """Exactly the bytes asked for."""
        self.put(storage, "v/one", b"0123456789")
        with storage.open("previews", "v/one", start=start, length=length) as stream:
            assert b"".join(iter(lambda: stream.read(3), b"")) == expected

    def test_absent_objects(self, storage: Storage) -> None:
        """Reading raises, asking answers None, removing is no error."""
        with pytest.raises(NotFoundError), storage.open("previews", "nothing") as stream:
            stream.read()
        assert storage.stat("previews", "nothing") is None
        assert list(storage.list("previews", "nothing")) == []
        storage.delete("previews", "nothing")

    def test_put_replaces_whole(self, storage: Storage) -> None:
        """A reader has the old bytes or the new ones."""
        self.put(storage, "v/list.m3u8", b"old" * 1000)
        with storage.open("previews", "v/list.m3u8") as stream:
            first = stream.read(3)
            self.put(storage, "v/list.m3u8", b"new")
            assert first + stream.read() == b"old" * 1000
        with storage.open("previews", "v/list.m3u8") as stream:
            assert stream.read() == b"new"

    def test_a_body_that_fails_leaves_nothing(self, storage: Storage) -> None:
        """Neither an early end nor an error of the stream makes an object, or harms the one there."""
        self.put(storage, "v/kept", b"kept")
        for key in ("v/kept", "v/new"):
            with pytest.raises((MamError, OSError)):
                storage.put("previews", key, io.BytesIO(b"x" * 10), 11)
            with pytest.raises((MamError, OSError)):
                storage.put("previews", key, Broken(b"x" * 10), 20)  # type: ignore[arg-type]
        assert [info.key for info in storage.list("previews")] == ["v/kept"]
        with storage.open("previews", "v/kept") as stream:
            assert stream.read() == b"kept"

    def test_lists_by_prefix_in_key_order(self, storage: Storage) -> None:
        """A prefix is text, not a folder."""
        for key in ("v1/a/2", "v1/a.b", "v1/a/10", "v1/b", "v10/a", "v2"):
            self.put(storage, key, key.encode())
        self.put(storage, "v1/a", b"elsewhere", "staging")
        assert [info.key for info in storage.list("previews", "v1/")] == [
            "v1/a.b",
            "v1/a/10",
            "v1/a/2",
            "v1/b",
        ]
        assert [info.key for info in storage.list("previews", "v1")][-1] == "v10/a"
        assert [info.key for info in storage.list("previews", "v1/a/1")] == ["v1/a/10"]
        assert len(list(storage.list("previews"))) == 6
        assert [info.size for info in storage.list("staging")] == [9]

    def test_delete(self, storage: Storage) -> None:
        """Only that object, and the area stays usable."""
        self.put(storage, "v/a/one", b"1")
        self.put(storage, "v/two", b"2")
        storage.delete("previews", "v/a/one")
        assert [info.key for info in storage.list("previews")] == ["v/two"]
        storage.delete("previews", "v/two")
        self.put(storage, "v/a/one", b"1")
        assert storage.stat("previews", "v/a/one") is not None

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_odd_keys(self, storage: Storage, key: str) -> None:
        """Any name that is one, means itself only."""
        self.put(storage, key, key.encode())
        with storage.open("previews", key) as stream:
            assert stream.read() == key.encode()
        assert [info.key for info in storage.list("previews")] == [key]
        storage.delete("previews", key)
        assert list(storage.list("previews")) == []

    @pytest.mark.parametrize("key", BAD_KEYS)
    def test_keys_that_are_none(self, storage: Storage, key: str) -> None:
        """Nothing is stored, found or removed by them."""
        with pytest.raises(MamError):
            self.put(storage, key, b"x")
        assert storage.stat("previews", key) is None
        with pytest.raises(MamError), storage.open("previews", key) as stream:
            stream.read()
        storage.delete("previews", key)
        assert list(storage.list("previews")) == []

    def test_masters_are_written_once(self, storage: Storage) -> None:
        """The second writer is refused, also when both come at once, and the bytes stay the first's."""
        outcomes: list[object] = []

        def write(data: bytes) -> None:
            try:
                self.put(storage, "m1", data, "masters")
            except LockedError as error:
                outcomes.append(error)
            else:
                outcomes.append(data)

        threads = [threading.Thread(target=write, args=(bytes([n]) * 100_000,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = [one for one in outcomes if isinstance(one, bytes)]
        assert len(outcomes) == len(threads)
        assert len(kept) == 1
        with pytest.raises(LockedError):
            self.put(storage, "m1", b"other", "masters")
        with storage.open("masters", "m1") as stream:
            assert stream.read() == kept[0]

    def test_local_path_is_the_object(self, storage: Storage) -> None:
        """A store of local files gives the file itself, and None for what is absent."""
        need(storage, LocalPathStorage)
        assert isinstance(storage, LocalPathStorage)
        self.put(storage, "v/one", b"bytes")
        path = storage.local_path("previews", "v/one")
        assert path is not None
        assert path.read_bytes() == b"bytes"
        assert storage.local_path("previews", "v/two") is None


class Parts:
    """An upload of known bytes, for the tests of parts."""

    def __init__(self, storage: Storage, size: int = 2 * PART + 12345, key: str = "upload-1") -> None:
        """Begin it."""
        need(storage, MultipartStorage)
        self.storage: MultipartStorage = storage  # type: ignore[assignment]
        self.objects = storage
        self.data = os.urandom(size)
        self.key = key
        self.ref = self.storage.begin(key, size, PART)
        self.count = -(-size // PART)

    def bytes_of(self, number: int) -> bytes:
        """What belongs into a part."""
        return self.data[(number - 1) * PART : number * PART]

    def address(self, number: int, expires_in: int = 600) -> PartAddress:
        """Where it goes."""
        return self.storage.part_address(self.key, self.ref, number, len(self.bytes_of(number)), expires_in)

    def send(self, number: int, data: bytes | None = None, address: PartAddress | None = None) -> None:
        """Send a part as a client does: to this server's ability, or by HTTP to the store."""
        data = self.bytes_of(number) if data is None else data
        address = address or self.address(number)
        if isinstance(self.storage, LocalPartStorage):
            token = address.url.rpartition("/")[2]
            self.storage.write_part(token, iter([data[:70_000], data[70_000:]]), len(data))
        else:
            answer = httpx.put(address.url, content=data, headers=dict(address.headers), timeout=60)
            if answer.is_error:
                raise GrantError(f"The store answers {answer.status_code}.")

    def received(self) -> list[PartInfo]:
        """What the store has."""
        return self.storage.list_parts(self.key, self.ref)

    def complete(self) -> None:
        """Join and freeze."""
        self.storage.complete(self.key, self.ref, self.received())

    def stored(self) -> bytes:
        """The bytes of the staging object."""
        with self.objects.open("staging", self.key) as stream:
            return stream.read()


class MultipartContract:
    """Uploads in parts."""

    def test_parts_in_any_order_are_joined(self, storage: Storage) -> None:
        """Each at its place; the object is there only after complete, and complete twice answers the same."""
        parts = Parts(storage)
        for number in (3, 1, 2):
            parts.send(number)
        assert [(one.number, one.size) for one in parts.received()] == [
            (1, PART),
            (2, PART),
            (3, 12345),
        ]
        assert storage.stat("staging", parts.key) is None
        first = parts.storage.complete(parts.key, parts.ref, parts.received())
        assert first.size == len(parts.data)
        assert parts.stored() == parts.data
        again = parts.storage.complete(parts.key, parts.ref, parts.received())
        assert (again.key, again.size) == (first.key, first.size)

    def test_a_part_sent_again_replaces_the_first(self, storage: Storage) -> None:
        """The last whole one counts, also one after another address was given."""
        parts = Parts(storage)
        parts.send(1, os.urandom(PART))
        wrong = parts.received()[0].etag
        time.sleep(1.1 * (not isinstance(storage, LocalPartStorage)))  # S3 tells times in whole seconds
        for number in (2, 3, 1):
            parts.send(number)
        assert parts.received()[0].etag != wrong
        parts.complete()
        assert parts.stored() == parts.data

    def test_missing_parts_are_named(self, storage: Storage) -> None:
        """Nothing is frozen then; the rest can still come."""
        parts = Parts(storage)
        parts.send(2)
        with pytest.raises(UploadIncompleteError, match=r"1.*3|3.*1"):
            parts.complete()
        parts.send(1)
        parts.send(3)
        parts.complete()
        assert parts.stored() == parts.data

    def test_a_part_of_another_size_is_refused(self, storage: Storage) -> None:
        """Promise A4: neither longer nor shorter, by announcement or in fact; nothing is counted."""
        need(storage, LocalPartStorage)
        parts = Parts(storage)
        right = parts.bytes_of(1)
        assert isinstance(storage, LocalPartStorage)
        refused: list[tuple[type[MamError], bytes, int]] = [
            (TooLargeError, right + b"x", PART + 1),
            (TooLargeError, right + b"x", PART),
            (UploadIncompleteError, right[:-1], PART - 1),
            (UploadIncompleteError, right[:-1], PART),
            (UploadIncompleteError, b"", PART),
        ]
        for kind, body, length in refused:
            token = parts.address(1).url.rpartition("/")[2]
            with pytest.raises(kind):
                storage.write_part(token, iter([body[:-1], body[-1:]]), length)
            assert parts.received() == []

    def test_addresses_hold_for_one_part_and_time(self, storage: Storage) -> None:
        """Promise A6: changed, outdated or made-up addresses write nothing."""
        need(storage, LocalPartStorage)
        parts = Parts(storage)
        good = parts.address(1).url
        for url in (
            good[:-1] + ("A" if good[-1] != "A" else "B"),
            good[:-9],
            "/upload-parts/x",
            "/upload-parts/",
        ):
            with pytest.raises(GrantError):
                parts.send(1, address=PartAddress(1, url, PART))
        with pytest.raises(GrantError):
            parts.send(1, address=parts.address(1, expires_in=-1))
        outside = parts.storage.part_address(parts.key, parts.ref, 4, PART, 600)
        with pytest.raises(GrantError):
            parts.send(1, address=outside)
        assert parts.received() == []

    def test_nothing_is_written_after_complete(self, storage: Storage) -> None:
        """Promise A8: an address that was good before does not change what was verified."""
        parts = Parts(storage)
        for number in (1, 2, 3):
            parts.send(number)
        kept = parts.address(2)
        parts.complete()
        with pytest.raises((GoneError, GrantError)):
            parts.send(2, os.urandom(PART), kept)
        assert parts.stored() == parts.data

    def test_abort_frees_everything(self, storage: Storage) -> None:
        """Before and after complete; once more is no error; nothing can be sent or completed then."""
        for finish in (False, True):
            parts = Parts(storage, key=f"upload-{finish}")
            for number in (1, 2, 3):
                parts.send(number)
            kept = parts.address(1)
            if finish:
                parts.complete()
            parts.storage.abort(parts.key, parts.ref)
            parts.storage.abort(parts.key, parts.ref)
            assert parts.received() == []
            assert storage.stat("staging", parts.key) is None
            with pytest.raises((GoneError, GrantError)):
                parts.send(1, None, kept)
            with pytest.raises(MamError):
                parts.complete()
        assert list(storage.list("staging")) == []

    def test_a_stranger_reference_is_nothing(self, storage: Storage) -> None:
        """References of other uploads and made-up ones find no parts and abort nothing."""
        parts = Parts(storage)
        parts.send(1)
        for ref in ("", "x", "../" + parts.ref, parts.ref[:-1] + "0"):
            assert parts.storage.list_parts("other", ref) == []
            parts.storage.abort("other", ref)
        assert len(parts.received()) == 1

    def test_hashes_taken_on_the_way_are_of_what_lies_there(self, storage: Storage) -> None:
        """Known or not, never wrong: also for a part that was sent again after it was hashed."""
        need(storage, HashingStorage)
        assert isinstance(storage, HashingStorage)
        for again in (False, True):
            parts = Parts(storage, key=f"upload-{again}")
            parts.send(1, os.urandom(PART) if again else None)
            parts.send(3)
            parts.send(2)
            if again:
                time.sleep(0.2)
                parts.send(1)
            parts.complete()
            known = storage.digests(parts.key, parts.ref)
            assert known in (None, digests_of(parts.data))
            assert storage.digests("other", parts.ref) is None

    def test_reopen_takes_parts_again(self, storage: Storage) -> None:
        """A damaged upload is mended part by part."""
        need(storage, ReopenStorage)
        parts = Parts(storage)
        parts.send(1, os.urandom(PART))
        parts.send(2)
        parts.send(3)
        parts.complete()
        assert isinstance(storage, ReopenStorage)
        storage.reopen(parts.key, parts.ref)
        storage.reopen(parts.key, parts.ref)
        assert storage.stat("staging", parts.key) is None
        parts.send(1)
        parts.complete()
        assert parts.stored() == parts.data


class LockContract:
    """Masters under lock."""

    def locked(self, storage: Storage, key: str, **until: float) -> LockingStorage:
        """Promote five bytes."""
        need(storage, LockingStorage)
        assert isinstance(storage, LockingStorage)
        storage.put("staging", key, io.BytesIO(b"bytes"), 5)
        end = datetime.now(UTC) + timedelta(**until) if until else None
        info = storage.promote(key, key, retain_until=end)
        assert (info.key, info.size, info.locked) == (key, 5, bool(until))
        return storage

    def version(self, storage: Storage, key: str) -> str | None:
        """The version that pins a master."""
        state = storage.lock_state(key, version=None)  # type: ignore[attr-defined]
        return state.version if state else None

    def refused(self, call: Callable[[], object]) -> None:
        """The store says that it is locked."""
        with pytest.raises(LockedError):
            call()

    def test_a_locked_master_stays(self, storage: Storage) -> None:
        """Promise D1: not deleted, not overwritten, read as it was; and the store says itself until when."""
        store = self.locked(storage, "m1", hours=1)
        version = self.version(storage, "m1")
        self.refused(lambda: storage.delete("masters", "m1", version=version))
        self.refused(lambda: storage.put("masters", "m1", io.BytesIO(b"other"), 5))
        state = store.lock_state("m1", version=version)
        assert state is not None
        assert state.locked
        assert state.retain_until is not None
        assert abs(state.retain_until - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1)
        with storage.open("masters", "m1", version=version) as stream:
            assert stream.read() == b"bytes"

    def test_a_lock_does_not_shrink(self, storage: Storage) -> None:
        """Promise D2: asking again with an earlier end, or none, changes nothing."""
        store = self.locked(storage, "m1", hours=1)
        before = store.lock_state("m1", version=None)
        for end in (None, datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=1)):
            store.promote("m1", "m1", retain_until=end)
            assert store.lock_state("m1", version=None) == before

    def test_promote_moves_and_repeats(self, storage: Storage) -> None:
        """Promise D5: the staging object is gone, repeating answers the same, other bytes are refused."""
        store = self.locked(storage, "m1", hours=1)
        assert storage.stat("staging", "m1") is None
        assert store.promote("m1", "m1", retain_until=None) == store.lock_state("m1", version=None)
        storage.put("staging", "other", io.BytesIO(b"other"), 5)
        self.refused(lambda: store.promote("other", "m1", retain_until=None))
        with storage.open("masters", "m1") as stream:
            assert stream.read() == b"bytes"
        with pytest.raises(NotFoundError):
            store.promote("nothing", "m2", retain_until=None)
        assert storage.stat("masters", "m2") is None

    def test_the_lock_ends(self, storage: Storage) -> None:
        """Without retention, and after it, a master can be removed."""
        store = self.locked(storage, "m1")
        storage.delete("masters", "m1", version=self.version(storage, "m1"))
        assert storage.stat("masters", "m1") is None
        assert store.lock_state("m1", version=None) is None

    def test_legal_hold(self, storage: Storage) -> None:
        """A lock without an end, until it is lifted; the retention stays as it was."""
        store = self.locked(storage, "m1")
        version = self.version(storage, "m1")
        store.set_legal_hold("m1", version=version, on=True)
        self.refused(lambda: storage.delete("masters", "m1", version=version))
        state = store.lock_state("m1", version=version)
        assert state is not None
        assert state.locked
        assert state.retain_until is None
        store.set_legal_hold("m1", version=version, on=False)
        storage.delete("masters", "m1", version=version)
        with pytest.raises(NotFoundError):
            store.set_legal_hold("m1", version=version, on=True)

    def test_a_lock_can_be_lengthened_and_never_shortened(self, storage: Storage) -> None:
        """Promise D2: a second version of the same master keeps it longer, not less long."""
        need(storage, LengtheningStorage)
        assert isinstance(storage, LengtheningStorage)
        store = self.locked(storage, "m1", hours=1)
        version, later = self.version(storage, "m1"), datetime.now(UTC) + timedelta(hours=2)
        longer = storage.extend_lock("m1", version=version, retain_until=later)
        assert longer.locked
        assert longer.retain_until is not None
        assert longer.retain_until >= later
        again = storage.extend_lock("m1", version=version, retain_until=later - timedelta(hours=1))
        assert again == longer == store.lock_state("m1", version=version)
        self.refused(lambda: storage.delete("masters", "m1", version=version))
        with pytest.raises(NotFoundError):
            storage.extend_lock("m2", version=None, retain_until=later)

    def test_prove_says_what_it_found(self, storage: Storage) -> None:
        """In one of the known words, leaving nothing in the list of masters."""
        need(storage, LockingStorage)
        assert isinstance(storage, LockingStorage)
        finding = storage.prove()
        assert finding.check == "lock"
        word = finding.message.partition(":")[0]
        assert word in ("enforced", "advisory", "lying", "unknown")
        assert (finding.severity == "ok") == (word == "enforced")


class StorageContract(ObjectContract, MultipartContract, LockContract):
    """All of it. A subclass gives the fixture `storage`: an empty store."""
