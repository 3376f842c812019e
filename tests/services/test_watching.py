"""Watch folders and card offload: nothing half, nothing twice, everything proven."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from mam.config import Watch
from mam.core import Mam
from mam.errors import NotFoundError
from mam.media import mhl, mhl_history
from mam.media.cards import find_cards
from mam.models import Asset, AuditEntry, Folder, Manifest, Version, WatchedFile, now
from mam.services import ingest, masters, offload, watching
from mam.types import SYSTEM

sys.path.append(str(Path(__file__).resolve().parents[1]))
import ascmhl_tool

NAMES = Path(__file__).parents[2].parent / "shared" / "media" / "hostile_names.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A watch folder."""
    (tmp_path / "incoming").mkdir()
    return tmp_path / "incoming"


@pytest.fixture
def watch(folder: Path) -> Watch:
    """Its configuration; a second stands for ten."""
    return Watch(folder, project="Dailies", stable_seconds=3600)


def write(folder: Path, path: str, data: bytes = b"x") -> Path:
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return place


def stand_still() -> None:
    """An hour passes for every file that was seen."""
    WatchedFile.update(changed_at=now() - timedelta(hours=2), try_after=None).execute()


def settled(mam: Mam, watch: Watch) -> int:
    watching.look(mam, watch)
    stand_still()
    return watching.look(mam, watch)


def test_a_file_is_taken_in_once_it_stands_still(box: Mam, folder: Path, watch: Watch) -> None:
    # Given a file that is still being written
    write(folder, "Day 1/A003.mov", b"half")
    assert watching.look(box, watch) == 0
    stand_still()
    write(folder, "Day 1/A003.mov", b"half and the rest")
    # When it is looked at, then it waits; when it stood still, then it is taken in with its folder
    assert watching.look(box, watch) == 0
    stand_still()
    assert watching.look(box, watch) == 1
    version = Version.get()
    assert version.sha256 == hashlib.sha256(b"half and the rest").hexdigest()
    assert (version.asset.title, version.asset.folder.name) == ("A003", "Day 1")
    # and no other look takes it in again, nor after a restart
    stand_still()
    assert watching.look(box, watch) == 0
    assert (folder / "Day 1" / "A003.mov").exists()
    assert AuditEntry.select().where(AuditEntry.action == "master.verified").count() == 1


def test_a_file_that_changes_later_is_the_next_version(box: Mam, folder: Path, watch: Watch) -> None:
    write(folder, "edit.mov", b"one")
    assert settled(box, watch) == 1
    write(folder, "edit.mov", b"the second")
    assert settled(box, watch) == 1
    assert Asset.select().count() == 1
    assert [row.number for row in Version.select().order_by(Version.number)] == [1, 2]


@pytest.mark.parametrize("name", [".hidden", "a.mov.part", "b.crdownload", ".dir/x.mov", "c.TMP", "d~"])
def test_unfinished_and_hidden_files_are_left_alone(box: Mam, folder: Path, watch: Watch, name: str) -> None:
    write(folder, name)
    assert settled(box, watch) == 0
    assert WatchedFile.select().count() == 0


def test_a_link_is_not_followed(box: Mam, folder: Path, watch: Watch, tmp_path: Path) -> None:
    write(tmp_path, "secret")
    (folder / "link.mov").symlink_to(tmp_path / "secret")
    (folder / "dir").symlink_to(tmp_path)
    assert settled(box, watch) == 0


def test_a_card_waits_for_its_last_file_and_is_one_unit(box: Mam, folder: Path, watch: Watch) -> None:
    # Given a card of which one file still grows
    write(folder, "A001/CONTENTS/CLIPS001/a.mxf", b"1")
    write(folder, "A001/CONTENTS/CLIPS001/a.xml", b"<x/>")
    watching.look(box, watch)
    stand_still()
    write(folder, "A001/CONTENTS/CLIPS001/b.mxf", b"2")
    # Then nothing of it is taken in, while a loose file beside it is
    write(folder, "loose.wav", b"3")
    watching.look(box, watch)
    WatchedFile.update(changed_at=now() - timedelta(hours=2)).where(WatchedFile.path == "loose.wav").execute()
    assert watching.look(box, watch) == 1
    assert [row.filename for row in Version.select()] == ["loose.wav"]
    # When it stands still, then the whole structure is in, with a report
    stand_still()
    assert watching.look(box, watch) == 3
    tree = {row.name: row.parent_id for row in Folder.select()}
    assert set(tree) == {"A001", "CONTENTS", "CLIPS001"}
    clips = {f"CONTENTS/CLIPS001/{name}" for name in ("a.mxf", "a.xml", "b.mxf")}
    assert mhl_report(Manifest.get()) == clips


