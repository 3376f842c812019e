"""Files that arrive: whole folders, through kill -9, each once, by both clients and by the example."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from client_box import ROOT, SOURCE, Served
from mam_client import AsyncClient, Client, calls
from mam_client.errors import IncompleteError, NotFoundError

HERE = Path(__file__).parent
EXAMPLES = ROOT / "clients" / "python" / "examples"
FAR = str(1 << 60)


def make_folder(folder: Path, count: int) -> dict[str, str]:
    """So many small files in a tree of ten folders; answers their hashes by path."""
    found = {}
    for number in range(count):
        path = folder / f"Day {number % 2}" / f"Card {number % 5}" / f"A{number:03}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"take {number}\n".encode() * (number + 1))
        found[path.relative_to(folder).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def run(script: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(script), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, env=environment)


def held(mam: Client, project: str) -> dict[str, list[str]]:
    """The hashes of every asset of the project by its path; the versions of each in a list."""
    folders: dict[str | None, Any] = {one["id"]: one for one in mam.iterate(calls.list_folders(project))}

    def path_of(folder_id: str | None) -> str:
        one = folders.get(folder_id)
        return "" if one is None else f"{path_of(one['parent_id'])}{one['name']}/"

    found: dict[str, list[str]] = {}
    for asset in mam.iterate(calls.list_assets(project_id=project, limit=30)):
        name = path_of(asset["folder_id"]) + asset["title"]
        found.setdefault(name, []).extend(one["sha256"] for one in asset["versions"])
    return found


def test_a_hundred_files_through_a_kill(served: Served, tmp_path: Path) -> None:
    """The example of ten lines: killed in the middle, started again, and everything is there once."""
    # Given a hundred files in a tree, and a sender that dies by -9 when thirty are done
    wanted = make_folder(tmp_path / "cards", 100)
    whole = (served.url, served.key, served.project, tmp_path / "cards")
    died = run(HERE / "kill_me.py", *whole, 30, FAR)
    assert died.returncode == -signal.SIGKILL, died.stderr
    # When the example is started on the same folder
    done = run(EXAMPLES / "upload_folder.py", *whole)
    # Then each file is one asset with one version of its bytes, in the folders that it lay in
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    with Client(served.url, served.key) as mam:
        assert held(mam, served.project) == {name: [digest] for name, digest in wanted.items()}
    # And what was there was not sent again, nor does anything stay behind
    sent, there = (int(number) for number in re.findall(r"\d+", done.stdout.splitlines()[-1]))
    assert sent + there == 100
    assert there >= 30
    assert not list((tmp_path / "cards").glob(".mam*"))


def test_a_file_of_parts_goes_on_with_those_that_are_missing(served: Served, tmp_path: Path) -> None:
    # Given a file of four parts whose sender died after the first was there
    film = tmp_path / "film.mov"
    film.write_bytes(os.urandom((15 << 20) + 7))
    died = run(HERE / "kill_me.py", served.url, served.key, served.project, film, 9, 5 << 20)
    assert died.returncode == -signal.SIGKILL, died.stderr
    with Client(served.url, served.key) as mam:
        (asset,) = mam.list_assets(project_id=served.project)["items"]
        # When it is sent once more
        seen: list[Any] = []
        sent = mam.upload_file(film, project_id=served.project, progress=seen.append)
        # Then the same asset has it, whole
        assert sent.asset_id == asset["id"]
        found = mam.get_asset(sent.asset_id)
    assert [one["sha256"] for one in found["versions"]] == [hashlib.sha256(film.read_bytes()).hexdigest()]
    assert (seen[-1].done, seen[-1].total, seen[-1].files_done) == (film.stat().st_size,) * 2 + (1,)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_is_there_is_skipped_and_what_fails_is_told(served: Served, tmp_path: Path) -> None:
    # Given a folder that was sent, and then a file that changed, a new one and an empty one in it
    cards = tmp_path / "cards"
    make_folder(cards, 6)
    (cards / "top.txt").write_text("at the top")
    with Client(served.url, served.key) as mam:
        first = mam.upload_folder(cards, served.project)
        assert (len(first.uploaded), first.skipped, first.failed) == (7, [], [])
        (cards / "Day 0" / "Card 0" / "A000.txt").write_text("another take")
        (cards / "new.txt").write_text("new")
        (cards / "nothing.txt").touch()
        # When it is sent again
        again = mam.upload_folder(cards, served.project, state=tmp_path)
    # Then only the changed and the new one went, and the empty one is named
    assert sorted(one.path.name for one in again.uploaded) == ["A000.txt", "new.txt"]
    assert len(again.skipped) == 6
    ((path, error),) = [(one.path.name, one.error) for one in again.failed]
    assert path == "nothing.txt"
    assert isinstance(error, IncompleteError)
    assert (tmp_path / ".mam-upload.jsonl").exists(), "what failed may be tried again"


async def test_the_awaited_client_sends_the_same(served: Served, tmp_path: Path) -> None:
    # Given / When a folder and a film of parts are sent by the client that is awaited
    wanted = make_folder(tmp_path / "cards", 12)
    film = tmp_path / "film.mov"
    film.write_bytes(os.urandom(11 << 20))
    async with AsyncClient(served.url, served.key) as mam:
        report = await mam.upload_folder(tmp_path / "cards", served.project)
        one = await mam.upload_file(film, project_id=served.project, tags=("dailies",))
        more = await mam.upload_file(film, asset_id=one.asset_id)
        found = await mam.get_asset(one.asset_id)
    # Then all of it is there, and the second time became a second version
    assert report.ok
    assert len(report.uploaded) == len(wanted)
    assert found["tags"] == ["dailies"]
    assert [version["id"] for version in found["versions"]] == [more.version_id, one.version_id]


def test_a_journal_of_a_box_that_forgot_begins_anew(served: Served, tmp_path: Path) -> None:
    # Given a file whose upload was aborted by somebody else after its sender died
    film = tmp_path / "film.mov"
    film.write_bytes(os.urandom(11 << 20))
    died = run(HERE / "kill_me.py", served.url, served.key, served.project, film, 9, 5 << 20)
    assert died.returncode == -signal.SIGKILL, died.stderr
    journal = tmp_path / ".mam-upload.jsonl.film.mov"
    upload_id = journal.read_text().rsplit('"upload_id": "', 1)[1].partition('"')[0]
    with Client(served.url, served.key) as mam:
        mam.abort_upload(upload_id)
        # When it is sent again, by a journal whose last line was torn off
        with journal.open("a") as file:
            file.write('{"file": "half a li')
        sent = mam.upload_file(film, project_id=served.project)
        # Then it is there, under the asset that was made the first time
        assert mam.list_assets(project_id=served.project)["items"][0]["id"] == sent.asset_id
        assert len(mam.list_assets(project_id=served.project)["items"]) == 1


def test_a_project_that_is_not_there_is_said_at_once(served: Served, tmp_path: Path) -> None:
    make_folder(tmp_path, 1)
    with Client(served.url, served.key) as mam, pytest.raises(NotFoundError):
        mam.upload_folder(tmp_path, "01a20041-7e3a-784f-967b-e7eaabfab5a1")
