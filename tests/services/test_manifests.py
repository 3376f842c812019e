"""Media hash lists of a project, judged by the reference tool."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pytest

from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, NotFoundError, ValidationError
from mam.media import mhl
from mam.media.mhl_history import check_folder, read_expected
from mam.models import Asset, AuditEntry, Folder, Manifest, Version
from mam.services import assets, handoff, manifests, uploads
from mam.services.ingest import ensure_folder, ensure_project
from mam.types import SYSTEM, Actor

sys.path.append(str(Path(__file__).resolve().parents[1]))
import ascmhl_tool


def put(mam: Mam, project_id: str, path: str, data: bytes, asset_id: str | None = None) -> Version:
    """A master at that path of the project."""
    *folders, name = path.split("/")
    if asset_id is None:
        folder = ensure_folder(mam, SYSTEM, project_id, tuple(folders))
        made = assets.create_asset(mam, SYSTEM, project_id=project_id, title=name, folder_id=folder)
        asset_id = made["id"]
    version = uploads.receive(
        mam, SYSTEM, asset_id, filename=name, content_type=None, size=len(data), body=iter([data])
    )
    return Version.get_by_id(version["id"])


@pytest.fixture
def project(box: Mam) -> str:
    """A project with folders, odd names, and one name twice in one folder."""
    project_id = ensure_project(box, SYSTEM, "Film & <Söhne>")
    put(box, project_id, "A001/Clips/a.mov", b"hello\n")
    put(box, project_id, "A001/Clips/A.MOV", b"the same letters")
    put(box, project_id, "Sidecar/ü & <b>.txt", "ü\n".encode())
    put(box, project_id, "top.wav", b"w")
    return project_id


def nothing(_path: str, _count: int) -> None:
    """Nobody watches the progress."""


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """Where the files of a hand-off go."""
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def exported(box: Mam, project: str, folder: Path) -> dict[str, object]:
    return handoff.export(
        box, SYSTEM, project, folder, comment="To the grade", step=lambda _path, _count: None
    )


def test_the_reference_tool_verifies_a_hand_off(box: Mam, project: str, disk: Path) -> None:
    # Given a project that was handed off
    made = exported(box, project, disk)
    assert (made["number"], made["files"]) == (1, 4)
    # When the reference tool compares folder and list, then nothing differs
    diff = ascmhl_tool.run("diff", disk)
    assert diff.returncode == 0, diff.stdout + diff.stderr
    # and it can hash everything again into a generation of its own
    again = ascmhl_tool.run("create", "-v", "-h", "c4", disk)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "failed" not in again.stdout.lower()
    # and our reader goes on with both
    assert check_folder(disk, read_expected(disk)).ok


def test_the_reference_tool_finds_what_was_changed_on_the_way(box: Mam, project: str, disk: Path) -> None:
    # Given a hand-off in which a byte flipped
    exported(box, project, disk)
    (disk / "top.wav").write_bytes(b"v")
    # Then the reference tool says so by our list, and so do we
    assert ascmhl_tool.run("create", "-h", "xxh128", disk).returncode != 0
    report = check_folder(disk, read_expected(disk))
    assert [(one.path, one.format) for one in report.altered] == [("top.wav", "c4")]


def test_generations_keep_their_paths(box: Mam, project: str, disk: Path) -> None:
    # Given a first generation
    manifests.create(box, SYSTEM, project)
    first = {one.path: one for one in read(box, project, 1).entries}
    assert "A001/Clips/A (2).MOV" in first
    assert {one.action for one in first.values()} == {"original"}
    # When a file of the same name comes, one is moved, one goes to the trash, one gets a second version
    Asset.update(deleted_at=Asset.created_at).where(Asset.title == "ü & <b>.txt").execute()
    moved = Asset.get(Asset.title == "a.mov")
    assets.update_asset(box, SYSTEM, moved.id, folder_id=ensure_folder(box, SYSTEM, project, ("B001",)))
    put(box, project, "A001/Clips/a.mov", b"another")
    put(box, project, "top.wav", b"second", asset_id=Asset.get(Asset.title == "top.wav").id)
    second = manifests.create(box, SYSTEM, project, comment="Again")
    # Then what stayed has its path and is verified, what moved says from where, what is new is original
    entries = {one.path: one for one in read(box, project, 2).entries}
    assert entries["A001/Clips/A (2).MOV"].action == "verified"
    assert (entries["B001/a.mov"].action, entries["B001/a.mov"].previous) == ("verified", "A001/Clips/a.mov")
    assert entries["A001/Clips/a.mov"].action == "original"
    assert entries["top (2).wav"].action == "original"
    assert not any("ü" in path for path in entries)
    # and the reference tool takes the whole history
    exported(box, project, disk)
    diff = ascmhl_tool.run("diff", disk)
    assert second["number"] == 2
    assert "changed" not in diff.stdout + diff.stderr
    assert [row.number for row in Manifest.select().order_by(Manifest.number)] == [1, 2, 3]


def read(box: Mam, project: str, number: int) -> mhl.Manifest:
    return mhl.parse_manifest(manifests.project_manifest(box, SYSTEM, project, number)[1])


def test_the_history_as_zip_lies_over_a_copy_of_the_files(box: Mam, project: str, disk: Path) -> None:
    # Given a copy of the files, and the history downloaded by itself before any generation was made
    exported(box, project, disk)
    for file in (disk / mhl.FOLDER).iterdir():
        file.unlink()
    name, data = manifests.history(box, SYSTEM, project)
    # When it is unpacked there, then the reference tool verifies the folder
    assert name == "Film_&_<Söhne>_ascmhl.zip"
    zipfile.ZipFile(io.BytesIO(data)).extractall(disk)
    assert ascmhl_tool.run("diff", disk).returncode == 0


def test_before_the_first_generation_the_list_is_what_that_would_be(box: Mam, project: str) -> None:
    _, xml = manifests.project_manifest(box, SYSTEM, project)
    assert len(mhl.parse_manifest(xml).entries) == 4
    assert not Manifest.select().exists()
    with pytest.raises(NotFoundError):
        manifests.project_manifest(box, SYSTEM, project, 1)


def test_an_empty_project_has_no_list(box: Mam) -> None:
    project_id = ensure_project(box, SYSTEM, "Empty")
    for ask in (manifests.project_manifest, manifests.history, manifests.create):
        with pytest.raises((NotFoundError, ValidationError)):
            ask(box, SYSTEM, project_id)


def test_one_master_alone(box: Mam, project: str, disk: Path) -> None:
    # Given one downloaded file with its own list
    version = Version.get(Version.filename == "a.mov")
    name, xml = manifests.version_manifest(box, SYSTEM, version.id)
    (disk / "a.mov").write_bytes(b"hello\n")
    (disk / name).write_bytes(xml)
    # Then the file is proven by it
    report = check_folder(disk, read_expected(disk, disk / name))
    assert report.proven == {"a.mov": version.sha256}
    assert report.ok


def test_a_hand_off_over_files_that_are_there(box: Mam, project: str, disk: Path) -> None:
    # Given a target in which one file lies already and another has a master's name
    exported(box, project, disk)
    stamp = (disk / "top.wav").stat().st_mtime_ns
    # When it is handed off again, then what is right is left alone
    exported(box, project, disk)
    assert (disk / "top.wav").stat().st_mtime_ns == stamp
    # and another file is never written over
    (disk / "top.wav").write_bytes(b"mine")
    with pytest.raises(ConflictError, match="another file"):
        exported(box, project, disk)
    assert (disk / "top.wav").read_bytes() == b"mine"


def test_a_link_in_the_target_leads_nowhere(box: Mam, project: str, disk: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (disk / "A001").symlink_to(tmp_path / "outside")
    with pytest.raises(ValidationError, match="by a link"):
        exported(box, project, disk)
    assert not any((tmp_path / "outside").rglob("*.mov"))


def test_a_clients_list_is_compared(box: Mam, project: str) -> None:
    # Given a client's list: one file that is here under another name, one altered, one missing, one by MD5
    here = Version.get(Version.filename == "a.mov")
    client = mhl.Manifest(
        (
            mhl.Entry("card/renamed.mov", {"xxh128": here.xxh128}, 6),
            mhl.Entry("top.wav", {"c4": "c4" + "1" * 88}, 1),
            mhl.Entry("gone.mov", {"xxh128": "0" * 32}, 1),
            mhl.Entry("A.MOV", {"md5": "0" * 32}, 16),
        )
    )
    # When it is compared, then each is told apart and the rest is extra
    found = manifests.compare(box, SYSTEM, project, mhl.write_manifest(client))
    assert found["verified"] == ["card/renamed.mov"]
    assert found["altered"] == ["top.wav"]
    assert found["missing"] == ["gone.mov"]
    assert found["unknown"] == ["A.MOV"]
    assert found["extra"] == ["A001/Clips/A.MOV", "Sidecar/ü & <b>.txt", "top.wav"]
    assert found["counts"]["extra"] == 3


def test_who_may_not_write_makes_no_generation(box: Mam, project: str) -> None:
    from upload_steps import member

    viewer = member(Asset.select().where(Asset.project == project).first(), "viewer")
    with pytest.raises(ForbiddenError):
        manifests.create(box, viewer, project)
    with pytest.raises(NotFoundError):
        manifests.project_manifest(box, Actor("0" * 36), project)
    assert manifests.list_manifests(box, viewer, project)["items"] == []


def test_a_generation_is_in_the_audit_log(box: Mam, project: str) -> None:
    made = manifests.create(box, SYSTEM, project)
    entry = AuditEntry.get(AuditEntry.action == "manifest.created")
    assert (entry.subject_id, entry.data["c4"]) == (made["id"], made["c4"])


def test_folder_names_stay_inside_the_list(box: Mam, project: str) -> None:
    # Given folders with names that would lead elsewhere
    for name in ("..", "a/b", "ascmhl"):
        folder = Folder.create(project=project, name=name)
        asset = Asset.create(project=project, folder=folder, title=name)
        put(box, project, "x.mov", name.encode(), asset_id=asset.id)
    # Then they are parts of paths like any other
    _, xml = manifests.project_manifest(box, SYSTEM, project)
    paths = {one.path for one in mhl.parse_manifest(xml).entries}
    assert {"_/x.mov", "a_b/x.mov"} <= paths
