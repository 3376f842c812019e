"""Documents in the browser: pages turned by button, key and address; a picture's own pixels."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from patience import becomes, settles, wait
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
HEIGHT = "document.querySelector('.screen > img').getBoundingClientRect().height"
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
    becomes(lambda: not page.evaluate(waiting) and shown(page), number, f"page {number} is shown")


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
    until_shown(page, 1)
    whole = page.locator(".screen > img").bounding_box()
    page.get_by_role("button", name="100 %").click()
    expect(page.get_by_role("button", name="100 %")).to_have_attribute("aria-pressed", "true")
    assert whole is not None
    settles(page, HEIGHT, lambda now: now > whole["height"], "the picture grows to its own pixels")
    page.locator("body").press("z")
    expect(page.get_by_role("button", name="Fit")).to_have_attribute("aria-pressed", "true")


def test_a_note_belongs_to_its_page(open_page: Callable[..., Page], document: dict[str, Any]) -> None:
    # Given the third page, turned to by key
    page = open_page(f"/assets/{document['id']}")
    until_shown(page, 1)
    page.locator("body").press("End")
    until_shown(page, 3)
    # When a note is written, it stands there by name, and on the strip under the pages
    page.keyboard.press("m")
    page.keyboard.type("Too blue")
    page.keyboard.press("Enter")
    place = page.locator(".note").filter(has_text="Too blue").locator(".note-place")
    expect(place).to_have_text("Page 3")
    expect(page.locator(".notes-strip button")).to_have_attribute("data-frame", "2")
    # And from another page it leads back to its own
    page.locator("body").press("Escape")
    page.locator("h1").click()
    page.locator("body").press("Home")
    until_shown(page, 1)
    place.click()
    until_shown(page, 3)
    expect(page).to_have_url(re.compile(r"[?&]page=3$"))


@pytest.fixture(scope="module")
def still(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A picture of 2000 x 1000, with a red square of 20 x 20 whose corner is at (1500, 250)."""
    path = tmp_path_factory.mktemp("still") / "Location.png"
    picture = Image.new("RGB", (2000, 1000), (40, 40, 40))
    picture.paste((220, 20, 20), (1500, 250, 1520, 270))
    picture.save(path)
    return dict(api.wait_ready(api.make_asset(api.make_project("Stills"), path)["id"]))


LOADED = "document.querySelector('.screen > img')?.complete"
SIZE = "document.querySelector('.player').player.pictureSize"
RECT = "(({left, top, width}) => [left, top, width])(document.querySelector('.player').player.pictureRect())"


def test_a_picture_is_enlarged_at_the_point_under_the_hand(
    open_page: Callable[..., Page], still: dict[str, Any]
) -> None:
    page = open_page(f"/assets/{still['id']}", viewport={"width": 1200, "height": 800})
    screen = page.locator(".screen").bounding_box()
    wait(page, LOADED)
    wait(page, f"{SIZE}.width === 2 * {SIZE}.height")
    left, top, width = page.evaluate(RECT)
    assert screen is not None
    # When the wheel is turned over the red square
    x, y = round(left + width * 0.755), round(top + width * 0.13)
    across, down = (x - left) / width, (y - top) / width
    page.mouse.move(screen["x"] + x, screen["y"] + y)
    page.mouse.wheel(0, -600)
    grown = settles(page, RECT, lambda now: now[2] > 2 * width)
    # Then it is larger, and that point has not moved
    assert grown[0] + grown[2] * across == pytest.approx(x, abs=0.1)
    assert grown[1] + grown[2] * down == pytest.approx(y, abs=0.1)
    # And a drag moves it, no further than its edge
    page.mouse.down()
    page.mouse.move(screen["x"] + x + 40, screen["y"] + y + 10, steps=4)
    page.mouse.up()
    settles(page, RECT, lambda now: now[0] - grown[0] == pytest.approx(40, abs=8))
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    settles(page, RECT, lambda now: now[0] == pytest.approx(0, abs=1))
    # And 1 shows its own pixels, 0 the whole, + and - are steps between
    page.keyboard.press("1")
    expect(page.get_by_role("button", name="100 %")).to_have_attribute("aria-pressed", "true")
    settles(page, RECT, lambda now: now[2] == pytest.approx(2000, abs=2))
    expect(page.locator("[data-zoom-now]")).to_have_text("100 %")
    page.keyboard.press("+")
    expect(page.locator("[data-zoom-now]")).to_have_text("125 %")
    page.keyboard.press("0")
    settles(page, RECT, lambda now: now[2] == pytest.approx(width, abs=1))


PINCH = """async ([from, to]) => {
    const screen = document.querySelector('.screen');
    const { left, top, width, height } = screen.getBoundingClientRect();
    const at = (id, apart, type) => screen.querySelector('img').dispatchEvent(new PointerEvent(type, {
        pointerId: id, pointerType: 'touch', bubbles: true, button: 0, buttons: 1,
        clientX: left + width / 2 + (id === 8 ? apart : -apart) / 2, clientY: top + height / 2,
    }));
    for (const id of [7, 8]) at(id, from, 'pointerdown');
    for (let step = 1; step <= 8; step += 1) {
        for (const id of [7, 8]) at(id, from + ((to - from) * step) / 8, 'pointermove');
    }
    for (const id of [7, 8]) at(id, to, 'pointerup');
    return document.querySelector('.player').player.pictureRect().width;
}"""


def test_two_fingers_enlarge_a_picture(open_page: Callable[..., Page], still: dict[str, Any]) -> None:
    page = open_page(f"/assets/{still['id']}", viewport={"width": 390, "height": 844}, has_touch=True)
    wait(page, f"{LOADED} && document.querySelector('.player').player.pictureRect()")
    width = page.evaluate(RECT)[2]
    assert page.evaluate(PINCH, [80, 240]) == pytest.approx(3 * width, rel=0.1)
    assert page.evaluate(PINCH, [240, 80]) == pytest.approx(width, rel=0.1)
