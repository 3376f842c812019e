"""The page Storage in Chromium: locks proven at a button, what is damaged, keys, narrow and dark."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import settles
from playwright.sync_api import Page, expect

Open = Callable[..., Page]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def set_damage(data: Path, version_id: str, damage: str | None) -> None:
    """As a scrub notes it."""
    with sqlite3.connect(data / "mam.db", timeout=30) as connection:
        connection.execute("UPDATE version SET damage = ? WHERE id = ?", (damage, version_id))


def test_locks_are_proven_and_damage_is_named(open_page: Open, api: Any, box: Any, tmp_path: Path) -> None:
    """Issue 4, 2 and 5: the administrator sees what each lock is worth, and which master is not well."""
    # Given a master that a scrub found damaged
    note = tmp_path / "note.txt"
    note.write_text("cut", encoding="utf-8")
    asset = api.make_asset(api.make_project("Storage"), note, "Take <9>")
    asset = api.wait_ready(asset["id"])
    set_damage(box.data, asset["current_version_id"], "It has 3 bytes and another SHA-256.")
    try:
        # When an administrator opens the page and proves the locks with the keyboard
        page = open_page("/admin/storage")
        expect(page.get_by_role("link", name="Storage", exact=True)).to_have_attribute("aria-current", "page")
        button = page.get_by_role("button", name="Prove the locks now")
        button.focus()
        page.keyboard.press("Enter")
        # Then each store says what its lock is worth, and when that was proven
        masters = page.get_by_role("region", name="Masters")
        expect(masters.locator(".state")).to_have_text(["Enforced"])
        expect(masters).to_contain_text("lock proven")
        # And the damaged master is named, with a way to it
        row = page.locator("tr").filter(has_text="another SHA-256")
        expect(row.get_by_role("link")).to_have_attribute("href", f"/assets/{asset['id']}")
        expect(page.get_by_role("region", name="Fixity")).to_contain_text("Damage found")
        page.emulate_media(color_scheme="light")
        page.screenshot(path=tmp_path / "storage.png", full_page=True)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=tmp_path / "storage-dark-narrow.png", full_page=True)
        # And nothing hangs over the edge of a phone
        settles(page, "document.documentElement.scrollWidth <= innerWidth", True)
    finally:
        set_damage(box.data, asset["current_version_id"], None)
