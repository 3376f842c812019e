"""The documents say what the code does: hooks, commands, Debian packages, promises."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from mam import hookspecs
from mam.cli import app
from mam.cli.commands import PLACES
from mam.plugins import State

ROOT = Path(__file__).resolve().parents[1]
HOOKS_PAGE = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")

HOOKS = [
    (name, function)
    for name, function in inspect.getmembers(hookspecs, inspect.isfunction)
    if name.startswith("mam_")
]


@pytest.mark.parametrize(("name", "function"), HOOKS, ids=[name for name, _ in HOOKS])
def test_hook_stands_in_the_page_with_its_exact_signature(name: str, function: object) -> None:
    arguments = ", ".join(inspect.signature(function).parameters)
    assert f"### `{name}({arguments})`" in HOOKS_PAGE


def test_page_names_no_hook_that_is_not_there() -> None:
    named = set(re.findall(r"^### `(mam_\w+)\(", HOOKS_PAGE, re.MULTILINE))
    assert named == {name for name, _ in HOOKS}


@pytest.mark.parametrize(("name", "function"), HOOKS, ids=[name for name, _ in HOOKS])
def test_hook_has_a_docstring_a_test_and_an_answer(name: str, function: object) -> None:
    assert function.__doc__
    tests = [*(ROOT / "tests").rglob("test_*.py"), *(ROOT / "plugins").glob("*/tests/test_*.py")]
    assert any(name in file.read_text(encoding="utf-8") for file in tests), f"no test speaks of {name}"
    code = [*(ROOT / "mam").rglob("*.py"), *(ROOT / "plugins").glob("*/mam_*/**/*.py")]
    users = [
        file for file in code if file.name != "hookspecs.py" and name in file.read_text(encoding="utf-8")
    ]
    assert users, f"{name} has no user"


def test_every_plugin_state_is_explained() -> None:
    for state in State:
        assert f"**{state}**" in HOOKS_PAGE


def commands() -> list[str]:
    found = []
    for name in PLACES:
        below = getattr(command_named(name), "commands", {})
        found += [f"{name} {one}" for one in below] or [name]
    return found


def command_named(name: str) -> Any:
    command: Any = get_command(app)
    for part in name.split():
        command = command.get_command(None, part)
    return command


@pytest.mark.parametrize("name", commands())
def test_command_stands_in_the_readme_and_explains_itself(name: str) -> None:
    command = command_named(name)
    assert command.hidden or f"`mam {name}" in README  # hidden: for the box's own services
    assert command.help


def test_debian_packages_of_the_setup_are_listed_in_the_readme() -> None:
    script = (ROOT / "tools" / "setup").read_text(encoding="utf-8")
    packages = {word for group in re.findall(r"packages\+=\(([^)]+)\)", script) for word in group.split()}
    assert packages
    for package in packages:
        assert f"`{package}`" in README


def test_nothing_names_a_path_outside_the_checkout() -> None:
    for file in ("README.md", "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md", "plugins/README.md"):
        assert "/work/" not in (ROOT / file).read_text(encoding="utf-8")
