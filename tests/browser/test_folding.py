"""The panel's sections fold under their headings, by pointer and key, and stay so; nothing sticks out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import settles
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_sections_fold_and_stay_folded(
    open_page: Callable[..., Page], api: Any, clip: Path, tmp_path: Path
) -> None:
    # Given a film's page
    film = tmp_path / clip.name
    film.write_bytes(clip.read_bytes() + b"\0\0\0\x08free")
    asset = api.wait_ready(api.make_asset(api.make_project("Folding"), film)["id"])
    page = open_page(f"/assets/{asset['id']}")
    heading = page.locator(".panel h2 button", has_text="Technical")
    facts = page.locator(".panel .facts-table").first
    expect(heading).to_have_attribute("aria-expanded", "true")
    expect(facts).to_be_visible()
    # When a heading is pressed by key, and one whose heading stands beside other things by pointer
    heading.focus()
    page.keyboard.press("Enter")
    page.locator(".panel h2 button", has_text="Checks").click()
    # Then what is below is gone, also when the page is opened again
    for _ in range(2):
        expect(heading).to_have_attribute("aria-expanded", "false")
        expect(facts).to_be_hidden()
        expect(page.locator("[data-qc-list]")).to_be_hidden()
        expect(page.locator("[data-integrity]")).to_be_visible()
        page.reload()
    # And comes back at another press
    heading.click()
    expect(facts).to_be_visible()
    # And at no width does the page stick out, and above a phone's the controls are one row
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 800})
        settles(page, WIDER, 0, f"{width} are enough")
        settles(
            page,
            "new Set([...document.querySelectorAll('.controls > :not([hidden])')]"
            ".filter((one) => one.offsetHeight > 20)"
            ".map((one) => Math.round(one.offsetTop + one.offsetHeight / 2))).size",
            2 if width == 390 else 1,
            f"rows at {width}",
        )
