"""The clients against the OpenAPI document: every operation has a method or a reason, and its fields."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from client_box import ROOT
from mam_client import AsyncClient, Client, calls

from mam.web.openapi import openapi_document

sys.path.append(str(ROOT / "clients" / "python" / "tools"))
import generate  # found by the path above
import operations

TOOL = "clients/python/tools/generate.py"


def test_the_generated_files_are_those_of_this_document() -> None:
    stale = [
        path.relative_to(ROOT).as_posix()
        for path, text in generate.files(openapi_document()).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert stale == [], f"The API changed: run `.venv/bin/python {TOOL}` and commit what it writes."


def test_every_operation_has_a_method_or_a_reason() -> None:
    ids = {one["operationId"] for methods in openapi_document()["paths"].values() for one in methods.values()}
    known = {one.id for one in operations.read(openapi_document())}
    assert ids - known == set(operations.GENERIC)
    for one in operations.read(openapi_document()):
        assert callable(getattr(Client, one.name))
        assert callable(getattr(AsyncClient, one.name))


def test_what_a_method_sends_is_what_the_document_names() -> None:
    """Built with every argument, a call has the path, the query and the body that the document describes."""
    for one in operations.read(openapi_document()):
        build = getattr(calls, one.name)
        given = {name: f"<{name}>" for name in inspect.signature(build).parameters}
        call: Any = build(**given)
        assert (call.operation, call.method) == (one.name, one.method)
        assert call.path == one.path.replace("{", "<").replace("}", ">")
        assert set(call.query) == {item["name"] for item in one.query}, one.id
        assert set(call.body or {}) == set((one.body or {}).get("properties", {})), one.id
        assert call.repeatable == one.repeatable


@pytest.mark.slow
def test_the_types_hold(tmp_path: Path) -> None:
    """The package is clean under mypy, and so is a program that uses it; a wrong field is not."""
    good = tmp_path / "good.py"
    good.write_text(
        "from mam_client import AsyncClient, Client, calls\n\n\n"
        "async def sizes(mam: AsyncClient) -> list[int]:\n"
        "    found = await mam.get_asset('an id')\n"
        "    return [one['size'] for one in found['versions']]\n\n\n"
        "def names(mam: Client) -> list[str]:\n"
        "    return [one['title'] for one in mam.iterate(calls.list_assets(limit=5))]\n",
        encoding="utf-8",
    )
    bad = tmp_path / "bad.py"
    bad.write_text(
        "from mam_client import Client\n\n\ndef wrong(mam: Client) -> int:\n"
        "    mam.create_project(title='x')\n    return mam.get_asset('an id')['sice']\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--no-warn-unused-ignores", "--cache-dir"]
    package = ROOT / "clients" / "python" / "src"
    done = subprocess.run(
        [*command, str(tmp_path / "cache"), str(package / "mam_client"), str(good), str(bad)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        cwd=package,
    )
    wrong = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert all("bad.py" in line for line in wrong), done.stdout
    assert "title" in done.stdout
    assert "sice" in done.stdout
