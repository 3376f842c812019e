"""Media hash lists: read with suspicion, written as the standard has it, folders checked against them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mam.errors import ValidationError
from mam.media import mhl, mhl_history
from mam.media.mhl_history import check_folder, read_expected
from mam.media.mhl_tree import directories

FILES = {"A001/Clips/a.mov": b"hello\n", "Sidecar/b.txt": b"x\n", "Sidecar/ü & <b>.txt": "ü\n".encode()}
# What the reference tool `ascmhl` 1.2 wrote for a folder of exactly these files.
ROOT_CONTENT, ROOT_STRUCTURE = "ca7aebb2964cba51f5473498c613cb4b", "252b3ce00a2527ce5402c1914f7d62ff"


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def listed(folder: Path, files: dict[str, bytes], formats: tuple[str, ...] = ("xxh128", "c4")) -> Path:
    """Write the files and a history of one generation; the folder."""
    write(folder, files)
    entries = tuple(
        mhl.Entry(path, mhl_history.hash_file(folder / path, formats), len(data))
        for path, data in files.items()
    )
    data = mhl.write_manifest(mhl.Manifest(entries))
    name = mhl.file_name(1, "card", mhl.Manifest(()).created)
    (folder / mhl.FOLDER).mkdir()
    (folder / mhl.FOLDER / name).write_bytes(data)
    chain = mhl.write_chain(
        [mhl.Link(1, name, mhl_history.hash_file(folder / mhl.FOLDER / name, ("c4",))["c4"])]
    )
    (folder / mhl.FOLDER / mhl.CHAIN_NAME).write_bytes(chain)
    return folder


def test_hashes_of_folders_are_those_of_the_reference_tool(tmp_path: Path) -> None:
    # Given files that the reference tool listed once
    write(tmp_path, FILES)
    hashes = {path: mhl_history.hash_file(tmp_path / path, ("xxh128",)) for path in FILES}
    # When the folders' hashes are computed, then the root's are those that it wrote
    content, structure = dict(directories(hashes))[""]
    assert (content["xxh128"], structure["xxh128"]) == (ROOT_CONTENT, ROOT_STRUCTURE)


def test_a_manifest_reads_back_as_it_was_written() -> None:
    # Given entries with everything an entry can have, and text that XML cannot carry
    entry = mhl.Entry("a/ü & <b>.mov", {"xxh128": "0" * 32}, 7, action="verified", previous="old/b.mov")
    # When written and read, then they are the same
    again = mhl.parse_manifest(mhl.write_manifest(mhl.Manifest((entry,), author="Ed\x00 <i>", comment="a&b")))
    assert [(e.path, dict(e.hashes), e.size, e.action, e.previous) for e in again.entries] == [
        ("a/ü & <b>.mov", {"xxh128": "0" * 32}, 7, "verified", "old/b.mov")
    ]
    assert (again.author, again.comment) == ("Ed <i>", "a&b")


def test_an_older_list_of_an_offload_tool_is_read(tmp_path: Path) -> None:
    # Given an MHL 1.1 as card offload tools write it
    write(tmp_path, {"A001/a.mov": b"hello\n"})
    real = mhl_history.hash_file(tmp_path / "A001/a.mov", ("md5", "xxh64"))
    text = f"""<?xml version="1.0" encoding="UTF-8"?><hashlist version="1.1">
    <creatorinfo><name>x</name></creatorinfo>
    <hash><file>A001/a.mov</file><size>6</size><xxhash64be>{real["xxh64"].upper()}</xxhash64be>
    <md5>{real["md5"]}</md5></hash></hashlist>"""
    (tmp_path / "card.mhl").write_text(text, encoding="utf-8")
    # Then its hashes are compared, and the list is no extra file of its own
    found = mhl_history.find_manifest(tmp_path)
    report = check_folder(tmp_path, read_expected(tmp_path, found))
    assert report.proven.keys() == {"A001/a.mov"}
    assert report.ok


@pytest.mark.parametrize("formats", [("md5",), ("sha1",), ("xxh64",), ("xxh3",), ("xxh128", "c4")])
def test_missing_extra_and_altered_files_are_told_apart(tmp_path: Path, formats: tuple[str, ...]) -> None:
    # Given a listed folder in which one file is gone, one is new, one has other bytes and one another size
    files = {**FILES, "whole.bin": b"same"}
    listed(tmp_path, files, formats)
    (tmp_path / "A001/Clips/a.mov").unlink()
    (tmp_path / "Sidecar/b.txt").write_bytes(b"y\n")
    (tmp_path / "Sidecar/ü & <b>.txt").write_bytes(b"longer than before")
    (tmp_path / "new.txt").write_bytes(b"")
    (tmp_path / ".DS_Store").write_bytes(b"ignored")
    # When it is checked, then each is named for what it is
    report = check_folder(tmp_path, read_expected(tmp_path))
    assert report.missing == ["A001/Clips/a.mov"]
    assert report.extra == ["new.txt"]
    assert [(one.path, one.format) for one in report.altered] == [
        ("Sidecar/b.txt", min(formats)),
        ("Sidecar/ü & <b>.txt", "size"),
    ]
    assert report.proven.keys() == {"whole.bin"}
    assert len(report.sentences()) == 4


def test_a_manifest_changed_after_its_chain_is_refused(tmp_path: Path) -> None:
    listed(tmp_path, FILES)
    manifest = next((tmp_path / mhl.FOLDER).glob("*.mhl"))
    manifest.write_bytes(manifest.read_bytes().replace(b"b.txt", b"c.txt"))
    with pytest.raises(ValidationError, match="changed after its chain"):
        read_expected(tmp_path)


def test_histories_of_cards_inside_a_folder_count_too(tmp_path: Path) -> None:
    # Given a folder with two cards, each with a history of its own
    listed(tmp_path / "A001", {"Clips/a.mov": b"1"})
    listed(tmp_path / "B001", {"Clips/a.mov": b"2"})
    # Then the folder is checked by both
    report = check_folder(tmp_path, read_expected(tmp_path))
    assert report.ok
    assert report.proven.keys() == {"A001/Clips/a.mov", "B001/Clips/a.mov"}


def test_the_same_letters_spelled_differently_are_the_same_file(tmp_path: Path) -> None:
    # Given a list with a composed letter, and a disk with the decomposed one
    listed(tmp_path, {"\u00fc.mov": b"1"})
    (tmp_path / "\u00fc.mov").rename(tmp_path / "u\u0308.mov")
    assert check_folder(tmp_path, read_expected(tmp_path)).ok


def test_a_link_is_no_listed_file(tmp_path: Path) -> None:
    # Given a listed file that was replaced by a link to a file elsewhere with the same bytes
    folder = listed(tmp_path / "card", {"a.mov": b"1"})
    (tmp_path / "elsewhere").write_bytes(b"1")
    (folder / "a.mov").unlink()
    (folder / "a.mov").symlink_to(tmp_path / "elsewhere")
    # Then it is not read
    with pytest.raises(OSError, match="symbolic links"):
        check_folder(folder, read_expected(folder))


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<hashlist>&b;</hashlist>"""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cannot be read"),
        (b"<hashlist>", "cannot be read"),
        (b"<html></html>", "no media hash list"),
        (BOMB, "cannot be read"),
        (bytes(range(256)), "cannot be read"),
        (b"<hashlist><hash><path>../../etc/passwd</path></hash></hashlist>", "outside its folder"),
        (b"<hashlist><hash><path>/etc/passwd</path></hash></hashlist>", "outside its folder"),
        (b"<hashlist><hash><file>C:\\x</file></hash></hashlist>", "outside its folder"),
        (b"<hashlist><hash><path></path></hash></hashlist>", "outside its folder"),
        (b"<hashlist><hash><path size='-1'>a</path></hash></hashlist>", "the size"),
    ],
)
def test_a_hostile_list_is_refused_in_one_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        mhl.parse_manifest(data)


@pytest.mark.parametrize("name", ["../x.mhl", "", "a/b.mhl"])
def test_a_chain_names_only_files_beside_it(name: str) -> None:
    with pytest.raises(ValidationError, match="generation without"):
        mhl.parse_chain(mhl.write_chain([mhl.Link(1, name, "c4")]))
