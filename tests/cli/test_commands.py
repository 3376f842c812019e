"""Commands that need no running box: what they print, and how they fail."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mam.models.schema import MIGRATIONS

ROOT = Path(__file__).resolve().parents[2]


def mam(
    *arguments: str, data: Path | None = None, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command as a user would."""
    shared = ["--data", str(data)] if data else []
    return subprocess.run(
        [sys.executable, "-m", "mam.cli", *arguments, *shared],
        capture_output=True,
        text=True,
        input=given or "",
        timeout=240,
        check=False,
        cwd=data or ROOT,
    )


def test_help_lists_the_commands_and_a_wrong_one_is_usage() -> None:
    assert "ingest" in mam("--help").stdout
    done = mam("ingst")
    assert done.returncode == 2
    assert "No such command" in done.stderr


def test_a_command_loads_its_own_parts_only() -> None:
    # Given a program that runs one command of the edge and then says what it has loaded
    program = (
        "import sys; from mam.cli import app\n"
        "try: app(['edge', '--help'])\n"
        "finally: print([one for one in ('mam.edge.server', 'mam.web.server') if one in sys.modules])"
    )
    # When it runs, then the portal was not imported
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=240, check=True
    )
    assert done.stdout.splitlines()[-1] == "['mam.edge.server']"


def test_a_name_like_a_command_is_suggested() -> None:
    assert "Did you mean 'ingest'" in mam("ingst").stderr


def test_version_is_printed() -> None:
    assert mam("--version").stdout.startswith("mam 0.")


@pytest.mark.parametrize("at", ["before", "after"])
def test_config_mistake_is_one_sentence_and_status_2(tmp_path: Path, at: str) -> None:
    # Given a file with a misspelled key
    file = tmp_path / "box.toml"
    file.write_text("[server]\nprot = 1\n", encoding="utf-8")
    option = ["--config", str(file)]
    # When it is checked, with the option before or after the command
    done = mam(*option, "config", "check") if at == "before" else mam("config", "check", *option)
    # Then one sentence says where and what was meant
    assert done.returncode == 2
    assert done.stderr == f"mam: {file}: server.prot: unknown key; did you mean port?\n"
    assert done.stdout == ""


def test_wrong_plugin_section_and_unknown_plugin_are_found(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[plugins]\nenabled = ["transcode_cpu"]\n[plugins.transcode_cpu]\npreste = "x"\n', encoding="utf-8"
    )
    done = mam("config", "check", data=tmp_path)
    assert (done.returncode, "did you mean preset?" in done.stderr) == (2, True)
    file.write_text('plugins = ["transcode_cup"]\n', encoding="utf-8")
    done = mam("config", "check", data=tmp_path)
    assert (done.returncode, "known: " in done.stderr) == (2, True)


def test_init_writes_a_file_that_checks_and_is_not_overwritten(tmp_path: Path) -> None:
    assert mam("init", data=tmp_path).returncode == 0
    assert mam("config", "check", data=tmp_path).returncode == 0
    again = mam("init", data=tmp_path)
    assert again.returncode == 2
    assert "--force" in again.stderr


def test_people_from_the_console(tmp_path: Path) -> None:
    # Given an admin added with a password on standard input
    added = mam(
        "user",
        "add",
        "Ana@Example.org",
        "--admin",
        "--password-stdin",
        data=tmp_path,
        given="right horse battery\n",
    )
    assert added.returncode == 0, added.stderr
    # When a second person is added, shut out and let in again
    add = ("user", "add", "ben@example.org", "--name", "Ben", "--password-stdin")
    assert mam(*add, data=tmp_path, given="another long word\n").returncode == 0
    assert mam("user", "disable", "ben@example.org", data=tmp_path).returncode == 0
    listed = mam("user", "list", data=tmp_path).stdout
    # Then the list says so
    assert "ana@example.org" in listed
    assert "disabled" in listed
    # And mistakes are sentences with status 1
    twice = mam(*add, data=tmp_path, given="another long word\n")
    assert (twice.returncode, twice.stderr.count("\n")) == (1, 1)
    nobody = mam("user", "activate", "nobody@example.org", data=tmp_path)
    assert (nobody.returncode, "no user" in nobody.stderr) == (1, True)
    short = mam("user", "password", "ben@example.org", "--password-stdin", data=tmp_path, given="x\n")
    assert short.returncode == 1


def test_a_person_is_taken_away_and_erased_from_the_console(tmp_path: Path) -> None:
    # Given an administrator and a member
    for email, more in (("ana@example.org", ("--admin",)), ("ben@example.org", ())):
        add = ("user", "add", email, *more, "--password-stdin")
        assert mam(*add, data=tmp_path, given="right horse battery\n").returncode == 0
    # When the member is exported, asked about and erased
    file = tmp_path / "ben.zip"
    assert mam("user", "export", "ben@example.org", str(file), data=tmp_path).returncode == 0
    asked = mam("user", "erase", "ben@example.org", "--dry-run", data=tmp_path)
    done = mam("user", "erase", "ben@example.org", "--yes", data=tmp_path)
    # Then the zip holds the account, the address is gone, and the log still verifies
    assert json.loads(zipfile.ZipFile(file).read("person.json"))["email"] == "ben@example.org"
    assert (asked.returncode, "Removed: 1 userrole." in asked.stdout) == (0, True)
    assert done.stdout.endswith("Erased.\n")
    assert "ben@example.org" not in mam("user", "list", data=tmp_path).stdout
    assert mam("audit", "verify", data=tmp_path).returncode == 0
    # And the last administrator stays
    assert mam("user", "erase", "ana@example.org", "--yes", data=tmp_path).returncode == 1


