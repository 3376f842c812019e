"""Backups are made while the box works, are never half, and become the same box elsewhere (J5, J6)."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from upload_steps import make_asset, sending

from mam.config import Backup
from mam.core import Mam
from mam.errors import BackupError
from mam.models import Comment, Folder, Upload, Version, database, now
from mam.models.schema import applied_migrations
from mam.services import accounts, audit_anchor, backups, box, health, sidecars
from mam.services.backup_vault import Vault, read_identities
from mam.types import SYSTEM

PASSWORD = "correct horse battery staple"
SRT = b"1\n00:00:00,000 --> 00:00:01,000\nHello\n"

LOOK = """
import json, sys
from pathlib import Path
from mam import models
from mam.config import load
from mam.core import open_mam
from mam.models import Comment, Folder, Job, Project, Upload, Version
from mam.services import audit_check, search_index, sessions
file = Path(sys.argv[2]) if len(sys.argv) > 3 else None
mam = open_mam(load(file, Path(sys.argv[1])), check=False)
with models.database.connection_context():
    login = sessions.login(mam, email="a@example.org", password=sys.argv[-1])
    print(json.dumps({
        "login": bool(login["access_token"]),
        "audit": [fault.message for fault in audit_check.check(mam).faults],
        "masters": {one.sha256: one.size for one in Version.select()},
        "locked": [bool(one.locked) for one in Version.select()],
        "there": [mam.storage.stat("masters", one.master_key).size for one in Version.select()],
        "folders": {one.name: one.parent and one.parent.name for one in Folder.select()},
        "replies": Comment.select().where(Comment.parent.is_null(False)).count(),
        "uploads": sorted(one.state for one in Upload.select()),
        "captions": [one.key.rpartition(".")[2] for one in mam.storage.list("previews")],
        "indexed": models.AssetSearch.select().count(),
        "queued": Job.select().where(Job.kind == "examine").count(),
    }))
