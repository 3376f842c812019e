"""Backups in a bucket of a real S3 store: made, shared, listed, proven, restored, refused when altered."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
from minio import Minio
from test_backups import Drill, fill
from upload_steps import sending

sys.path.append(str(Path(__file__).parents[2] / "plugins" / "storage_s3" / "tests"))

from seaweed import Seaweed, started

from mam.config import Backup, BackupS3, Secret
from mam.core import Mam
from mam.errors import BackupError, StorageError
from mam.services import backup_bucket, backups
from mam.services.backup_bucket import shelf_of
from mam.services.backup_vault import Vault

_numbers = itertools.count(1)

WRITE = """
import sys
from pathlib import Path
from mam.config import load
from mam.services.backup_bucket import shelf_of
from mam.services.backup_vault import Vault
vault = Vault(shelf_of(sys.argv[1], load(Path(sys.argv[2]), Path("/tmp")).backup.s3))
with vault.alone():
    vault.keep(sys.stdin.buffer, sys.argv[3], 1 << 30)
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.fixture(scope="module")
def seaweed() -> Iterator[Seaweed]:
    with tempfile.TemporaryDirectory(prefix="mam-s3-", ignore_cleanup_errors=True) as folder:
        server = started(Path(folder))
        yield server
        server.stop()


@dataclass
class Bucket:
    """A bucket with two prefixes, and a configuration that opens it."""

    raw: Minio
    name: str
    settings: BackupS3
    file: Path

    @property
    def address(self) -> str:
        return f"s3://{self.name}/box/one"

    def vault(self, *recipients: str) -> Vault:
        return Vault(shelf_of(self.address, self.settings), recipients)

    def names(self) -> list[str]:
        found = self.raw.list_objects(self.name, recursive=True)
        return sorted(one.object_name.removeprefix("box/one/") for one in found if one.object_name)

    def uploads(self) -> int:
        """Uploads in parts that were neither completed nor given up."""
        return len(self.raw._list_multipart_uploads(self.name).uploads)  # noqa: SLF001 - no public call

    def change(self, name: str, data: bytes) -> None:
        self.raw.put_object(self.name, f"box/one/{name}", io.BytesIO(data), len(data))

    def read(self, name: str) -> bytes:
        answer = self.raw.get_object(self.name, f"box/one/{name}")
        try:
            return bytes(answer.read())
        finally:
            answer.close()


@pytest.fixture
def bucket(seaweed: Seaweed, tmp_path: Path) -> Bucket:
    raw = Minio(seaweed.endpoint, seaweed.access_key, seaweed.secret_key, secure=False, region="us-east-1")
    name = f"backups-{next(_numbers)}"
    raw.make_bucket(name)
    settings = BackupS3(
        seaweed.endpoint, Secret(seaweed.access_key), Secret(seaweed.secret_key), secure=False
    )
    file = tmp_path / "s3.toml"
    file.write_text(
        f'[backup.s3]\nendpoint = "{seaweed.endpoint}"\nsecure = false\n'
        f'access_key = "{seaweed.access_key}"\nsecret_key = "{seaweed.secret_key}"\n'
    )
    return Bucket(raw, name, settings, file)


@pytest.fixture
def small(sqlite_box: Mam, tmp_path: Path) -> Drill:
    return Drill(sqlite_box, Vault(tmp_path / "unused"), tmp_path, fill(sqlite_box))


def test_a_box_comes_back_out_of_a_bucket(small: Drill, bucket: Bucket) -> None:
    # Given a backup in a bucket for one age key, made by the command
    key, data = pyrage.x25519.Identity.generate(), small.mam.config.data
    for name, one in (("mine", key), ("strange", pyrage.x25519.Identity.generate())):
        (small.folder / name).write_text(f"{one}\n", "utf-8")
    make = ("backup", bucket.address, "--data", data, "--config", bucket.file)
    make = (*make, "--recipient", key.to_public())
    assert f"{bucket.address}: " in small.run(*make)
    # Then all lies below the prefix, encrypted but for the lists of digests, and no lock is left
    names = bucket.names()
    assert {name.partition("/")[0] for name in names} == {"objects", "snapshots"}
    for name in names:
        assert name.endswith(".files") or bucket.read(name).startswith(b"age-encryption.org/v1")
    # When another one is made after one more master, then only that is sent, and --keep removes the first
    more = sending(small.mam, 40_000).presign()
    more.send_all()
    more.promote()
    sha256 = hashlib.sha256(more.data).hexdigest()
    small.masters[sha256] = 40_000
    before = set(names)
    small.run(*make, "--keep", "1")
    new = set(bucket.names()) - before
    assert [name for name in new if name.startswith("objects/")] == [f"objects/{sha256[:2]}/{sha256}.age"]
    listed = small.run("backup", bucket.address, "--data", data, "--config", bucket.file, "--list")
    assert listed.count("files") == 1
    # Then on a blank machine that has the keys, drill and restore are of this box, straight from there
    opens = ("--store", bucket.file, "--identity", small.folder / "mine")
    assert "holds" in small.run("restore", bucket.address, *opens, "--check")
    blank = small.folder / "blank"
    assert "restored" in small.run("restore", bucket.address, *opens, "--data", blank)
    found = small.look(blank)
    assert (found["masters"], found["audit"], found["login"]) == (small.masters, [], True)
    # And another key, or none, is refused in a sentence before anything is written
    wrong = ("--store", bucket.file, "--identity", small.folder / "strange")
    other = small.folder / "other"
    assert "cannot be decrypted" in small.run("restore", bucket.address, *wrong, "--data", other, status=1)
    assert list(other.iterdir()) == []


