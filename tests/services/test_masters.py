"""Masters: read back, verified, proven; what a lying store or rot on the disk leads to."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from upload_steps import files_below, make_asset, sending

from mam.builtin.storage_files import release
from mam.core import Mam
from mam.errors import ChecksumMismatchError, ConflictError, NotFoundError, StorageError
from mam.media.checksums import hash_stream
from mam.models import AuditEntry, Version, now
from mam.services import delivery, masters
from mam.types import SYSTEM


@pytest.fixture
def version(sqlite_box: Mam) -> Version:
    one = sending(sqlite_box, 100_000).presign()
    one.send_all()
    return Version.get_by_id(one.promote()["version_id"])


@dataclass
class Distant:
    """A store without local files, which may lie about what it holds."""

    data: bytes

    @contextmanager
    def open(self, area: str, key: str, **_more: object) -> Iterator[BinaryIO]:
        yield io.BytesIO(self.data)


def test_a_local_master_is_used_where_it_lies(sqlite_box: Mam, version: Version) -> None:
    with masters.local_copy(sqlite_box, version) as path:
        assert path == sqlite_box.config.store / "masters" / version.id
        assert hashlib.sha256(path.read_bytes()).hexdigest() == version.sha256
    assert path.exists()


def test_a_master_of_another_size_or_none_is_noticed_at_once(sqlite_box: Mam, version: Version) -> None:
    version.size += 1
    with pytest.raises(StorageError) as caught, masters.local_copy(sqlite_box, version):
        pytest.fail("it was handed out")
    assert caught.value.error_code == "checksum_mismatch"
    version.master_key = "nothing"
    with pytest.raises(NotFoundError), masters.local_copy(sqlite_box, version):
        pytest.fail("it was handed out")


def test_a_distant_master_is_copied_checked_and_removed(sqlite_box: Mam, version: Version) -> None:
    with masters.local_copy(sqlite_box, version) as path:
        data = path.read_bytes()
    mam = replace(sqlite_box, storage=Distant(data))
    with masters.local_copy(mam, version) as copy:
        assert copy.read_bytes() == data
        assert copy.is_relative_to(mam.config.work)
        assert masters.sweep_copies(mam) == 0
    assert files_below(mam.config.work) == set()


def test_a_lying_store_is_caught_before_anybody_works_with_it(sqlite_box: Mam, version: Version) -> None:
    """Promise D7: a short body and a flipped byte raise, and leave no copy."""
    with masters.local_copy(sqlite_box, version) as path:
        data = path.read_bytes()
    flipped = data[:500] + bytes([data[500] ^ 1]) + data[501:]
    for lie in (data[:-1], flipped, b"", data + b"x"):
        mam = replace(sqlite_box, storage=Distant(lie))
        with pytest.raises(StorageError) as caught, masters.local_copy(mam, version):
            pytest.fail("it was handed out")
        assert caught.value.error_code == "checksum_mismatch"
    assert files_below(sqlite_box.config.work) == set()


def test_copies_of_dead_readers_are_swept(sqlite_box: Mam) -> None:
    folder = sqlite_box.config.work / "masters"
    folder.mkdir()
    (folder / "left").write_bytes(b"x")
    assert masters.sweep_copies(sqlite_box) == 1
    assert files_below(folder) == set()


def flip_a_byte(mam: Mam, version: Version) -> Path:
    """One byte of a master on disk rots; its file."""
    path = mam.config.store / "masters" / version.id
    release(path)
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(777)
        byte = file.read(1)
        file.seek(777)
        file.write(bytes([byte[0] ^ 1]))
    return path


def test_nobody_works_with_a_damaged_file(sqlite_box: Mam, version: Version) -> None:
    """Promise D7: on disks too, a byte that flipped after the promote is found before the master is read."""
    # Given a master that was proven just now: it is not read again for a job
    with masters.local_copy(sqlite_box, version) as path:
        assert path.stat().st_size == version.size
    # When a byte of it flips
    flip_a_byte(sqlite_box, version)
    # Then no job gets it, and it is known to be damaged
    with pytest.raises(ChecksumMismatchError), masters.local_copy(sqlite_box, version):
        pytest.fail("a damaged master was handed out")
    assert Version.get_by_id(version.id).damage
    # and it is handed out only to who asks for it as it is
    with pytest.raises(ConflictError, match="damaged"):
        delivery.download(sqlite_box, SYSTEM, version.id)
    assert delivery.download(sqlite_box, SYSTEM, version.id, damaged=True).url


def test_a_file_that_was_not_proven_for_long_is_proven_before_it_is_used(
    sqlite_box: Mam, version: Version
) -> None:
    # Given a master whose bytes were last read two hours ago
    long_ago = now() - timedelta(hours=2)
    Version.update(verified_at=long_ago).where(Version.id == version.id).execute()
    # When a job wants it, then it is proven first
    with masters.local_copy(sqlite_box, Version.get_by_id(version.id)):
        assert Version.get_by_id(version.id).verified_at > long_ago


def test_verify_finds_a_flipped_byte(sqlite_box: Mam, version: Version) -> None:
    """Promise D8: the damaged master is named, with an audit entry; a sound one is noted as verified."""
    # Given a sound master
    Version.update(verified_at=None).where(Version.id == version.id).execute()
    masters.verify(sqlite_box, version)
    assert Version.get_by_id(version.id).verified_at is not None
    # When one byte of it rots
    path = flip_a_byte(sqlite_box, version)
    # Then verify names it
    with pytest.raises(ChecksumMismatchError, match=version.id):
        masters.verify(sqlite_box, version)
    # and one that is gone
    path.unlink()
    with pytest.raises(NotFoundError):
        masters.verify(sqlite_box, version)
    damaged = AuditEntry.select().where(AuditEntry.action == "master.damaged")
    assert [one.subject_id for one in damaged] == [version.id, version.id]


def test_select_names_all_or_those_asked_for(sqlite_box: Mam, version: Version) -> None:
    one = sending(sqlite_box).presign()
    one.send_all()
    other = one.promote()["version_id"]
    assert [row.id for row in masters.select()] == sorted([version.id, other])
    assert [row.id for row in masters.select([other])] == [other]
    with pytest.raises(NotFoundError):
        list(masters.select([other, "x"]))


def test_orphans_are_reported_and_kept(sqlite_box: Mam, version: Version) -> None:
    assert masters.orphans(sqlite_box) == []
    sqlite_box.storage.put("masters", "orphan", io.BytesIO(b"x"), 1)
    assert masters.orphans(sqlite_box) == ["orphan"]
    assert sqlite_box.storage.stat("masters", "orphan") is not None


def test_the_lock_is_proven_or_honestly_not(sqlite_box: Mam) -> None:
    finding = masters.prove_lock(sqlite_box)
    assert finding.message.partition(":")[0] in ("enforced", "advisory")
    distant = masters.prove_lock(replace(sqlite_box, storage=Distant(b"")))
    assert (distant.severity, distant.message.partition(":")[0]) == ("warning", "advisory")


def test_a_stream_is_hashed_whole(tmp_path: Path) -> None:
    data = bytes(range(256)) * 50_000
    (tmp_path / "f").write_bytes(data)
    with (tmp_path / "f").open("rb") as file:
        digests = hash_stream(file)
    assert digests == hash_stream(io.BytesIO(data))
    assert digests.size == len(data)
    assert digests.sha256 == hashlib.sha256(data).hexdigest()


def test_masters_survive_a_store_that_moved(sqlite_box: Mam, version: Version, tmp_path: Path) -> None:
    """A copy of the store's folder is a store: nothing in it names where it lay."""
    shutil.copytree(sqlite_box.config.store, tmp_path / "moved")
    kind = type(sqlite_box.storage)
    moved = kind(tmp_path / "moved", sqlite_box.keys)  # type: ignore[call-arg]
    mam = replace(sqlite_box, storage=moved)
    assert masters.verify(mam, version).sha256 == version.sha256
    assert make_asset().id