def test_last_admin_cannot_be_shut_out(tmp_path: Path) -> None:
    mam(
        "user",
        "add",
        "a@example.org",
        "--admin",
        "--password-stdin",
        data=tmp_path,
        given="right horse battery\n",
    )
    assert mam("user", "disable", "a@example.org", data=tmp_path).returncode == 1


def test_plugins_shows_states_and_reasons(tmp_path: Path) -> None:
    shown = mam("plugins", data=tmp_path).stdout
    assert "transcode_cpu" in shown
    assert "enabled" in shown
    assert "storage_files (builtin)" in shown


def test_keys_rotate_keeps_the_old_ones(tmp_path: Path) -> None:
    assert mam("keys", "rotate", data=tmp_path).returncode == 0
    ring = json.loads((tmp_path / "secrets" / "delivery-keys.json").read_text(encoding="utf-8"))
    assert len(ring["keys"]) == 2
    assert (tmp_path / "secrets" / "delivery-keys.json").stat().st_mode & 0o077 == 0


def test_openapi_is_printed_without_a_box() -> None:
    document = json.loads(mam("openapi").stdout)
    assert document["openapi"].startswith("3.1")
    assert "/api/assets" in document["paths"]


def test_verify_needs_to_know_what(tmp_path: Path) -> None:
    assert mam("verify", data=tmp_path).returncode == 2
    assert mam("verify", "--all", data=tmp_path).returncode == 0
    assert mam("verify", "00000000-0000-7000-8000-000000000000", data=tmp_path).returncode == 1


def test_verify_lists_masters_that_no_version_names(tmp_path: Path) -> None:
    # Given a store with a master that nothing refers to
    mam("migrate", data=tmp_path)
    (tmp_path / "store" / "masters").mkdir(parents=True, exist_ok=True)
    (tmp_path / "store" / "masters" / "left-behind").write_bytes(b"x")
    # When everything is verified, then it is named, and is no damage
    done = mam("verify", "--all", data=tmp_path)
    assert (done.returncode, "left-behind  STRAY" in done.stdout) == (0, True)


def test_migrate_says_what_it_did(tmp_path: Path) -> None:
    names = sorted(file.stem for file in MIGRATIONS.glob("[0-9]*.py"))
    assert mam("migrate", data=tmp_path).stdout == "".join(f"applied {name}\n" for name in names)
    assert "up to date" in mam("migrate", data=tmp_path).stdout


def test_ingest_of_nothing_is_a_sentence(tmp_path: Path) -> None:
    done = mam("ingest", "no-such.mov", data=tmp_path)
    assert (done.returncode, "no file or folder" in done.stderr) == (1, True)


def test_ingest_links_or_refuses_what_is_a_master_already(tmp_path: Path) -> None:
    # Given a file that was taken in
    (tmp_path / "take.mov").write_bytes(b"the very same bytes")
    file, data = str(tmp_path / "take.mov"), tmp_path / "data"
    at = ("--data", str(data))
    assert mam("ingest", file, *at).returncode == 0
    # When it comes again, then it is a link, refused with a sentence, or a second copy, as was asked
    assert mam("ingest", file, "--duplicates", "link", *at).returncode == 0
    refused = mam("ingest", file, "--duplicates", "refuse", *at)
    assert (refused.returncode, "You already have this master" in refused.stderr) == (1, True)
    assert mam("ingest", file, *at).returncode == 0
    with sqlite3.connect(data / "mam.db") as database:
        keys = [key for (key,) in database.execute("SELECT master_key FROM version ORDER BY created_at")]
    assert keys[0] == keys[1] != keys[2]
    assert len(keys) == 3


def test_data_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = mam("user", "list", "--data", str(tmp_path / "file" / "below"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_ingest_adds_caption_files_to_their_film(tmp_path: Path) -> None:
    # Given a folder with a film, its captions, broken ones, captions of no film, and a model of its set
    card, data = tmp_path / "Card", tmp_path / "data"
    card.mkdir()
    (card / "clip.mov").write_bytes(b"no film, but a file like any other")
    (card / "clip.de.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nGuten Tag\n", encoding="utf-8")
    (card / "clip.fr.srt").write_text("1\n00:00:99,000 --> 00:00:02,000\nx\n", encoding="utf-8")
    (card / "other.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nalone\n", encoding="utf-8")
    (card / "clip.stl").write_text("solid set\nendsolid set\n", encoding="utf-8")
    # When it is taken in
    done = mam("ingest", str(card), "--data", str(data))
    # Then the film, the lone captions and the model are assets, the broken one is told with its line
    listed = [line.split("  ")[-1] for line in done.stdout.splitlines() if "/assets/" in line]
    assert sorted(listed) == ["'clip.mov'", "'clip.stl'", "'other.srt'"]
    assert done.returncode == 1
    assert "'clip.fr.srt'" in done.stderr
    assert "Line 2 " in done.stderr
    # And the good one belongs to the film
    with sqlite3.connect(data / "mam.db") as database:
        rows = database.execute("SELECT language, filename, cues FROM sidecar").fetchall()
    assert rows == [("de", "clip.de.srt", 1)]
