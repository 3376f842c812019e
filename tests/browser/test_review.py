"""The player as reviewers use it: slow J-K-L, ends of a loop, guides, full screen, sound, phone, typing."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import ENCODED, settles, wait
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]
FRAME = "document.querySelector('.player').player.currentFrame()"
VIDEO = "document.querySelector('video')"
TAP = """(key) => ['keydown', 'keyup'].forEach((type) => document.body.dispatchEvent(
    new KeyboardEvent(type, { key, code: `Key${key.toUpperCase()}`, bubbles: true, cancelable: true })))"""
"""Down and up at once: what lies between both decides what it means, and a busy machine lets it grow."""
COVERED = """(() => {
    const { player } = document.querySelector('.player');
    const { left, top } = player.screen.getBoundingClientRect();
    const picture = player.pictureRect();
    const box = document.querySelector('.guides').getBoundingClientRect();
    const told = [picture.left, picture.top, picture.width, picture.height];
    const drawn = [box.left - left, box.top - top, box.width, box.height];
    return told.every((one, index) => Math.abs(one - drawn[index]) < 0.6);
})()"""
ASPECT = "(({width, height}) => width / height)(document.querySelector('.player').player.pictureRect())"
SMALL = """() => [...document.querySelectorAll('.transport button, .transport summary, .paging button')]
    .filter((one) => one.checkVisibility() && one.getClientRects().length > 0)
    .filter((one) => !one.closest('[aria-hidden=true]') && !one.closest('.menu-list'))
    .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
    .filter(([, box]) => box.width < 43.5 || box.height < 43.5 || box.right > innerWidth)
    .map(([text]) => text)"""


ROWS = """new Set([...document.querySelectorAll('.controls > *')]
    .filter((one) => one.checkVisibility() && one.getClientRects().length)
    .map((one) => one.offsetTop)).size"""
PLACE = """(({ x, y, width, height }) => [x, y, width, height])
    (document.querySelector('.player').getBoundingClientRect())"""


@pytest.fixture(scope="module")
def film(api: Any, clip: Path) -> dict[str, Any]:
    return dict(api.wait_ready(api.make_asset(api.make_project("Review"), clip)["id"]))


@pytest.fixture(scope="module")
def sound(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Six seconds of a tone with its waveform and loudness."""
    path = tmp_path_factory.mktemp("sound") / "Mix 3.wav"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=f=440:d=6", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return dict(api.wait_ready(api.make_asset(api.make_project("Mixes"), path)["id"]))


def opened(open_page: Open, film: dict[str, Any], **options: Any) -> Page:
    page = open_page(f"/assets/{film['id']}", **options)
    wait(page, f"{VIDEO}?.readyState >= 2 && document.querySelector('.player').player")
    return page


def test_k_held_with_l_and_j_steps_and_then_goes_slowly(open_page: Open, film: dict[str, Any]) -> None:
    page = opened(open_page, film)
    # When K is held and L and J are tapped, then each is one frame
    page.keyboard.down("k")
    for key, frame in (("l", 1), ("l", 2), ("j", 1)):
        page.evaluate(TAP, key)
        wait(page, f"{FRAME} === {frame}")
    wait(page, f"{VIDEO}.paused")
    # When L stays down too, then it plays slowly, until it is let go
    page.keyboard.down("l")
    wait(page, f"!{VIDEO}.paused && {VIDEO}.playbackRate === 0.25")
    page.keyboard.up("l")
    wait(page, f"{VIDEO}.paused && {VIDEO}.playbackRate === 1")
    page.keyboard.up("k")
    # And a key that repeats by itself is one press
    page.keyboard.down("l")
    page.keyboard.down("l")
    wait(page, f"!{VIDEO}.paused && {VIDEO}.playbackRate === 1")
    page.keyboard.up("l")
    page.keyboard.press("k")


def test_the_loops_ends_are_gone_to_and_forgotten_one_by_one(open_page: Open, film: dict[str, Any]) -> None:
    page = opened(open_page, film)
    span = "JSON.stringify(document.querySelector('.player').player.range)"
    for frame, key in ((10, "i"), (30, "o")):
        page.evaluate("n => document.querySelector('.player').player.seekFrame(n)", frame)
        page.keyboard.press(key)
    settles(page, span, '{"frame":10,"frame_out":30}')
    page.keyboard.press("Shift+I")
    wait(page, f"{FRAME} === 10")
    page.keyboard.press("Shift+O")
    wait(page, f"{FRAME} === 30")
    loop = page.get_by_role("button", name="Loop")
    page.keyboard.press("Alt+o")
    settles(page, span, "null")
    expect(loop).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Alt+x")
    expect(loop).to_have_attribute("aria-pressed", "false")


