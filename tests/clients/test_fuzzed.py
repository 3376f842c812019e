"""The whole API against its own document by schemathesis, with all checks: a little; with links for long."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from client_box import EMAIL, Served
from web_people import PASSWORD

from mam.config import Config, Server
from mam.core import Mam
from mam.testing import opened_box

SECONDS = int(os.environ.get("MAM_FUZZ_SECONDS", "600"))

NOT_FUZZED = (
    "post_logout",
    "delete_end_session",
    "delete_end_other_sessions",
    "put_change_password",
    "patch_update_user",
    "post_begin_second_factor",
    "get_own_events",
    "get_event_stream",
    "get_preview_events",
    "get_metrics",
)
"""They end the session that asks, or never end, or ask nobody on this very machine who it is; tests of their
own look at them."""


@pytest.fixture
def client_box(make_config: Callable[..., Config]) -> Iterator[Mam]:
    """A box that does not soon have enough of calls by nobody: their 429 would hide the 401."""
    yield from opened_box(make_config(server=Server(anonymous_rate=10_000)))


def fuzz(served: Served, folder: Path, *told: str, seconds: int) -> None:
    """Run schemathesis as the administrator, for so long at most; fails where an answer was wrong."""
    # Given an administrator of a box, whose document is asked for once before the clock runs
    httpx.get(f"{served.url}/openapi.json", timeout=120).raise_for_status()
    login = httpx.post(f"{served.url}/auth/login", json={"email": EMAIL, "password": PASSWORD}, timeout=60)
    token = login.raise_for_status().json()["access_token"]
    shutil.copy(Path(__file__).parent / "schemathesis.toml", folder)
    # When what the document admits, and what it does not, is sent
    without = [part for name in NOT_FUZZED for part in ("--exclude-operation-id", name)]
    as_admin = ["-H", f"Authorization: Bearer {token}", "--request-timeout", "120"]
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{served.url}/openapi.json"]
    done = subprocess.run(
        [*command, *as_admin, *told, *without, "--continue-on-failure", "--no-color"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    # Then nothing is answered by a server error or beside the document
    assert done.returncode == 0, done.stdout[-60000:] + done.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_few_calls_of_every_route(served: Served, tmp_path: Path) -> None:
    """The same few every time, none of them kept for another run."""
    few = [
        "--phases",
        "fuzzing",
        "--max-examples",
        "2",
        "--seed",
        "20261122",
        "--generation-database",
        "none",
    ]
    fuzz(served, tmp_path, *few, "--no-shrink", seconds=850)


@pytest.mark.long
@pytest.mark.timeout(SECONDS + 600)
def test_no_server_error_and_no_answer_beside_the_document(served: Served, tmp_path: Path) -> None:
    fuzz(served, tmp_path, "--max-time", str(SECONDS), seconds=SECONDS + 500)