def test_what_is_altered_or_gone_in_the_bucket_is_named(small: Drill, bucket: Bucket) -> None:
    # Given a backup of which one object was changed, one removed, and a snapshot changed in one byte
    vault = bucket.vault()
    name = backups.make(small.mam, vault).name
    objects = [one for one in bucket.names() if one.startswith("objects/")]
    bucket.change(objects[0], b"x" + bucket.read(objects[0])[1:])
    bucket.raw.remove_object(bucket.name, f"box/one/{objects[1]}")
    told = small.run("restore", bucket.address, "--store", bucket.file, "--check", status=1)
    assert told.count("NOT WELL") == 2
    for one in objects[:2]:
        assert one.rpartition("/")[2] in told
    whole = bytearray(bucket.read(f"snapshots/{name}"))
    whole[len(whole) // 2] ^= 1
    bucket.change(f"snapshots/{name}", bytes(whole))
    told = small.run("restore", bucket.address, "--store", bucket.file, "--check", status=1)
    assert f"{name} is damaged" in told
    assert len(told.strip().splitlines()) == 1


def test_a_bucket_that_cannot_be_used_is_a_sentence(bucket: Bucket, seaweed: Seaweed) -> None:
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("s3://no-such-bucket/x", {}, "there is no such bucket"),
        (bucket.address, {"secret_key": Secret("wrong")}, "secret_key of"),
        (bucket.address, {"access_key": Secret("nobody")}, "access_key of"),
        (bucket.address, {"access_key": Secret(seaweed.reader_key),
                          "secret_key": Secret(seaweed.reader_secret)}, "may not do this"),
        (bucket.address, {"secure": True}, "does not answer"),
        (bucket.address, {"endpoint": ""}, "endpoint"),
        (bucket.address, {"ca_file": "/none.pem", "secure": True}, r"\[backup.s3\]|does not answer"),
        ("s3:///x", {}, "no place for backups"),
    ]  # fmt: skip
    for address, changed, sentence in wrong:
        with pytest.raises(BackupError, match=sentence) as caught:
            Vault(shelf_of(address, replace(bucket.settings, **changed))).shelf.check()
        assert seaweed.secret_key not in str(caught.value)


def test_large_files_go_in_parts_and_a_killed_one_leaves_no_name(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a program that keeps 200 MB, then its memory holds a few parts of it
    size = 200 << 20
    digest = hashlib.sha256(bytes(size)).hexdigest()
    command = [sys.executable, "-c", WRITE, bucket.address, str(bucket.file)]
    done = subprocess.run(
        [*command, digest], input=bytes(size), capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) < 260 << 10
    vault = bucket.vault()
    assert dict(vault.objects()) == {digest: size}
    vault.prove(digest)
    # When one is killed in the middle of its parts
    other = hashlib.sha256(b"other").hexdigest()
    process = subprocess.Popen([*command, other], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin
    for _ in range(5):
        process.stdin.write(os.urandom(backup_bucket.PART))
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while not bucket.uploads():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # Then nobody else begins while it lives
    with vault.alone() as alone:
        assert not alone
    process.kill()
    process.wait(60)
    process.stdin.close()
    # And nothing has a name; once its lock is old, the next one takes over and sweeps what it left
    assert dict(vault.objects()) == {digest: size}
    monkeypatch.setattr(backup_bucket, "LOCK_SECONDS", -60.0)
    with vault.alone() as alone:
        assert alone
        assert bucket.uploads() == 0
    assert bucket.names() == [f"objects/{digest[:2]}/{digest}"]


def test_bytes_of_another_digest_are_not_kept(bucket: Bucket) -> None:
    vault, digest = bucket.vault(), hashlib.sha256(b"right").hexdigest()
    for wrong in (b"wrong", os.urandom(backup_bucket.PART * 2)):
        with vault.alone(), pytest.raises(StorageError, match="not those that came in"):
            vault.keep(io.BytesIO(wrong), digest, len(wrong))
        assert (bucket.names(), bucket.uploads()) == ([], 0)


def test_workers_back_up_into_the_bucket_by_themselves(small: Drill, bucket: Bucket) -> None:
    settings = Backup(folder=bucket.address, every_hours=1, keep=1, s3=bucket.settings)
    mam = replace(small.mam, config=replace(small.mam.config, backup=settings))
    assert backups.keep_up(mam) is not None
    assert backups.keep_up(mam) is None
    told = backups.status(mam)
    assert (told["state"], told["folder"], told["name"]) == (
        "ok",
        bucket.address,
        bucket.vault().snapshots()[0],
    )