def mhl_report(row: Manifest) -> set[str]:
    from mam.services.manifests import xml_of

    found = mhl.parse_manifest(xml_of(row))
    assert found.process == "transfer"
    return {entry.path for entry in found.entries}


def test_a_card_that_is_not_what_its_list_says_is_refused_whole(box: Mam, folder: Path, watch: Watch) -> None:
    # Given a card listed by the reference tool, one file of which is damaged
    write(folder, "A001/DCIM/a.jpg", b"good")
    write(folder, "A001/DCIM/b.jpg", b"good too")
    assert ascmhl_tool.run("create", "-h", "xxh64", folder / "A001").returncode == 0
    write(folder, "A001/DCIM/b.jpg", b"damaged!")
    # When it stands still, then nothing is taken in and each file says why
    assert settled(box, watch) == 0
    assert Version.select().count() == 0
    row = WatchedFile.get(WatchedFile.path == "A001/DCIM/a.jpg")
    assert row.state == "failed"
    assert "altered  DCIM/b.jpg" in row.error_detail
    # When it is mended and tried again, then it is in
    write(folder, "A001/DCIM/b.jpg", b"good too")
    watching.look(box, watch)
    for failed in WatchedFile.select().where(WatchedFile.state == "failed"):
        watching.retry(box, SYSTEM, failed.id)
    stand_still()
    assert watching.look(box, watch) == 2


def test_further_places_get_proven_copies_and_a_report(
    box: Mam, folder: Path, watch: Watch, tmp_path: Path
) -> None:
    # Given two further disks, on one of which another file has the name
    raid, shuttle = tmp_path / "raid", tmp_path / "shuttle"
    write(shuttle, "A001/DCIM/a.jpg", b"somebody else's")
    write(folder, "A001/DCIM/a.jpg", b"1")
    write(folder, "A001/DCIM/b.jpg", b"2")
    # When the card is taken in
    assert settled(box, dataclasses.replace(watch, copies=(raid, shuttle))) == 1
    # Then the file that could not be copied everywhere is not in, and nothing was written over
    assert [row.filename for row in Version.select()] == ["b.jpg"]
    assert (shuttle / "A001/DCIM/a.jpg").read_bytes() == b"somebody else's"
    # When the other file is out of the way, then the rest follows and the reference tool verifies the copies
    (shuttle / "A001/DCIM/a.jpg").unlink()
    stand_still()
    assert watching.look(box, dataclasses.replace(watch, copies=(raid, shuttle))) == 1
    assert ascmhl_tool.run("diff", raid / "A001").returncode == 0
    assert ascmhl_tool.run("diff", shuttle / "A001").returncode == 0


def test_a_run_that_was_cut_off_goes_on(box: Mam, folder: Path, watch: Watch) -> None:
    # Given a file that was taken in by a process that died before it wrote that down
    write(folder, "a.mov", b"1")
    assert settled(box, watch) == 1
    WatchedFile.update(state="taking", asset_id=None, version_id=None).execute()
    # When the next process looks, then it finds the version and makes no other
    assert settled(box, watch) == 1
    assert Version.select().count() == 1
    assert WatchedFile.get().version_id == Version.get().id


def test_only_what_is_not_in_can_be_tried_again(sqlite_box: Mam, folder: Path, watch: Watch) -> None:
    # Given a file that was taken in
    write(folder, "a.mov", b"1")
    assert settled(sqlite_box, watch) == 1
    # When somebody wants it tried again, then there is nothing to be tried
    with pytest.raises(NotFoundError):
        watching.retry(sqlite_box, SYSTEM, WatchedFile.get().id)
    assert WatchedFile.get().state == "done"


def test_two_processes_never_look_at_once(sqlite_box: Mam, folder: Path, watch: Watch) -> None:
    write(folder, "a.mov")
    watching.look(sqlite_box, watch)
    stand_still()
    with watching._alone(sqlite_box, watch) as ours:  # noqa: SLF001 - what another process holds
        assert ours
        assert watching.look(sqlite_box, watch) == 0
    assert watching.look(sqlite_box, watch) == 1


def test_an_empty_file_says_so_and_waits_for_a_change(sqlite_box: Mam, folder: Path, watch: Watch) -> None:
    write(folder, "a.mov", b"")
    assert settled(sqlite_box, watch) == 0
    shown = watching.status(sqlite_box_with(sqlite_box, watch), SYSTEM)["items"][0]
    assert shown["counts"]["failed"] == 1
    assert shown["troubled"][0]["error"]["code"] == "empty_file"
    assert Asset.select().where(Asset.deleted_at.is_null()).count() == 0
    write(folder, "a.mov", b"now")
    assert settled(sqlite_box, watch) == 1


