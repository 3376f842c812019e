"""The page of the workers in Chromium: what is there and differs, drained, taken back, removed."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mam.ids import new_id

Open = Callable[..., Page]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FACTS = {
    "host": "render1", "version": "0.0.1", "cpus": 16, "load": 3.4, "memory_bytes": 64 << 30,
    "memory_free_bytes": 20 << 30, "encoders": [{"name": "transcode_nvenc", "detail": "h264_nvenc works"}],
    "gpus": [{"name": "NVIDIA L4", "memory_bytes": 24 << 30, "busy_percent": 61, "encoder_percent": 40}],
    "keys": [],
}  # fmt: skip


def add_machine(data: Path) -> str:
    """The name of a machine that joined, of another version and with old keys, not heard of for an hour."""
    now, host = int(time.time() * 1_000_000), f"render-{new_id()[-6:]}"
    node = {
        "id": new_id(), "key": new_id(), "host": host, "facts": json.dumps(FACTS),
        "seen_at": now - 3_600_000_000, "joined_at": now - 86_400_000_000, "created_at": now,
    }  # fmt: skip
    names, marks = ", ".join(node), ", ".join("?" for _ in node)
    with sqlite3.connect(data / "mam.db", timeout=30) as connection:
        connection.execute(f"INSERT INTO worker_node ({names}) VALUES ({marks})", tuple(node.values()))  # noqa: S608 - names of our own
    return host


def test_machines_are_seen_drained_taken_back_and_removed(open_page: Open, box: Any, tmp_path: Path) -> None:
    # Given the box's own worker, and a machine that joined and is away
    host = add_machine(box.data)
    page = open_page("/admin/workers")
    old = page.locator("tr[data-worker]").filter(has_text=host)
    mine = page.locator("tr[data-worker]").filter(has_not_text="render-")
    # Then each is there as it is, and what differs is said
    expect(old).to_contain_text("Away")
    expect(old).to_contain_text("Not this box's version")
    expect(old).to_contain_text("Its keys are not the box's any more")
    expect(old).to_contain_text("NVIDIA L4 · 61 % busy")
    expect(mine).to_contain_text("transcode_cpu")
    expect(mine.locator("meter")).to_be_visible()
    # When the box's own is drained, then the page says so by itself, and it is taken back
    mine.get_by_role("button", name="Drain").click()
    expect(mine).to_contain_text("Takes no jobs")
    if os.environ.get("MAM_SCREENSHOTS"):
        page.screenshot(path=tmp_path / "workers.png", full_page=True)
    mine.get_by_role("button", name="take jobs again").click()
    expect(mine.get_by_role("button", name="Drain")).to_be_visible()
    expect(mine).not_to_contain_text("Takes no jobs")
    # When the one that is away is removed, then it is asked once and gone
    old.get_by_role("button", name=f"Remove {host}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(old).to_have_count(0)
