"""`mam mhl` and `mam ingest` of a folder that came with a media hash list, as a user runs them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from test_commands import mam

sys.path.append(str(Path(__file__).resolve().parents[1]))
import ascmhl_tool


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A client's folder, listed by the reference tool."""
    folder = tmp_path / "A001"
    (folder / "Clips").mkdir(parents=True)
    (folder / "Clips" / "a.mov").write_bytes(b"hello\n")
    (folder / "notes ü.txt").write_bytes(b"n")
    made = ascmhl_tool.run("create", "-h", "xxh64", "-h", "md5", folder)
    assert made.returncode == 0, made.stderr
    return folder


def test_a_listed_folder_is_verified_taken_in_and_handed_off(card: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    # When it is taken in, then the listed files are and the list itself is no asset
    done = mam("ingest", str(card), "--project", "Film", data=data)
    assert done.returncode == 0, done.stderr
    shown = [line.rpartition("  ")[2] for line in done.stdout.splitlines() if "/assets/" in line]
    assert sorted(shown) == ["'a.mov'", "'notes \\xfc.txt'"]
    # and the masters are as a list of ours says
    assert mam("mhl", "create", "Film", data=data).stdout.startswith("<?xml")
    assert mam("mhl", "verify", "--project", "Film", data=data).returncode == 0
    # When they are handed off, then the reference tool verifies the folder
    out = mam("mhl", "create", "Film", "--to", str(tmp_path / "out"), data=data)
    assert "Generation 2: 2 files" in out.stdout
    assert ascmhl_tool.run("diff", tmp_path / "out").returncode == 0
    assert mam("mhl", "verify", str(tmp_path / "out"), data=data).returncode == 0


def test_nothing_of_a_damaged_folder_is_taken_in(card: Path, tmp_path: Path) -> None:
    # Given a folder in which one file is altered, one is missing and one is new
    (card / "Clips" / "a.mov").write_bytes(b"hellO\n")
    (card / "notes ü.txt").unlink()
    (card / "new.txt").write_bytes(b"")
    data = tmp_path / "data"
    data.mkdir()
    # When it is taken in, then each is named, and nothing is promoted
    done = mam("ingest", str(card), data=data)
    assert done.returncode == 1
    assert "missing  notes ü.txt" in done.stderr
    assert "extra    new.txt" in done.stderr
    assert "altered  Clips/a.mov: md5" in done.stderr
    assert "nothing was taken in" in done.stderr
    assert not list(data.glob("store/masters/*"))
    # and `mam mhl verify` says the same
    checked = mam("mhl", "verify", str(card), data=data)
    assert checked.returncode == 1
    assert "0 of 2 listed files are there and unchanged" in checked.stdout


def test_a_list_from_elsewhere_is_named(card: Path, tmp_path: Path) -> None:
    # Given the list on another disk than the files
    manifest = next((card / "ascmhl").glob("*.mhl")).rename(tmp_path / "sent.mhl")
    for file in (card / "ascmhl").iterdir():
        file.unlink()
    (card / "ascmhl").rmdir()
    data = tmp_path / "data"
    data.mkdir()
    # Then --mhl names it
    assert mam("mhl", "verify", str(card), "--mhl", str(manifest), data=data).returncode == 0
    assert mam("ingest", str(card), "--mhl", str(manifest), data=data).returncode == 0
    # and it goes with one folder only
    assert mam("ingest", str(card), str(card), "--mhl", str(manifest), data=data).returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [("verify",), ("verify", ".", "--project", "P"), ("verify", "/nowhere"), ("create", "Nobody's")],
)
def test_wrong_arguments_are_one_sentence(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = mam("mhl", *arguments, data=tmp_path)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