def sqlite_box_with(box: Mam, watch: Watch) -> Mam:
    return dataclasses.replace(box, config=dataclasses.replace(box.config, watch=(watch,)))


def test_a_folder_that_is_away_is_said(sqlite_box: Mam, watch: Watch) -> None:
    watch.path.rmdir()
    with pytest.raises(NotFoundError, match="is not there"):
        watching.look(sqlite_box, watch)


def test_files_stay_where_they_are_when_only_indexed(box: Mam, folder: Path, watch: Watch) -> None:
    # Given a folder of a NAS that is only to be indexed
    path = write(folder, "Archive/film.mov", b"stays")
    # When it is looked at
    assert settled(box, dataclasses.replace(watch, mode="index")) == 1
    # Then there is a version that is not locked, and no second copy
    version = Version.get()
    assert (version.in_place, bool(version.locked), version.retain_until) == (str(path), False, None)
    assert not list(box.storage.list("masters"))
    with masters.local_copy(box, version) as copy:
        assert copy == path
    # and whoever changes it is found out
    masters.verify(box, version)
    path.write_bytes(b"stayz")
    with pytest.raises(masters.ChecksumMismatchError):
        masters.verify(box, version)


def test_awkward_names_are_data(sqlite_box: Mam, folder: Path, watch: Watch) -> None:
    """Promise A13: by the watch folder too."""
    # Given files with every name that a disk can hold
    names = [b"\xff\xfe raw.mov", b"-rf", b"%03d.mov", b"a\nb.mov", b"$(x).mov", "\u202egpj.exe".encode()]
    if NAMES.exists():
        listed = json.loads(NAMES.read_text(encoding="ascii"))
        names += [one["upload_name"].encode("utf-8", "surrogatepass") for one in listed]
    for number, name in enumerate(names):
        clean = name.replace(b"/", b"_").replace(b"\0", b"")[:200]
        Path(os.fsdecode(os.fsencode(folder) + b"/%d " % number + clean)).write_bytes(b"%d" % number)
    # Then all of them are taken in
    assert settled(sqlite_box, watch) == len(names)
    assert Version.select().count() == len(names)


def test_offload_of_a_folder_is_one_unit(box: Mam, tmp_path: Path) -> None:
    # Given any folder, and a further disk
    write(tmp_path, "CARD/a.mov", b"1")
    write(tmp_path, "CARD/sub/b.mov", b"2")
    project_id = ingest.ensure_project(box, SYSTEM, "P")
    to = offload.Destination(project_id, (tmp_path / "raid",))
    seen: dict[str, int] = {}

    def step(path: str, count: int) -> None:
        seen[path] = seen.get(path, 0) + count

    # When it is offloaded twice, then the second run takes in nothing twice
    for _ in range(2):
        outcome = offload.offload(box, SYSTEM, tmp_path / "CARD", to, step)
        assert sorted(outcome.taken) == ["CARD/a.mov", "CARD/sub/b.mov"]
    assert Version.select().count() == 2
    assert seen["CARD/a.mov"] >= 3
    copy = tmp_path / "raid" / "CARD"
    report = mhl_history.check_folder(copy, mhl_history.read_expected(copy))
    assert report.ok
    with pytest.raises(NotFoundError):
        offload.offload(box, SYSTEM, (tmp_path / "raid").parent / "nothing", to)


@pytest.mark.parametrize(
    "path", ["X/CONTENTS/VIDEO", "X/PRIVATE/M4ROOT", "X/DCIM/100", "X.RDM/A.RDC", "X/BPAV"]
)
def test_cards_are_known_by_their_folders(tmp_path: Path, path: str) -> None:
    write(tmp_path, f"{path}/a")
    write(tmp_path, "Y/just a folder/a")
    found = [card.relative_to(tmp_path).as_posix() for card in find_cards(tmp_path)]
    assert found == [path.partition("/")[0]]


def test_a_worker_watches(sqlite_box: Mam, folder: Path) -> None:
    """The round of the worker process takes a file in by itself."""
    from mam import worker

    watch = Watch(folder, stable_seconds=0.2, poll_seconds=0.1)
    write(folder, "a.mov")
    one = worker._Round("watch", watch.poll_seconds, lambda: watching.look(sqlite_box, watch))  # noqa: SLF001
    one.run(_Until(90))
    assert Version.select().count() == 1


class _Until(threading.Event):
    """The event that stops the round: set once a version is there, or after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._deadline = time.monotonic() + seconds

    def wait(self, timeout: float | None = None) -> bool:
        time.sleep(timeout or 0)
        return bool(Version.select().count()) or time.monotonic() > self._deadline
