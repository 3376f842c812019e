"""`mam plugins new`: what it makes installs and passes its own tests; what cannot be is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mam.cli import app
from mam.cli.new_plugin import KINDS, BadNameError, make_plugin

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(600)  # pip builds each of them


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping[str, Path], dict[str, str]]:
    """One plugin of each kind, installed by pip into a folder of its own, and the environment that has it."""
    home, site = tmp_path_factory.mktemp("plugins"), tmp_path_factory.mktemp("site")
    folders = {kind: make_plugin(f"my_{kind}", kind, home) for kind in KINDS}
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), *map(str, folders.values())], check=True, timeout=500)
    environment = {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}", "PYTEST_ADDOPTS": ""}
    return folders, environment


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_made_passes_its_tests(
    made: tuple[Mapping[str, Path], dict[str, str]], kind: str, tmp_path: Path
) -> None:
    """Given a plugin as made and installed, when its tests run, then all pass, the contract among them."""
    folders, environment = made
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", str(tmp_path)]
    done = subprocess.run(
        command, cwd=folders[kind], env=environment, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:]


def test_a_box_runs_with_all_of_them(made: tuple[Mapping[str, Path], dict[str, str]], tmp_path: Path) -> None:
    def in_box(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mam.cli", "--data", str(tmp_path), *words]
        return subprocess.run(command, env=made[1], capture_output=True, text=True, timeout=300, check=False)

    # Given a box whose TOML names them, when it lists its plugins, then each is enabled
    names = ", ".join(f'"my_{kind}"' for kind in KINDS)
    (tmp_path / "config.toml").write_text(f"plugins = [{names}]\n", encoding="utf-8")
    done = in_box("plugins")
    states = dict(line.split()[:2] for line in done.stdout.splitlines() if line.startswith("my_"))
    assert states == {f"my_{kind}": "enabled" for kind in KINDS}
    # And one that is not named is found, and can be checked
    (tmp_path / "config.toml").unlink()
    done = in_box("plugins", "check", "my_describe")
    assert (done.returncode, done.stdout) == (0, "my_describe: enabled\n  ok: Ready.\n")


@pytest.mark.parametrize(
    "name", ["", "Mine", "1st", "my-plugin", "my__plugin", "class", "a b", "../x", "enabled", "x" * 41, "ä"]
)
def test_bad_names_are_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadNameError):
        make_plugin(name, "storage", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    # Given a folder of that name, a plugin of that name, a kind that is none
    (tmp_path / "mine").mkdir()
    for name, kind, known, said in (
        ("mine", "storage", frozenset(), "exists already"),
        ("storage_s3", "storage", frozenset({"storage_s3"}), "is taken"),
        ("mine", "fridge", frozenset(), "There is no kind 'fridge'"),
    ):
        # When one is asked for, then one sentence says why not
        with pytest.raises(BadNameError, match=said):
            make_plugin(name, kind, tmp_path, known)
    assert list((tmp_path / "mine").iterdir()) == []


def test_the_command_says_what_to_do_next(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["plugins", "new", "mine", "--kind", "webhook", "--into", str(tmp_path)])
    assert done.exit_code == 0
    assert "pip install -e" in done.stdout
    assert (tmp_path / "mine" / "mam_mine" / "__init__.py").is_file()
