"""Drawings in the browser: where they were drawn in every window, at exactly their frame, kept until sent."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import becomes, wait
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]
LOADED = """async () => {
    const video = document.querySelector("video");
    while (video.readyState < 2) await new Promise((go) => setTimeout(go, 50));
}"""
RECT = """() => {
    const {player} = document.querySelector(".player");
    const screen = player.screen.getBoundingClientRect(), at = player.pictureRect();
    return [screen.left + at.left, screen.top + at.top, at.width, at.height];
}"""
SHOWN = "() => document.querySelectorAll('.drawings .is-notes > g').length"
OWN = "() => document.querySelectorAll('.drawings .is-own:not([hidden]) > *').length"
DRAWN = """() => {
    const kept = Object.keys(localStorage).find((name) => name.startsWith("mam-note-drawing-"));
    return kept ? JSON.parse(localStorage[kept]).drawing.shapes.length : 0;
}"""
WIDTHS = "[...document.querySelectorAll('.is-own path')].map((one) => one.getAttribute('stroke-width'))"
FRAME = "document.querySelector('.player').player.currentFrame()"


@pytest.fixture(scope="module")
def film(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Three seconds of plain grey at 25 frames a second, 16:9."""
    path = tmp_path_factory.mktemp("drawing") / "Grey.mov"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "color=c=0x606060:s=640x360:r=25:d=3"]
    subprocess.run(
        [*command, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(path)],
        check=True, timeout=60,
    )  # fmt: skip
    return dict(api.wait_ready(api.make_asset(api.make_project("Drawings"), path)["id"]))


