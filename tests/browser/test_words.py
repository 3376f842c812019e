"""The portal in German: what scripts say while somebody uploads, writes a note, undoes and asks for keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import ENCODED
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]

REQUESTED = (
    "performance.getEntriesByType('resource').map(one => one.name).filter(name => name.includes('/words/'))"
)


def test_a_german_browser_reads_german(open_page: Open, api: Any, own_clip: Path) -> None:
    # Given somebody whose browser asks for German, in a project
    project = api.make_project("Deutsch")
    page = open_page(f"/projects/{project}", locale="de-DE")
    assert page.locator("html").get_attribute("lang") == "de"
    assert len(page.evaluate(REQUESTED)) == 1
    # When a film is uploaded, then the dock, the card and sizes are German
    page.set_input_files("#pick-files", own_clip)
    expect(page.locator(".dock-words")).to_have_text("Geprüft ✓ 1 von 1")
    expect(page.locator(".dock-rate")).to_contain_text(" von ")
    card = page.locator(".card", has_text=own_clip.name)
    expect(card.locator(".state")).to_have_text("Bereit", timeout=ENCODED)
    # When a note is written on it by the keyboard and resolved, then the toast offers the way back in German
    page.goto(str(card.locator(".card-link").get_attribute("href")))
    page.wait_for_selector("html[data-ready]", state="attached")  # from here on keys mean something
    expect(page.locator("[data-now]")).to_have_text("01:00:10:00")
    page.keyboard.press("m")
    expect(page.locator("[data-notes-form] textarea")).to_be_focused()
    page.keyboard.type("Zu dunkel")
    page.keyboard.press("Enter")
    note = page.locator(".note", has_text="Zu dunkel")
    expect(note.locator("time")).to_have_text("gerade eben")
    note.get_by_role("button", name="Erledigen").click()
    expect(page.locator(".toast p")).to_have_text("Erledigt.")
    page.get_by_role("button", name="Rückgängig").click()
    expect(note.get_by_role("button", name="Erledigen")).to_be_visible()
    # When the keys are asked for, then their list is German
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").get_by_role("heading", level=2)).to_have_text("Tastenkürzel")


def test_an_english_page_asks_for_no_words(open_page: Open) -> None:
    page = open_page("/", locale="en-GB")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.evaluate(REQUESTED) == []