def test_guides_lie_on_the_picture_in_every_window_and_are_remembered(
    open_page: Open, film: dict[str, Any]
) -> None:
    # Given a film with its safe areas and a matte on
    page = opened(open_page, film)
    page.keyboard.press("Shift+G")
    page.locator("[data-menu=guides] summary").click()
    page.get_by_role("button", name="2.39").click()
    page.get_by_role("button", name="Thirds").click()
    page.keyboard.press("Escape")
    # Then they cover exactly the picture, in a wide window, a narrow one and on the whole screen
    for width, height in ((1440, 900), (700, 900), (1440, 500)):
        page.set_viewport_size({"width": width, "height": height})
        wait(page, COVERED)
        wait(page, f"Math.abs({ASPECT} - 16 / 9) < 0.02")
    page.keyboard.press("f")
    wait(page, "document.fullscreenElement && document.querySelector('.player.full')")
    wait(page, COVERED)
    # And the controls work there, with the notes' strip
    expect(page.locator(".player [data-timeline-strips]")).to_have_count(1)
    page.get_by_role("button", name="One frame forward").click()
    wait(page, f"{FRAME} === 1")
    # And M leads out of it to the note
    page.keyboard.press("m")
    wait(page, "!document.fullscreenElement")
    expect(page.get_by_placeholder("Write a note")).to_be_focused()
    # And after a reload they are there again; one key hides them
    page.reload()
    wait(page, f"{VIDEO}?.readyState >= 2 && document.querySelector('.guides')")
    expect(page.locator(".guides .is-matte")).to_have_attribute("d", re.compile("M"))
    page.keyboard.press("Shift+G")
    expect(page.locator(".guides")).to_be_hidden()


def test_nothing_happens_to_the_player_while_somebody_types(open_page: Open, film: dict[str, Any]) -> None:
    page = opened(open_page, film)
    page.evaluate("document.querySelector('.player').player.seekFrame(20)")
    before = page.evaluate(f"[{FRAME}, {VIDEO}.volume, {VIDEO}.muted, {VIDEO}.defaultPlaybackRate]")
    # When every letter and sign that means something is typed into a note
    page.keyboard.press("m")
    field = page.get_by_placeholder("Write a note")
    expect(field).to_be_focused()
    said = "jkl JKL ioxrtcfsgmnz <>+-01?/ IOXGST"
    page.keyboard.type(said)
    for key in ("ArrowLeft", "ArrowUp", "Home", "End", "Alt+x", "Shift+ArrowRight"):
        page.keyboard.press(key)
    # Then it is a note, and the player stands where it stood
    expect(field).to_have_value(said)
    after = page.evaluate(f"[{FRAME}, {VIDEO}.volume, {VIDEO}.muted, {VIDEO}.defaultPlaybackRate]")
    assert after == before
    assert page.evaluate(
        f"{VIDEO}.paused && !document.fullscreenElement && !document.querySelector('dialog[open]')"
    )
    field.fill("")


def test_sound_has_its_waveform_its_loudness_and_notes_at_moments(
    open_page: Open, sound: dict[str, Any]
) -> None:
    # Given the page of what is only heard
    page = open_page(f"/assets/{sound['id']}")
    wave = page.locator(".screen > [data-waveform]")
    expect(wave).to_be_visible(timeout=ENCODED)
    expect(page.locator(".sound-facts")).to_contain_text("LUFS")
    for name in ("guides", "snapshot", "counting"):
        expect(page.locator(f"[data-menu={name}]")).to_be_hidden()
    # When a place on the waveform is pressed, and a note is written there
    wait(page, f"{VIDEO}.readyState >= 2")
    box = wave.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait(page, f"Math.abs({VIDEO}.currentTime - 3) < 0.1 && !{VIDEO}.seeking")
    page.keyboard.press("m")
    expect(page.get_by_role("textbox", name="Note", exact=True)).to_be_focused()
    page.keyboard.type("A click here")
    page.keyboard.press("Enter")
    # Then it stands at that moment, on the strip too, and leads there
    place = page.locator(".note").filter(has_text="A click here").locator(".note-place")
    expect(place).to_contain_text("00:00:0")
    expect(page.locator(".notes-strip button")).to_have_count(1)
    page.locator("body").press("Escape")
    page.evaluate(f"{VIDEO}.currentTime = 0")
    place.click()
    wait(page, f"Math.abs({VIDEO}.currentTime - 3) < 0.1")


def test_on_a_phone_every_control_is_large_enough_and_the_window_is_the_screen(
    open_page: Open, film: dict[str, Any]
) -> None:
    # Given a phone whose browser gives no element the whole screen
    page = open_page("/", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.add_init_script("delete Element.prototype.requestFullscreen")
    page.goto(f"/assets/{film['id']}")
    wait(page, f"{VIDEO}?.readyState >= 2 && document.querySelector('.player').player")
    settles(page, SMALL, [])
    settles(page, ROWS, lambda rows: rows <= 2)
    # When it is made large, then it fills the window, and the same button leads back
    page.get_by_role("button", name="Full screen").tap()
    settles(page, PLACE, [0, 0, 390, 844])
    page.get_by_role("button", name="Full screen").tap()
    expect(page.locator(".player.whole-window")).to_have_count(0)