@pytest.fixture(scope="module")
def board(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A grey document of two pages, upright."""
    path = tmp_path_factory.mktemp("drawing") / "Boards.pdf"
    pages = [Image.new("RGB", (300, 400), (96, 96, 96)) for _ in range(2)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return dict(api.wait_ready(api.make_asset(api.make_project("Boards"), path)["id"]))


def open_film(open_page: Open, film: dict[str, Any], **options: Any) -> Page:
    page = open_page(f"/assets/{film['id']}", **options)
    page.evaluate(LOADED)
    expect(page.locator(".drawings")).to_be_visible()
    return page


def seek(page: Page, frame: int) -> None:
    page.evaluate("n => document.querySelector('.player').player.seekFrame(n)", frame)


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a part of the picture lies in the window."""
    left, top, width, height = page.evaluate(RECT)
    return left + x * width, top + y * height


def drag(page: Page, *places: tuple[float, float]) -> None:
    page.mouse.move(*at(page, *places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*at(page, *place), steps=8)
    page.mouse.up()


def is_red(page: Page, *places: tuple[float, float]) -> list[bool]:
    """Whether these parts of the picture are red on the screen."""
    scale = page.evaluate("devicePixelRatio")
    image = Image.open(io.BytesIO(page.screenshot(scale="device"))).convert("RGB")
    found = [image.getpixel(tuple(round(one * scale) for one in at(page, *place))) for place in places]
    return [red > 180 and green < 110 and blue < 110 for red, green, blue in found]


ON, OFF = (
    ((0.25, 0.5), (0.75, 0.5), (0.5, 0.25), (0.5, 0.75)),
    ((0.5, 0.5), (0.2, 0.5), (0.5, 0.2), (0.9, 0.6)),
)


def test_a_drawing_lies_where_and_when_it_was_drawn(open_page: Open, film: dict[str, Any], api: Any) -> None:
    # Given a film that plays
    page = open_film(open_page, film)
    seek(page, 30)
    page.keyboard.press("Space")
    # When somebody presses D: it stops; and draws a red box and sends it with words
    page.keyboard.press("d")
    expect(page.get_by_role("toolbar", name="Drawing")).to_be_visible()
    wait(page, "document.querySelector('video').paused")
    seek(page, 40)
    for key in ("b", "1", "]"):
        page.keyboard.press(key)
    drag(page, (0.25, 0.25), (0.75, 0.75))
    page.get_by_role("textbox", name="Note").fill("This box")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("toolbar", name="Drawing")).to_be_hidden()
    note = page.locator(".note", has_text="This box")
    expect(note.get_by_role("button", name="Drawing", exact=True)).to_be_visible()
    # Then the box has it in parts of the picture, at that frame
    path = f"/api/assets/{film['id']}/comments"
    (stored,) = [one for one in api.client.get(path).json()["items"] if one["body"] == "This box"]
    (shape,) = stored["drawing"]["shapes"]
    assert (stored["frame"], shape["kind"], shape["color"]) == (40, "box", "red")
    assert [*shape["from"], *shape["to"]] == pytest.approx([0.25, 0.25, 0.75, 0.75], abs=0.004)
    # And it lies there in windows of every size and density, after a reload too, at its frame only
    sizes = ({}, {"viewport": {"width": 900, "height": 1000}, "device_scale_factor": 2})
    for options in sizes:
        page = open_film(open_page, film, **options)
        page.locator(".note", has_text="This box").get_by_role("button", name="Drawing", exact=True).click()
        wait(page, f"{FRAME} === 40 && ({SHOWN})() === 1")
        becomes(lambda page=page: is_red(page, *ON, *OFF), [True] * 4 + [False] * 4)
    for key, frame, shown in (("ArrowRight", 41, 0), ("ArrowLeft", 40, 1), ("ArrowLeft", 39, 0)):
        page.keyboard.press(key)
        wait(page, f"{FRAME} === {frame} && ({SHOWN})() === {shown}")
    # And one with a range over its frames, the last of them too
    note = {"version_id": stored["version_id"], "body": "All of it", "frame": 60, "frame_out": 63}
    api.client.post(path, json={**note, "drawing": stored["drawing"]}).raise_for_status()
    expect(page.locator(".note", has_text="All of it")).to_have_count(1)
    for frame, shown in ((59, 0), (60, 1), (62, 1), (63, 1), (64, 0)):
        seek(page, frame)
        wait(page, f"{FRAME} === {frame} && ({SHOWN})() === {shown}")
    # And a still of it comes with the drawing, as the API gives it
    still = api.client.get(f"/api/comments/{stored['id']}/still?width=640").raise_for_status()
    image = Image.open(io.BytesIO(still.content)).convert("RGB")
    red, green, blue = image.getpixel((image.width // 4, image.height // 2))
    assert (image.size, red > 180, green < 110, blue < 110) == ((640, 360), True, True, True)


def test_keys_undo_and_what_is_not_sent_stays(open_page: Open, film: dict[str, Any], api: Any) -> None:
    page = open_film(open_page, film)
    seek(page, 10)
    # Given an arrow in blue, and letters, all of it by keys but the places
    for key in ("d", "a", "4"):
        page.keyboard.press(key)
    drag(page, (0.2, 0.2), (0.4, 0.4))
    page.keyboard.press("t")
    page.mouse.click(*at(page, 0.5, 0.5))
    expect(page.get_by_role("textbox", name="Text on the picture")).to_be_focused()
    page.get_by_role("textbox", name="Text on the picture").fill("Boom <b>here</b>")
    page.keyboard.press("Enter")
    own = page.locator(".drawings .is-own text")
    expect(own.first).to_contain_text("Boom <b>here</b>")
    # When undone and done again, with Ctrl and with the button
    page.keyboard.press("Control+z")
    expect(own).to_have_count(0)
    page.keyboard.press("Control+Shift+Z")
    expect(own).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(own).to_have_count(0)
    page.get_by_role("button", name="Redo").click()
    # When a line is begun by a click, given up by Esc, and drawn by two
    page.keyboard.press("l")
    page.mouse.click(*at(page, 0.1, 0.9))
    page.keyboard.press("Escape")
    page.mouse.click(*at(page, 0.3, 0.9))
    page.mouse.click(*at(page, 0.9, 0.9))
    # When Esc leaves and the page is loaded again
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar", name="Drawing")).to_be_hidden()
    page.reload()
    page.evaluate(LOADED)
    # Then nothing is lost: it lies on its frame, and only there
    expect(page.locator(".drawn-chip")).to_be_visible()
    wait(page, f"({OWN})() === 0")
    seek(page, 10)
    wait(page, f"({OWN})() === 4")
    # And it goes without words, at its frame, even from another one
    seek(page, 50)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".drawn-chip")).to_be_hidden()
    path = f"/api/assets/{film['id']}/comments"

    def sent() -> list[dict[str, Any]]:
        return [one for one in api.client.get(path).json()["items"] if one["frame"] == 10]

    (note,) = becomes(sent, bool, "the note is there")
    kinds = [(one["kind"], one["color"]) for one in note["drawing"]["shapes"]]
    assert (note["body"], kinds) == ("Drawing", [("arrow", "blue"), ("text", "blue"), ("line", "blue")])
    assert note["drawing"]["shapes"][2]["to"] == pytest.approx([0.9, 0.9], abs=0.004)
    # And a press hides all drawings, another shows them
    seek(page, 10)
    wait(page, f"({SHOWN})() === 1")
    page.keyboard.press("Shift+D")
    wait(page, f"({SHOWN})() === 0")
    page.get_by_role("button", name="Drawings", exact=True).click()
    wait(page, f"({SHOWN})() === 1")


def test_fingers_and_pens(open_page: Open, film: dict[str, Any], tmp_path: Path) -> None:
    # Given a phone
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = open_film(open_page, film, **options)
    page.get_by_role("button", name="Draw", exact=True).tap()
    page.get_by_role("button", name="Pen", exact=True).tap()
    page.screenshot(path=tmp_path / "phone.png")
    client = page.context.new_cdp_session(page)
    count = DRAWN

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in (at(page, *place) for place in places)]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def swipe() -> None:
        touch("touchStart", (0.3, 0.2))
        for step in range(1, 9):
            touch("touchMove", (0.3 + step * 0.02, 0.2 + step * 0.07))
        touch("touchEnd")

    # When a finger goes down the picture
    before = page.evaluate("scrollY")
    swipe()
    # Then it has drawn, and the page has not scrolled
    wait(page, f"({count})() === 1")
    assert page.evaluate("scrollY") == before

    # When a pen presses harder and harder
    def pen(kind: str, x: float, y: float, force: float) -> None:
        left, top = at(page, x, y)
        more = {"pointerType": "pen", "force": force, "button": "left", "buttons": 1, "clickCount": 1}
        client.send("Input.dispatchMouseEvent", {"type": kind, "x": left, "y": top, **more})

    pen("mousePressed", 0.1, 0.5, 0.1)
    for step in range(1, 21):
        pen("mouseMoved", 0.1 + step * 0.03, 0.5 + 0.1 * (step % 2), step / 20)
    pen("mouseReleased", 0.7, 0.5, 0)
    wait(page, f"({count})() === 2")
    widths = page.evaluate(WIDTHS)
    assert len(set(widths)) >= 4
    # Then the palm that follows draws nothing
    swipe()
    page.evaluate("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
    assert page.evaluate(count) == 2
    assert page.evaluate("scrollY") == before


def test_pages_have_their_own_and_enlarged_ones_too(open_page: Open, board: dict[str, Any], api: Any) -> None:
    page = open_page(f"/assets/{board['id']}")
    expect(page.locator(".drawings")).to_be_visible()
    # Given page 2, enlarged
    page.keyboard.press("PageDown")
    wait(page, f"{FRAME} === 1")
    wait(page, "document.querySelector('.player').player.pictureRect() !== null")
    page.get_by_role("button", name="Larger").click()
    page.get_by_role("button", name="Draw", exact=True).click()
    for key in ("b", "1", "]", "]"):
        page.keyboard.press(key)
    drag(page, (0.4, 0.4), (0.6, 0.6))
    page.keyboard.press("Escape")
    page.get_by_role("textbox", name="Note").fill("On two")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".note", has_text="On two")).to_have_count(1)
    # Then it lies there enlarged and not
    wait(page, f"({SHOWN})() === 1")
    places = ((0.4, 0.5), (0.6, 0.5), (0.5, 0.4), (0.5, 0.6), (0.5, 0.5), (0.35, 0.5))
    for name in ("Larger", "Fit"):
        page.get_by_role("button", name=name).click()
        becomes(lambda: is_red(page, *places), [True] * 4 + [False] * 2, f"the box is red: {name}")
    (note,) = api.client.get(f"/api/assets/{board['id']}/comments").json()["items"]
    (shape,) = note["drawing"]["shapes"]
    assert note["frame"] == 1
    assert [*shape["from"], *shape["to"]] == pytest.approx([0.4, 0.4, 0.6, 0.6], abs=0.004)
    # And not on page 1
    page.keyboard.press("PageUp")
    wait(page, f"{FRAME} === 0 && ({SHOWN})() === 0")
