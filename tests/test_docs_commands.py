"""Every command in README.md and appliance/README.md is run by a test, or at the least is one that there is.

A line is either in `RUN`, with the test that runs it, or a command of `mam` whose words and options its own
parser takes. A line that is neither fails: whoever writes a command into the documents says here who proves
it.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer._click import ClickException
from typer.main import get_command

from mam.cli import app
from mam.cli.box import hoist

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "appliance/README.md")

RUN = {
    # the beginning of a line: a test that runs what it says, as file::name
    "make run": "tests/cli/test_up.py",
    "make test": "Makefile:test",
    "make setup": "Makefile:setup",
    "make test-long": "Makefile:test-long",
    "make lint": "Makefile:lint",
    "make bench": "Makefile:bench",
    "make image": "Makefile:image",
    "make iso": "Makefile:iso",
    "make appliance-test": "Makefile:appliance-test",
    "make update": "Makefile:update",
    "docker load": "tests/appliance/test_image.py",
    "podman load": "tests/appliance/test_image.py",
    "appliance/compose/init": "tests/test_compose.py::test_init_makes_passwords_once_and_settings_that_hold",
    "docker compose up -d": "tests/appliance/test_compose_roles.py",
    "docker compose exec web mam": "tests/appliance/test_compose_roles.py",
    "sudo update-ca-certificates": "nobody: it is another system's",
}
ELSEWHERE = "nobody: "
"""How the reason begins for a command that is not ours to prove."""


def fenced(text: str) -> list[str]:
    """The command lines of fenced blocks without a language or in a shell's; comments are cut off."""
    blocks = re.findall(r"^```(?:sh|bash|console)?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    found = [re.sub(r"\s+#.*$", "", line).strip().removeprefix("$ ") for line in lines]
    return [line for line in found if line and not line.startswith("#")]


def inline(text: str) -> list[str]:
    """What stands in backquotes and begins as a command does."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    quoted = [" ".join(one.split()) for one in re.findall(r"`([^`]+)`", prose)]
    begins = ("mam ", "make ", "docker ", "podman ", "sudo ", "appliance/", ".venv/bin/mam ")
    return [one for one in quoted if one.startswith(begins) and not re.fullmatch(r"[\w/.-]+", one)]


COMMANDS = sorted(
    {
        (page, line, whole)
        for page in PAGES
        for text in [(ROOT / page).read_text(encoding="utf-8")]
        for lines, whole in ((fenced(text), True), (inline(text), False))
        for line in lines
    }
)


def why_not(line: str, *, whole: bool = True) -> str:
    """What is wrong with a command line; empty where it is proven or can be parsed.

    One that is not `whole` may name its command alone, without what it is to be given.
    """
    if _who_runs(line):
        return ""
    words = shlex.split(line)
    if Path(words[0]).name != "mam":
        return f"nobody runs `{line}`: give it to a test in RUN"
    return _parse(words[1:], whole=whole)


def _who_runs(line: str) -> str:
    plain = re.sub(r"\s+[A-Z]+=\S+", "", line)
    return next((test for one, test in RUN.items() if plain == one or plain.startswith(f"{one} ")), "")


def _parse(words: list[str], *, whole: bool) -> str:
    """Go down the groups, then have the command's own parser take the rest, without running anything."""
    command: Any = get_command(app)
    rest, context = hoist(words), command.context_class(command, info_name="mam")
    try:
        while hasattr(command, "resolve_command"):
            _given, rest, _order = command.make_parser(context).parse_args(list(rest))
            if not rest:
                return "" if command.invoke_without_command else f"`{command.name}` wants a command"
            name, command, rest = command.resolve_command(context, list(rest))
            context = command.context_class(command, info_name=name, parent=context)
        if (rest or whole) and "--help" not in rest:
            command.parse_args(context, [*rest])
    except ClickException as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("page", "line", "whole"), COMMANDS, ids=[f"{one[0]}: {one[1]}" for one in COMMANDS])
def test_a_command_of_the_documents_is_run_or_can_be(page: str, line: str, whole: bool) -> None:
    assert why_not(line, whole=whole) == "", page


def test_the_documents_have_commands() -> None:
    for page in PAGES:
        assert [line for found, line, _whole in COMMANDS if found == page], page


@pytest.mark.parametrize(("line", "test"), RUN.items(), ids=list(RUN))
def test_whoever_runs_a_command_is_there(line: str, test: str) -> None:
    if test.startswith(ELSEWHERE):
        return
    file, _, name = test.partition(":")
    text = (ROOT / file).read_text(encoding="utf-8")
    if file == "Makefile":
        assert re.search(rf"^{re.escape(name)}:", text, re.MULTILINE), line
    elif name:
        assert re.search(rf"^(async )?def {name.lstrip(':')}\(", text, re.MULTILINE), line


@pytest.mark.parametrize(
    "line",
    [
        "mam wroker list", "mam worker lits", "mam worker drain --undoo box", "mam nothing",
        "docker run mam", "rm -rf /", "make coffee", "mam keys",
    ],
)  # fmt: skip
def test_an_unknown_command_is_found(line: str) -> None:
    """The positive control: each of these is refused."""
    assert why_not(line)


@pytest.mark.parametrize(
    "line",
    [
        "mam worker", "mam up --help", "mam worker list", "mam --data x worker drain box --undo",
        ".venv/bin/mam ingest clip.mov --project Rushes --wait --data mam-data", "make run DATA=/srv PORT=9",
        "mam up --port 9000",
    ],
)  # fmt: skip
def test_a_known_command_passes(line: str) -> None:
    assert why_not(line) == ""
