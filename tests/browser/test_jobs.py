"""The jobs page in Chromium: whose job, what kind, how far; to the front, later, cancel, retry."""

from __future__ import annotations

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


def add_job(data: Path, asset: dict[str, Any], **values: object) -> str:
    """A render that is due tomorrow, so that it stands still while the page is looked at."""
    now = int(time.time() * 1_000_000)
    job = {
        "id": new_id(),
        "kind": "render", "queue": "render", "version_id": asset["current_version_id"], "payload": "{}",
        "state": "queued", "attempts": 0, "max_attempts": 3, "worker": "", "percent": 0.0, "priority": 0,
        "run_after": now + 86_400_000_000, "created_at": now, **values,
    }  # fmt: skip
    names, marks = ", ".join(job), ", ".join("?" for _ in job)
    with sqlite3.connect(data / "mam.db", timeout=30) as connection:
        connection.execute(f"INSERT INTO job ({names}) VALUES ({marks})", tuple(job.values()))  # noqa: S608 - names of our own
    return str(job["id"])


def test_jobs_are_found_moved_and_stopped(open_page: Open, api: Any, box: Any, tmp_path: Path) -> None:
    # Given an asset, its render that waits, a piece that runs, and one that died
    note = tmp_path / "note.txt"
    note.write_text("cut", encoding="utf-8")
    asset = api.make_asset(api.make_project("Jobs"), note, "Take <7>")
    asset = api.wait_ready(asset["id"])
    waiting = add_job(box.data, asset)
    add_job(
        box.data, asset, kind="render_piece", parent_id=waiting, payload='{"number": 3, "of": 12}',
        state="running", percent=42.0, lease_token="x", lease_until=int(time.time() + 86_400) * 1_000_000,
    )  # fmt: skip
    # When an administrator opens the page
    page = open_page("/admin/jobs?kind=render")
    row = page.locator("tr").filter(has_text=waiting)
    # Then the row says what it is about, and leads there
    expect(row.get_by_role("link", name="Take <7>")).to_have_attribute("href", f"/assets/{asset['id']}")
    # And it can be moved, which the page shows
    row.get_by_role("button", name="Move Take <7> to the front").click()
    expect(row).to_contain_text("to the front")
    row.get_by_role("button", name="Do Take <7> later").click()
    expect(row).to_contain_text("later")
    # And pieces are told by number, with their progress
    page.get_by_label("Kind").select_option("render_piece")
    piece = page.locator("tr").filter(has_text="piece 3 of 12")
    expect(piece.locator("progress")).to_have_attribute("value", "42.0")
    page.screenshot(path=tmp_path / "jobs.png")
    # When the film is cancelled, its piece is too
    page.goto("/admin/jobs?state=queued")
    page.get_by_role("button", name="Cancel Take <7>").click()
    expect(page.locator("tr").filter(has_text=waiting)).to_have_count(0)
    page.goto("/admin/jobs?state=cancelled")
    expect(page.locator("tr").filter(has_text="piece 3 of 12")).to_have_count(1)
    # And an empty list says so
    page.goto("/admin/jobs?state=running&kind=render_piece")
    expect(page.locator(".empty")).to_contain_text("No job is in this state or of this kind.")
