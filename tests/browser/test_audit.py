"""The audit log's page and the integrity panel of an asset, in a real browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]
HOSTILE = "=HYPERLINK(1) <img src=x onerror=alert(1)>"
SHOTS = os.environ.get("MAM_SHOTS")
"""A folder for pictures, where somebody wants to look."""


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_the_log_is_searched_verified_and_taken_away(open_page: Open, api: Any) -> None:
    # Given a log in which somebody with a hostile project name left traces
    project = api.make_project(HOSTILE)
    page = open_page("/admin/audit")
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    # When the chain is verified
    page.get_by_role("button", name="Verify now").click()
    # Then the page says that it holds, and up to where
    expect(page.locator("[data-chain-state]")).to_have_text("The chain holds")
    expect(page.locator("[data-chain-seq]")).to_have_text(re.compile(r"^\d+$"))
    shot(page, "audit")
    # When the log is searched by keyboard
    page.get_by_label("Search", exact=True).fill("hyperlink")
    page.keyboard.press("Enter")
    # Then the entry is there, as text
    expect(page.locator("table.audit tbody tr")).to_have_count(1)
    page.locator("table.audit details summary").click()
    expect(page.locator("table.audit")).to_contain_text(HOSTILE)
    shot(page, "audit-search")
    # And the CSV has the same line, no formula (promise H4)
    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV").click()
    text = Path(taken.value.path()).read_text(encoding="utf-8")
    assert project in text
    assert text.count("\n") == 3  # the head, the entry, and that somebody takes it away
    assert not re.search(r"(^|,)[=+@-]", text, re.MULTILINE)
    # And what matches nothing says so
    page.goto("/admin/audit?q=nothing-is-called-this")
    expect(page.get_by_text("No entry matches these filters.")).to_be_visible()
    page.goto("/admin/audit?from=yesterday")
    expect(page.get_by_text("A day or moment such as")).to_be_visible()


def test_the_integrity_panel_verifies_holds_and_certifies(
    open_page: Open, api: Any, own_clip: Path, tmp_path: Path
) -> None:
    # Given an asset whose master is in
    asset = api.make_asset(api.make_project("Proven"), own_clip)
    asset = api.wait_ready(asset["id"])
    page = open_page(f"/assets/{asset['id']}")
    expect(page.get_by_text("Last proven")).to_be_visible()
    page.get_by_text("Checks and lock").click()
    expect(page.locator("[data-lock]")).to_contain_text("read back from the store just now")
    # When it is verified and held
    page.get_by_role("button", name="Verify now").click()
    expect(page.locator("[data-checks] li")).to_have_count(2)
    page.get_by_role("button", name="Set legal hold").click()
    page.get_by_label("Who asked for it, and why").fill("Case 7")
    page.keyboard.press("Enter")
    # Then the store says so, and the hold can be lifted
    expect(page.locator("[data-lock]")).to_contain_text("under legal hold")
    expect(page.get_by_role("button", name="Lift legal hold")).to_be_visible()
    shot(page, "integrity")
    # And the certificate holds without the box
    for link in ("Certificate (PDF)", "Signed JSON"):
        with page.expect_download() as taken:
            page.get_by_role("link", name=link).click()
        file = tmp_path / "certificate"
        taken.value.save_as(file)
        command = [sys.executable, "-m", "mam.cli", "audit", "verify", "--certificate", str(file)]
        done = subprocess.run(
            [*command, "--master", str(own_clip)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done
        assert "The certificate holds" in done.stdout
        assert "byte for byte" in done.stdout
    assert "legal hold" in json.dumps(json.loads(file.read_text())["certificate"]["lock"]).replace("_", " ")
