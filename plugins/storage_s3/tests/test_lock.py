"""The lock of the masters against the box's own keys on a raw client (promises D1-D5), and its proof."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest
from mam_storage_s3 import S3Storage, Settings, open_store
from mam_storage_s3.masters import ranges
from minio import Minio
from minio.commonconfig import ComposeSource, CopySource
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.retention import Retention
from seaweed import Seaweed

from mam.config import Config
from mam.errors import LockedError, StorageError
from mam.types import MasterInfo

KEY = "0190aaaa-0000-7000-8000-000000000001"
BYTES = b"original bytes" * 100


def in_an_hour() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


def promoted(storage: S3Storage, key: str = KEY, until: datetime | None = None) -> MasterInfo:
    storage.put("staging", key, io.BytesIO(BYTES), len(BYTES))
    return storage.promote(key, key, retain_until=until or in_an_hour())


def read(storage: S3Storage, master: MasterInfo) -> bytes:
    with storage.open("masters", master.key, version=master.version) as stream:
        return stream.read()


def test_the_raw_key_cannot_remove_a_master(storage: S3Storage, raw: Minio) -> None:
    """Promise D1: by version, in a batch, with the bypass header, with the bucket: refused, bytes equal."""
    # Given a promoted master
    master, bucket = promoted(storage), storage.settings.masters_bucket
    # When the box's own key tries to remove it by every call there is
    with pytest.raises(S3Error) as refused:
        raw.remove_object(bucket, KEY, version_id=master.version)
    batch = [DeleteObject(KEY, master.version)]
    errors = [one.code for one in raw.remove_objects(bucket, iter(batch), bypass_governance_mode=True)]
    with pytest.raises(S3Error):
        raw.remove_bucket(bucket)
    with pytest.raises(LockedError, match="locked until"):
        storage.delete("masters", KEY, version=master.version)
    with pytest.raises(LockedError):
        storage.delete("masters", KEY)
    # Then each is refused and the bytes are there
    assert refused.value.code == "AccessDenied"
    assert errors == ["AccessDenied"]
    assert read(storage, master) == BYTES


def test_the_raw_key_cannot_shorten_a_lock(storage: S3Storage, raw: Minio) -> None:
    """Promise D2: earlier end, weaker mode: refused; a later end is taken."""
    # Given a promoted master
    master, bucket = promoted(storage), storage.settings.masters_bucket
    before = storage.lock_state(KEY, version=master.version)
    # When its lock is to be shortened or weakened
    for mode, end in (("COMPLIANCE", timedelta(minutes=1)), ("GOVERNANCE", timedelta(hours=2))):
        with pytest.raises(S3Error):
            raw.set_object_retention(
                bucket, KEY, Retention(mode, datetime.now(UTC) + end), version_id=master.version
            )
    # Then it is as it was, and can only grow
    assert storage.lock_state(KEY, version=master.version) == before
    longer = in_an_hour() + timedelta(hours=1)
    again = storage.promote(KEY, KEY, retain_until=longer)
    assert again.version == master.version
    assert again.retain_until is not None
    assert again.retain_until >= longer


def test_the_bypass_header_shortens_nothing(storage: S3Storage) -> None:
    """Promise D2: shorten, weaken and remove with the header that passes GOVERNANCE by: refused."""
    # Given a master under COMPLIANCE
    master, bucket = promoted(storage), storage.settings.masters_bucket
    before = storage.lock_state(KEY, version=master.version)
    bypass = {"x-amz-bypass-governance-retention": "true"}
    query = {"retention": "", "versionId": str(master.version)}
    # When its lock is to be changed with the header
    for mode, end in (("COMPLIANCE", timedelta(minutes=1)), ("GOVERNANCE", timedelta(hours=2))):
        until = f"{datetime.now(UTC) + end:%Y-%m-%dT%H:%M:%SZ}"
        body = f"<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>"
        with pytest.raises(S3Error) as refused:
            storage.connection.call("PUT", bucket, KEY, query=query, headers=bypass, body=body.encode())
        assert refused.value.code in ("AccessDenied", "InvalidRequest")
    # Then it is as it was
    assert storage.lock_state(KEY, version=master.version) == before
    assert read(storage, master) == BYTES


def test_a_legal_hold_outlasts_everything_but_its_lifting(storage: S3Storage, raw: Minio) -> None:
    """Promise D1 with a hold: a master without retention stays as long as it is held."""
    # Given a master without retention, under hold
    storage.put("staging", KEY, io.BytesIO(BYTES), len(BYTES))
    master = storage.promote(KEY, KEY, retain_until=None)
    storage.set_legal_hold(KEY, version=master.version, on=True)
    # When it is removed, raw and through the store, then it is refused
    with pytest.raises(S3Error):
        raw.remove_object(storage.settings.masters_bucket, KEY, version_id=master.version)
    with pytest.raises(LockedError, match="hold"):
        storage.delete("masters", KEY, version=master.version)
    # And once lifted it may go
    storage.set_legal_hold(KEY, version=master.version, on=False)
    storage.delete("masters", KEY, version=master.version)
    assert storage.stat("masters", KEY) is None


def test_retention_is_governance_where_configured(
    settings: Settings, config_of: Callable[..., Config], raw: Minio
) -> None:
    storage = open_store(config_of(replace(settings, retention="GOVERNANCE")))
    master = promoted(storage)
    kept = raw.get_object_retention(settings.masters_bucket, KEY, version_id=master.version)
    assert kept is not None
    assert kept.mode == "GOVERNANCE"


def test_a_delete_marker_is_no_loss(storage: S3Storage, raw: Minio) -> None:
    """Promise D3: a delete without a version outside the box; everything still reads the master."""
    # Given a master whose key somebody deleted outside the box
    master = promoted(storage)
    raw.remove_object(storage.settings.masters_bucket, KEY)
    with pytest.raises(S3Error):
        raw.stat_object(storage.settings.masters_bucket, KEY)
    # When the box looks, with and without naming the version
    found = storage.stat("masters", KEY)
    # Then it is there, whole, listed and locked
    assert found is not None
    assert (found.version, found.size) == (master.version, len(BYTES))
    assert read(storage, master) == BYTES
    assert [one.key for one in storage.list("masters")] == [KEY]
    state = storage.lock_state(KEY, version=None)
    assert state is not None
    assert state.locked


def test_an_overwrite_is_no_change(storage: S3Storage, raw: Minio) -> None:
    """Promise D4: other bytes put on the key outside the box; the master is the old version."""
    # Given a master on whose key somebody put other bytes
    master = promoted(storage)
    raw.put_object(storage.settings.masters_bucket, KEY, io.BytesIO(b"other"), 5)
    # When the box reads, names a version or not
    with storage.open("masters", KEY) as stream:
        unnamed = stream.read()
    # Then it reads the old bytes
    assert unnamed == read(storage, master) == BYTES
    assert [(one.version, one.size) for one in storage.list("masters")] == [(master.version, len(BYTES))]
    with pytest.raises(LockedError):
        storage.put("masters", KEY, io.BytesIO(b"x"), 1)


def test_promote_again_after_a_crash_is_the_same_master(storage: S3Storage) -> None:
    """Promise D5: killed between the copy and the commit, with and without the staging object."""
    # Given a copy that was made and a process that died before it freed the staging
    storage.put("staging", KEY, io.BytesIO(BYTES), len(BYTES))
    source = storage.look("staging", KEY, None)
    assert source is not None
    version = storage.compose(KEY, source, KEY, in_an_hour())
    # When promote is called again, twice
    first = storage.promote(KEY, KEY, retain_until=in_an_hour())
    second = storage.promote(KEY, KEY, retain_until=None)
    # Then there is one version and nothing in staging
    assert first.version == second.version == version
    assert len(storage.versions(KEY)) == 1
    assert list(storage.list("staging")) == []
    assert first.locked


def test_a_copy_without_its_lock_is_locked_at_the_next_promote(storage: S3Storage, raw: Minio) -> None:
    """A store that drops the retention of what it copies (SeaweedFS CopyObject) is noticed and mended."""
    # Given a master that a plain copy made, and which has therefore no lock
    storage.put("staging", KEY, io.BytesIO(BYTES), len(BYTES))
    source = storage.look("staging", KEY, None)
    assert source is not None
    version = storage.compose(KEY, source, KEY, None)
    assert version is not None
    assert storage.retention(KEY, version) == ("", None)
    # When it is promoted
    master = storage.promote(KEY, KEY, retain_until=in_an_hour())
    # Then its lock is set, read back, and holds
    assert (master.version, master.locked) == (version, True)
    with pytest.raises(S3Error):
        raw.remove_object(storage.settings.masters_bucket, KEY, version_id=version)


def test_a_plain_copy_drops_the_lock_on_this_server(storage: S3Storage, raw: Minio) -> None:
    """Why promote copies part by part. Should this ever fail, the server learned it: nothing else to do."""
    # Given an object and a bucket with lock
    storage.put("staging", "one", io.BytesIO(BYTES), len(BYTES))
    bucket = storage.buckets.name("masters")
    staging = storage.settings.staging_bucket
    lock = Retention("COMPLIANCE", in_an_hour())
    # When it is copied in one piece, and part by part, under the same lock
    plain = raw.copy_object(bucket, "plain", CopySource(staging, "one"), retention=lock)
    parts = raw.compose_object(
        bucket, "parts", [ComposeSource(staging, "one", length=len(BYTES))], retention=lock
    )
    # Then only the second is locked
    assert storage.retention("plain", str(plain.version_id)) == ("", None)
    assert storage.retention("parts", str(parts.version_id))[0] == "COMPLIANCE"


def test_a_lock_that_does_not_show_is_no_promote(storage: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a store that takes retention and shows none
    monkeypatch.setattr(storage, "retention", lambda key, version: ("", None))
    storage.put("staging", KEY, io.BytesIO(BYTES), len(BYTES))
    # When something is promoted, then it is an error that names the bucket, and staging is kept
    with pytest.raises(StorageError, match=storage.settings.masters_bucket):
        storage.promote(KEY, KEY, retain_until=in_an_hour())
    assert storage.stat("staging", KEY) is not None


def test_large_masters_are_copied_in_steps(storage: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given steps of 5 MiB, as if a file were over the 5 GiB that one copy may have
    monkeypatch.setattr("mam_storage_s3.masters.COPY_BYTES", 5 << 20)
    data = bytes(range(256)) * (12 << 12)
    storage.put("staging", KEY, io.BytesIO(data), len(data))
    # When it is promoted
    master = storage.promote(KEY, KEY, retain_until=in_an_hour())
    # Then it is whole and locked
    assert master.locked
    assert read(storage, master) == data
    found = storage.stat("masters", KEY)
    assert found is not None
    assert found.etag.endswith("-3")


@pytest.mark.parametrize("size", [1, 256 << 20, (256 << 20) + 1, 5 << 30, (5 << 30) + 1, 5 << 40])
def test_every_size_up_to_5_tib_is_copied_in_steps_the_store_takes(size: int) -> None:
    """Issue 4, 1: at most 10 000 steps, none above 5 GiB, none but the last below 5 MiB, without a gap."""
    steps = ranges(size)
    assert len(steps) <= 10_000
    assert (steps[0][0], steps[-1][1]) == (0, size)
    assert all(end == start for (_, end), (start, _) in pairwise(steps))
    assert all(0 < end - start <= 5 << 30 for start, end in steps)
    assert all(end - start >= 5 << 20 for start, end in steps[:-1])


def test_the_staging_object_must_be_the_one_that_was_looked_at(storage: S3Storage) -> None:
    """Promise A8: bytes that replace a staging object after it was looked at do not become a master."""
    # Given a staging object that is overwritten after the look
    storage.put("staging", KEY, io.BytesIO(BYTES), len(BYTES))
    source = storage.look("staging", KEY, None)
    assert source is not None
    storage.put("staging", KEY, io.BytesIO(b"other bytes" * 100), 1100)
    # When it is copied, then the store refuses, and there is no master and no open upload
    with pytest.raises(S3Error) as refused:
        storage.compose(KEY, source, KEY, None)
    assert refused.value.code == "PreconditionFailed"
    assert storage.first_version(KEY) is None


# --- the proof -----------------------------------------------------------------------------------


def test_the_lock_of_this_server_is_enforced(storage: S3Storage) -> None:
    # Given nothing but a store, when it proves its lock
    finding = storage.prove()
    # Then it is enforced, and no probe shows among the masters or in staging
    assert finding.message.startswith("enforced:")
    assert finding.severity == "ok"
    assert list(storage.list("masters")) == []
    assert list(storage.list("staging")) == []


def test_governance_that_our_key_may_bypass_is_advisory(
    settings: Settings, config_of: Callable[..., Config]
) -> None:
    # Given GOVERNANCE, and a key that may do everything
    storage = open_store(config_of(replace(settings, retention="GOVERNANCE")))
    # When the lock is proven
    finding = storage.prove()
    # Then it is said how far it holds
    assert finding.severity == "warning"
    assert finding.message.startswith("advisory:")


def test_a_store_that_gives_way_is_lying(storage: S3Storage, raw: Minio) -> None:
    """Promise: `lying` (answers 200 and deletes) is a loud error."""
    # Given a store that shows a lock and removes the version all the same
    bucket = storage.buckets.name("masters")

    class Lying(S3Storage):
        """Its locks are words: a probe has none in truth."""

        def _make_probe(self) -> tuple[str, str, datetime]:
            put = raw.put_object(bucket, ".lock-probe/x", io.BytesIO(b"probe"), 5)
            return ".lock-probe/x", str(put.version_id), datetime.now(UTC) + timedelta(seconds=60)

        def retention(self, key: str, version: str) -> tuple[str, datetime | None]:
            return "COMPLIANCE", datetime.now(UTC) + timedelta(hours=1)

    # When the lock is proven
    finding = Lying(storage.connection, storage.buckets).prove()
    # Then it is said loudly what it did
    assert finding.severity == "error"
    assert finding.message.startswith("lying:")
    assert "the probe is gone" in finding.message
    assert finding.fix


def test_old_probes_are_removed(storage: S3Storage, raw: Minio, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a probe whose lock has ended
    bucket = storage.buckets.name("masters")
    raw.put_object(bucket, ".lock-probe/old", io.BytesIO(b"old"), 3)
    monkeypatch.setattr("mam_storage_s3.proof._SECONDS", -10)
    # When old probes are removed, then it is gone
    with suppress(StorageError):
        storage._remove_old_probes()  # noqa: SLF001 - the lock of a true one outlasts the test
    left = list(raw.list_objects(bucket, prefix=".lock-probe/", recursive=True, include_version=True))
    assert left == []


def test_the_server_under_test_has_no_back_door(storage: S3Storage, seaweed: Seaweed) -> None:
    """Without this the tests above would prove little: SeaweedFS's defaults let anybody delete beside S3."""
    # Given a locked master, and the server's other doors
    master = promoted(storage)
    doors = dict(flag[1:].split("=", 1) for flag in seaweed.command if "=" in flag)
    bucket = storage.settings.masters_bucket
    # When somebody without a key knocks
    filer = httpx.delete(
        f"http://127.0.0.1:{doors['filer.port']}/buckets/{bucket}?recursive=true", timeout=60
    )
    address = f"http://127.0.0.1:{doors['master.port']}/col/delete?collection={bucket}"
    collection = httpx.post(address, timeout=60)
    # Then nobody answers, and the master is there
    assert (filer.status_code, collection.status_code) == (404, 404)
    assert read(storage, master) == BYTES