"""


@dataclass
class Drill:
    """A box with something in it, and where its backups go."""

    mam: Mam
    vault: Vault
    folder: Path
    masters: dict[str, int]

    def run(self, *arguments: Any, status: int = 0) -> str:
        """A `mam` command of a process of its own; its output and errors."""
        done = subprocess.run(
            [sys.executable, "-m", "mam.cli", *map(str, arguments)],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def look(self, data: Path, config: Path | None = None) -> dict[str, Any]:
        """What is in a restored box."""
        files = [str(config)] if config else []
        command = [sys.executable, "-c", LOOK, str(data), *files, PASSWORD]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout.splitlines()[-1]))


def fill(mam: Mam) -> dict[str, int]:
    """People, masters, folders whose parent is younger, a thread, captions, an anchor; digest to size."""
    accounts.add_user(mam, email="a@example.org", name="Ana", password=PASSWORD, admin=True)
    for size in (1000, 0x5000, 70_000):
        sent = sending(mam, size).presign()
        sent.send_all()
        sent.promote()
    sending(mam, 500).presign()
    version = Version.select().order_by(Version.id).first()
    sidecars.add(mam, SYSTEM, version.id, SRT, language="de")
    child = Folder.create(project=version.asset.project_id, name="child")
    parent = Folder.create(project=version.asset.project_id, name="parent")
    Folder.update(parent=parent).where(Folder.id == child.id).execute()
    note = Comment.create(asset=version.asset_id, version=version, body="first", drawing={"v": [1]})
    Comment.create(asset=version.asset_id, version=version, body="reply", parent=note)
    audit_anchor.write(mam)
    return {one.sha256: one.size for one in Version.select()}


@pytest.fixture
def drill(box: Mam, tmp_path: Path) -> Drill:
    """On both databases."""
    return Drill(box, Vault(tmp_path / "vault"), tmp_path, fill(box))


@pytest.fixture
def small(sqlite_box: Mam, tmp_path: Path) -> Drill:
    """On SQLite."""
    return Drill(sqlite_box, Vault(tmp_path / "vault"), tmp_path, fill(sqlite_box))


@pytest.fixture
def other(request: pytest.FixtureRequest, drill: Drill) -> Path | None:
    """The configuration of a blank box with the other kind of database."""
    if "postgresql" in drill.mam.config.database_url:
        return None
    file = drill.folder / "other.toml"
    file.write_text(f'[database]\nurl = "{request.getfixturevalue("postgres_url")}"\n', "utf-8")
    return file


def test_a_backup_becomes_the_same_box_on_a_blank_machine(drill: Drill, other: Path | None) -> None:
    # Given a backup that was made while uploads were promoted
    more = [sending(drill.mam, 3000).presign() for _ in range(6)]
    for one in more:
        one.send_all()
    promoting = threading.Thread(target=_promote, args=(drill.mam, more))
    promoting.start()
    made = backups.make(drill.mam, drill.vault)
    promoting.join(100)
    # Then it is whole, and the drill says so
    assert (made.problems, made.named_only) == ((), 0)
    assert "holds" in drill.run("restore", drill.vault.folder, "--check")
    # When it is restored on a blank machine, into the other kind of database
    data = drill.folder / "new"
    options = ["--config", other] if other else []
    told = drill.run("restore", drill.vault.folder, "--data", data, *options)
    # Then everything of that moment is there: people, masters under lock, folders, threads, captions, search
    assert f"rows      {made.rows}" in told
    found = drill.look(data, other)
    assert found["login"]
    assert found["audit"] == []
    assert drill.masters.items() <= found["masters"].items()
    assert sorted(found["there"]) == sorted(found["masters"].values())
    assert found["folders"] == {"child": "parent", "parent": None}
    assert found["replies"] == 1
    assert sorted(found["captions"]) == ["m3u8", "vtt"]
    assert found["indexed"] == len(found["masters"]) + len(found["uploads"]) - found["uploads"].count(
        "promoted"
    )
    assert not {"open", "promoting"} & set(found["uploads"])
    assert "ok" in drill.run("verify", "--all", "--data", data, *options)
    # And a second restore into it is refused
    assert "already" in drill.run("restore", drill.vault.folder, "--data", data, *options, status=1)


def _promote(mam: Mam, sendings: list[Any]) -> None:
    with database.connection_context():
        for one in sendings:
            one.promote()


def test_the_second_backup_copies_only_what_is_new(small: Drill) -> None:
    # Given a backup
    first = backups.make(small.mam, small.vault)
    assert first.added >= sum(small.masters.values())
    # When one more master came in
    sent = sending(small.mam, 2000).presign()
    sent.send_all()
    sent.promote()
    second = backups.make(small.mam, small.vault)
    # Then only that one was copied
    assert second.files == first.files + 1
    assert second.added < 2000 + 4096
    # And when the first is no longer kept, what the second needs stays
    small.vault.keep_newest(1)
    assert small.vault.snapshots() == [second.name]
    assert "checked" in small.run("restore", small.vault.folder, "--check")


def test_an_encrypted_backup_is_read_by_its_identity_alone(small: Drill) -> None:
    # Given a backup for one age key
    mine, strange = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    for name, key in (("mine", mine), ("strange", strange)):
        (small.folder / name).write_text(f"# created: today\n{key}\n", "utf-8")
    vault = replace(small.vault, recipients=(str(mine.to_public()),))
    backups.make(small.mam, vault)
    # Then none of its files shows anything
    for path in vault.folder.rglob("*"):
        assert (
            not path.is_file()
            or path.suffix == ".files"
            or path.read_bytes().startswith(b"age-encryption.org/v1")
        )
    # When it is restored without the key, or with another one, then it is refused with nothing written
    data = small.folder / "new"
    assert "encrypted" in small.run("restore", vault.folder, "--data", data, status=1)
    wrong = ("--identity", small.folder / "strange")
    assert "cannot be decrypted" in small.run("restore", vault.folder, "--data", data, *wrong, status=1)
    assert list(data.iterdir()) == []
    # And with it, it is the same box
    right = ("--identity", small.folder / "mine")
    assert "restored" in small.run("restore", vault.folder, "--data", data, *right)
    assert small.look(data)["masters"] == small.masters


@pytest.mark.parametrize("place", [0.01, 0.3, 0.6, 0.999])
def test_a_flipped_byte_in_a_snapshot_refuses_it(small: Drill, place: float) -> None:
    # Given a backup with one byte changed, or its end cut off
    name = backups.make(small.mam, small.vault).name
    path = small.vault.folder / "snapshots" / name
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 0x20
    cut = path.with_name("20300101T000000Z.backup")
    cut.write_bytes(path.read_bytes()[:-30])
    cut.with_suffix(".files").write_bytes(b"")
    path.write_bytes(data)
    # Then neither is restored, and nothing is written
    new = small.folder / "new"
    for one in (name, cut.name):
        assert "damaged" in small.run("restore", small.vault.folder, "--at", one, "--data", new, status=1)
    assert list(new.iterdir()) == []


def test_a_damaged_or_missing_file_is_named(small: Drill) -> None:
    # Given a backup with one file changed and another one gone
    backups.make(small.mam, small.vault)
    files = sorted((small.vault.folder / "objects").glob("??/*"), key=lambda one: one.stat().st_size)
    files[-1].write_bytes(b"x" + files[-1].read_bytes()[1:])
    files[-2].unlink()
    # When it is checked, or restored
    told = small.run("restore", small.vault.folder, "--check", status=1)
    new = small.folder / "new"
    again = small.run("restore", small.vault.folder, "--data", new, status=1)
    # Then both are named, and the rest is there
    for one in (told, again):
        assert one.count("NOT WELL") == 2
    assert "STRAY" not in small.run("verify", "--all", "--data", new, status=1)


def test_a_damaged_master_is_named_and_the_rest_backed_up(small: Drill) -> None:
    # Given a master whose bytes changed on the disk
    version = Version.select().order_by(Version.size.desc()).first()
    path = small.mam.storage.local_path("masters", version.master_key)  # type: ignore[attr-defined]
    subprocess.run(["chattr", "-i", path], check=False)
    path.chmod(0o600)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    # When a backup is made
    told = small.run("backup", small.vault.folder, "--data", small.mam.config.data, status=1)
    # Then it says which one is not in it
    assert f"masters {version.master_key}" in told
    assert len(small.vault.snapshots()) == 1


@pytest.mark.parametrize("what", ["object", "snapshot"])
def test_a_killed_backup_leaves_no_name(tmp_path: Path, what: str) -> None:
    # Given a process in the middle of writing a file, or a snapshot
    call = {
        "object": "vault.keep(sys.stdin.buffer, '0' * 64)",
        "snapshot": "vault.write_snapshot('20260101T000000Z', sys.stdin.buffer, ())",
    }
    script = f"""
