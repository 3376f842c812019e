"""The whole API against its own document by schemathesis, with all checks and stateful links, for minutes."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from client_box import EMAIL, Served
from web_people import PASSWORD

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


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("schemathesis") is None, reason="pip install -e '.[fuzz]'")
@pytest.mark.timeout(SECONDS + 600)
def test_no_server_error_and_no_answer_beside_the_document(served: Served, tmp_path: Path) -> None:
    # Given an administrator of a box, whose document is asked for once before the clock runs
    httpx.get(f"{served.url}/openapi.json", timeout=120).raise_for_status()
    login = httpx.post(f"{served.url}/auth/login", json={"email": EMAIL, "password": PASSWORD}, timeout=60)
    token = login.raise_for_status().json()["access_token"]
    shutil.copy(Path(__file__).parent / "schemathesis.toml", tmp_path)
    # When whatever the document admits, and what it does not, is sent for minutes
    without = [part for name in NOT_FUZZED for part in ("--exclude-operation-id", name)]
    told = ["-H", f"Authorization: Bearer {token}", "--max-time", str(SECONDS), "--request-timeout", "60"]
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{served.url}/openapi.json"]
    done = subprocess.run(
        [*command, *told, *without, "--continue-on-failure", "--no-color"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS + 500,
        check=False,
    )
    # Then nothing is answered by a server error or beside the document
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
