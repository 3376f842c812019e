"""Documents in the browser: pages turned by button, key and address; a picture's own pixels."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
COLOURS = ((200, 30, 30), (30, 160, 30), (30, 30, 200))


@pytest.fixture(scope="module")
def document(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A PDF of three pages: red, green and blue."""
    path = tmp_path_factory.mktemp("pages") / "Three colours.pdf"
    first, *others = (Image.new("RGB", (600, 800), colour) for colour in COLOURS)
    first.save(path, save_all=True, append_images=others)
    return dict(api.wait_ready(api.make_asset(api.make_project("Pages"), path)["id"]))


def shown(page: Page) -> int:
    """Which of the pages is on the screen, by the colour in the middle of its picture; from 1."""
    script = """async () => {
        const image = document.querySelector('.screen > img');
        await image.decode();
        const canvas = new OffscreenCanvas(1, 1), pen = canvas.getContext('2d');
        pen.drawImage(image, image.naturalWidth / 2, image.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
        return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
    }"""
    found = page.evaluate(script)
    far = [sum(abs(a - b) for a, b in zip(found, colour, strict=True)) for colour in COLOURS]
    return 1 + far.index(min(far))


def until_shown(page: Page, number: int) -> None:
    waiting = "'waiting' in document.querySelector('.screen > img').dataset"
    for _ in range(200):
        if not page.evaluate(waiting) and shown(page) == number:
            return
        page.wait_for_timeout(50)
    pytest.fail(f"page {number} never came")


def test_pages_are_turned_by_button_key_and_address(
    open_page: Callable[..., Page], document: dict[str, Any]
) -> None:
    """Issue 3, item 1: PDF pages as images."""
    # Given the document's page
    page = open_page(f"/assets/{document['id']}")
    field = page.get_by_role("spinbutton", name="Page")
    expect(field).to_have_value("1")
    until_shown(page, 1)
    expect(page.get_by_role("button", name="Previous page")).to_be_disabled()
    # When it is turned with the button, the address keeps the page
    page.get_by_role("button", name="Next page").click()
    until_shown(page, 2)
    expect(page).to_have_url(re.compile(r"[?&]page=2$"))
    # And with keys, no further than the last one
    page.locator("body").press("ArrowRight")
    page.locator("body").press("ArrowRight")
    expect(field).to_have_value("3")
    until_shown(page, 3)
    # And a link to a page opens that page
    page = open_page(f"/assets/{document['id']}?page=2")
    expect(page.get_by_role("spinbutton", name="Page")).to_have_value("2")
    until_shown(page, 2)


def test_a_page_is_shown_whole_or_pixel_by_pixel(
    open_page: Callable[..., Page], document: dict[str, Any]
) -> None:
    page = open_page(f"/assets/{document['id']}")
    whole = page.locator(".screen > img").bounding_box()
    page.get_by_role("button", name="100 %").click()
    expect(page.get_by_role("button", name="100 %")).to_have_attribute("aria-pressed", "true")
    assert whole is not None
    for _ in range(100):
        actual = page.locator(".screen > img").bounding_box()
        if actual is not None and actual["height"] > whole["height"]:
            break
        page.wait_for_timeout(50)
    else:
        pytest.fail("the picture does not grow to its own pixels")
    page.locator("body").press("z")
    expect(page.get_by_role("button", name="Fit")).to_have_attribute("aria-pressed", "true")