import sys
from pathlib import Path
from mam.services.backup_vault import Vault
vault = Vault(Path(sys.argv[1]))
with vault.alone():
    {call[what]}
"""
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "v")], stdin=subprocess.PIPE)
    assert process.stdin
    process.stdin.write(os.urandom(3 << 20))
    process.stdin.flush()
    vault = Vault(tmp_path / "v")
    deadline = time.monotonic() + 60
    while not list(vault.folder.glob(f"{what}s/.partial-*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    # Then nobody else can begin meanwhile
    with vault.alone() as alone:
        assert not alone
    # When it is killed
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    process.stdin.close()
    # Then nothing has a name, and the next one sweeps what it left
    assert (vault.snapshots(), list(vault.objects())) == ([], [])
    with vault.alone() as alone:
        assert alone
    assert list(vault.folder.glob("*/.partial-*")) == []


def test_a_full_disk_leaves_no_name(small: Drill) -> None:
    # Given a disk that takes no more than 10 kB a file
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, {resource.RLIM_INFINITY}));"
        "from pathlib import Path; from mam.services.backup_vault import Vault;"
        "vault = Vault(Path(sys.argv[1]));\nwith vault.alone(): vault.keep(open('/dev/zero', 'rb'), '0' * 64)"
    )
    command = [sys.executable, "-c", script, str(small.vault.folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    # Then the error says so, and nothing is left
    assert "cannot be written: File too large" in done.stderr
    assert [one for one in small.vault.folder.rglob("*") if one.is_file()] == []


def test_masters_of_another_store_are_only_named(small: Drill) -> None:
    # Given a backup without the masters
    made = backups.make(small.mam, small.vault, masters_too=False)
    assert made.named_only == len(small.masters)
    # When the new box has the same store, then nothing is missing
    file = small.folder / "same.toml"
    store = small.mam.config.data / "store"
    file.write_text(f'[storage]\npath = "{store}"\n', "utf-8")
    new = small.folder / "new"
    assert "restored" in small.run("restore", small.vault.folder, "--config", file, "--data", new)
    # And on a blank one each is named
    told = small.run("restore", small.vault.folder, "--data", small.folder / "blank", status=1)
    assert told.count("it was not included") == len(small.masters)


def test_a_backup_of_a_newer_version_is_refused(small: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a backup whose schema has a migration that this version does not know
    known = applied_migrations()
    monkeypatch.setattr(backups, "applied_migrations", lambda: [*known, "9999_future"])
    backups.make(small.mam, small.vault)
    # Then it is refused by name, with nothing written
    new = small.folder / "new"
    assert "newer version" in small.run("restore", small.vault.folder, "--data", new, status=1)
    assert list(new.iterdir()) == []


def test_an_empty_folder_and_a_used_box_are_refused(small: Drill) -> None:
    # Given a folder without a backup, and the data folder of a box
    assert "no backup" in small.run("restore", small.folder, "--data", small.folder / "new", status=1)
    backups.make(small.mam, small.vault)
    used = small.folder / "used"
    small.run("audit", "verify", "--data", used)
    # Then no box is written over
    assert "already" in small.run("restore", small.vault.folder, "--data", used, status=1)
    assert "no backup" in small.run("restore", small.vault.folder, "--at", "1999", "--data", used, status=1)


def age(folder: Path, hours: int) -> None:
    """As if the newest backup had been made so long ago."""
    name = Vault(folder).snapshots()[-1].partition(".")[0]
    older = (now() - timedelta(hours=hours)).strftime(backups.MOMENT)
    for path in (folder / "snapshots").glob(f"{name}.*"):
        path.rename(path.with_name(path.name.replace(name, older)))


def test_workers_back_up_what_is_due_and_keep_the_newest(small: Drill) -> None:
    # Given a box that is to be backed up every six hours, two kept
    folder = small.folder / "auto"
    mam = replace(small.mam, config=replace(small.mam.config, backup=Backup(str(folder), 6.0, 2)))
    with pytest.raises(BackupError, match="mount or make it"):
        backups.keep_up(mam)
    folder.mkdir()
    vault = Vault(folder)
    # When it is looked at again and again
    assert backups.keep_up(mam) is not None
    assert backups.keep_up(mam) is None
    # Then one is made once the last is six hours old
    age(folder, 20)
    assert backups.keep_up(mam) is not None
    age(folder, 7)
    assert backups.keep_up(mam) is not None
    assert len(vault.snapshots()) == 2


def test_keys_that_are_none_are_refused(small: Drill) -> None:
    bad = small.run(
        "backup", small.vault.folder, "--recipient", "age1nonsense", "--data", small.mam.config.data, status=1
    )
    assert "is no age recipient" in bad
    (small.folder / "keys").write_text("# nothing\n", "utf-8")
    with pytest.raises(BackupError, match="holds no age identity"):
        read_identities(small.folder / "keys")
    assert "There is no backup" in small.run(
        "backup", small.vault.folder, "--list", "--data", small.mam.config.data
    )


def test_uploads_on_their_way_do_not_come_back(small: Drill) -> None:
    # Given an upload that is still open
    asset = make_asset("Late")
    assert asset.id
    assert Upload.select().where(Upload.state == "open").exists()
    backups.make(small.mam, small.vault)
    # When the box is restored
    new = small.folder / "new"
    small.run("restore", small.vault.folder, "--data", new)
    # Then it has to be sent again: its bytes were never a master
    assert set(small.look(new)["uploads"]) == {"promoted", "expired"}


def test_health_and_the_page_tell_of_backups_that_are_not_made(small: Drill) -> None:
    # Given a box that is to be backed up onto a disk that is away
    folder = small.folder / "disk"
    mam = replace(small.mam, config=replace(small.mam.config, backup=Backup(str(folder), 6.0, 2)))
    assert backups.status(small.mam)["state"] == "off"
    assert backups.status(mam)["state"] == "ok"
    with pytest.raises(BackupError):
        backups.keep_up(mam)
    # Then both say so
    assert backups.status(mam)["state"] == "failed"
    assert "is not there" in str(box.storage(mam, SYSTEM)["backup"]["error"])
    assert health.check(mam)["checks"]["storage"]["status"] == "degraded"
    # When it is back, then all is well, until nothing was made for twice the time
    folder.mkdir()
    backups.keep_up(mam)
    told = backups.status(mam)
    assert (told["state"], told["error"], told["problems"]) == ("ok", None, [])
    assert health.check(mam)["checks"]["storage"]["status"] == "ok"
    # And a disk that was away for a while, with nothing due, is forgotten once it is back
    away = folder.rename(folder.with_name("unplugged"))
    with pytest.raises(BackupError):
        backups.keep_up(mam)
    away.rename(folder)
    assert backups.keep_up(mam) is None
    assert backups.status(mam)["state"] == "ok"
    late = replace(mam.config, backup=Backup(str(folder), 1e-9, 2))
    assert backups.status(replace(mam, config=late))["state"] == "late"
