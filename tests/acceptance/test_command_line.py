"""The command line beside a running box: where options stand, what is printed, how it ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from stranger import Stage
from typer.testing import CliRunner

from mam.cli import app

COMMANDS = [
    "up", "web", "worker", "edge", "init", "config", "config check", "user", "user add", "user list",
    "ingest", "verify", "doctor", "plugins", "jobs", "migrate", "openapi",
]  # fmt: skip


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(command: str) -> None:
    done = CliRunner().invoke(app, [*command.split(), "--help"], prog_name="mam")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Usage: mam" in done.stdout


def test_the_data_folder_stands_anywhere(stage: Stage) -> None:
    data, start = ["--data", str(stage.box.data)], [sys.executable, "-m", "mam.cli"]
    for arguments in (["user", "list", *data], [*data, "user", "list"], ["user", *data, "list"]):
        done = subprocess.run([*start, *arguments], capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0
        assert "admin@example.org" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["nothing"], 2),
        (["up", "--nothing"], 2),
        (["up", "--port", "99999"], 2),
        (["config", "check", "--config", "/nonexistent.toml"], 2),
        (["worker", "--queues", "nothing"], 2),
        (["verify", "nothing"], 1),
        (["ingest", "/nonexistent"], 1),
        (["ingest", b"/nonexistent\xff".decode("utf-8", "surrogateescape")], 1),
    ],
)
def test_mistakes_end_in_a_sentence(stage: Stage, arguments: list[str], status: int) -> None:
    done = stage.box.run(*arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_logs_do_not_mix_with_what_is_printed(stage: Stage) -> None:
    assert stage.box.run("plugins").stdout.startswith("plugin ")


def test_ingest_takes_any_name_and_goes_on_after_a_bad_file(
    stage: Stage, clip: bytes, tmp_path: Path
) -> None:
    """Promise A13, on the console: names of any bytes come in; an empty file holds nothing up."""
    # Given a folder of odd names, one of them no UTF-8, and an empty file
    folder = tmp_path / os.fsdecode(b"card \xff")
    folder.mkdir()
    names = [
        b"-rf x.mp4",
        b"caf\xe9.mp4",
        b"new\nline.mp4",
        "🎬 x.mp4".encode(),
        b"$(id) ' \" `.mp4",
        b"a" * 251 + b".mp4",
    ]
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(clip)
    (folder / "empty.mp4").touch()
    # When it is ingested
    done = stage.box.run("ingest", str(folder), "--project", "Odd")
    # Then every file but the empty one is in, and that one is named
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "empty.mp4" in done.stderr
    assert len(re.findall(r"/assets/", done.stdout)) == len(names)
    project = next(one for one in stage.admin.get("/api/projects").json()["items"] if one["name"] == "Odd")
    items = stage.admin.get("/api/assets", params={"project_id": project["id"]}).json()["items"]
    assert {one["title"] for one in items} >= {"-rf x", "caf\ufffd", "newline", "🎬 x"}
    assert len(items) == len(names)
