"""The asset page in the browser: frames, timecode, rungs, playing while the tail still encodes, versions."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pyvips
from patience import ENCODED, note_changes, wait, went_through
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]


def video(page: Page, name: str) -> Any:
    """A property of the page's video."""
    return page.evaluate(f"document.querySelector('video').{name}")


def seek_by_mouse(page: Page, part: float) -> None:
    """Click into the scrub bar."""
    box = page.locator(".scrub").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)


@pytest.fixture(scope="module")
def ready(api: Any, clip: Path) -> dict[str, Any]:
    """A clip whose preview is ready."""
    asset = api.make_asset(api.make_project("Player"), clip)
    found = api.wait_ready(asset["id"])
    assert found["status"] == "ready", found["versions"][0]["preview"]
    return dict(found)


@pytest.fixture
def page(open_page: Open, ready: dict[str, Any]) -> Page:
    """Its page, with the first frame on screen."""
    found = open_page(f"/assets/{ready['id']}")
    wait(found, "document.querySelector('video').readyState >= 2")
    return found


def test_it_plays_to_the_end_and_begins_again(page: Page) -> None:
    # Given the first frame, under its own timecode
    expect(page.locator("[data-now]")).to_have_text("01:00:10:00")
    expect(page.locator("[data-length]")).to_have_text("00:00:04:00")
    # When it is played
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    wait(page, "document.querySelector('video').ended")
    # Then the last frame is shown, and playing begins at the top
    expect(page.locator("[data-now]")).to_have_text("01:00:13:23")
    page.keyboard.press("Space")
    wait(page, "!document.querySelector('video').paused && document.querySelector('video').currentTime < 2")


def test_frames_are_stepped_one_by_one(page: Page) -> None:
    # When frames are stepped forward and back, also faster than they can be drawn
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-now]")).to_have_text("01:00:10:01")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-now]")).to_have_text("01:00:10:11")
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-now]")).to_have_text("01:00:10:06")
    # Then both ends hold
    page.keyboard.press("End")
    expect(page.locator("[data-now]")).to_have_text("01:00:13:23")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-now]")).to_have_text("01:00:13:23")
    page.keyboard.press("Home")
    expect(page.locator("[data-now]")).to_have_text("01:00:10:00")


def test_seeking_shuttling_and_looping(page: Page) -> None:
    seek_by_mouse(page, 0.5)
    wait(page, "Math.abs(document.querySelector('video').currentTime - 2) < 0.2")
    page.keyboard.press("l")
    page.keyboard.press("l")
    wait(page, "document.querySelector('video').playbackRate === 2")
    page.keyboard.press("k")
    wait(page, "document.querySelector('video').paused")
    page.keyboard.press("j")
    wait(page, "document.querySelector('video').currentTime < 1")
    page.keyboard.press("k")
    # When a span is looped, then it never leaves the span
    frame = "document.querySelector('.player').player.currentFrame()"
    page.keyboard.press("Home")
    wait(page, f"{frame} === 0")
    page.keyboard.press("i")
    seek_by_mouse(page, 0.15)
    wait(page, f"Math.abs({frame} - 14) < 4")  # what is marked is the frame on screen
    page.keyboard.press("o")
    page.keyboard.press("Space")
    wait(page, "document.querySelector('video').currentTime > 0.3")
    wait(page, "document.querySelector('video').currentTime < 0.3")
    expect(page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "true")


def test_rungs_are_chosen_by_hand(page: Page) -> None:
    menu = page.locator("[data-menu=rung]")
    menu.locator("summary").click()
    expect(menu.get_by_role("button")).to_have_text(["Auto", "720p", "480p", "360p"])
    menu.get_by_role("button", name="360p").click()
    wait(page, "document.querySelector('video').videoHeight === 360")
    expect(menu.locator("summary")).to_have_text("360p")
    menu.locator("summary").click()
    menu.get_by_role("button", name="720p").click()
    wait(page, "document.querySelector('video').videoHeight === 720")


def test_volume_and_speed_are_kept(page: Page) -> None:
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.locator("[data-menu=speed] summary").click()
    page.get_by_role("button", name="0.5").click()
    wait(page, "document.querySelector('video').playbackRate === 0.5")
    page.reload()
    wait(page, "document.querySelector('video')?.readyState >= 2")
    wait(page, "Math.abs(document.querySelector('video').volume - 0.8) < 0.05")


@pytest.mark.slow
def test_it_plays_while_the_tail_is_still_encoding(open_page: Open, api: Any, long_clip: Path) -> None:
    # Given a film whose encode takes a while, watched from the moment it is in
    asset = api.make_asset(api.make_project("Tail"), long_clip)
    page = open_page(f"/assets/{asset['id']}")
    # When it is playable, and not yet ready
    wait(page, "document.querySelector('video')?.readyState >= 2", seconds=240)
    expect(page.locator(".review")).to_have_attribute("data-status", "processing")
    page.keyboard.press("Space")
    wait(page, "document.querySelector('video').currentTime > 1")
    expect(page.locator(".review")).to_have_attribute("data-status", "processing")
    # Then its whole length is known, in drop-frame, and a seek beyond what is made says so
    expect(page.locator("[data-length]")).to_have_text("00:00:39;29")
    expect(page.locator(".corner")).to_contain_text("Encoding")
    page.keyboard.press("End")
    expect(page.locator(".corner")).to_contain_text("Not encoded yet")
    assert video(page, "currentTime") < 39
    # And when it is ready, anywhere can be reached: two labels are left out at the minute
    expect(page.locator(".review")).to_have_attribute("data-status", "ready", timeout=ENCODED)
    page.keyboard.press("Home")
    expect(page.locator("[data-now]")).to_have_text("00:00:58;00")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-now]")).to_have_text("00:01:00;02")
    seek_by_mouse(page, 0.97)
    wait(page, "document.querySelector('video').currentTime > 38")


def test_a_preview_that_cannot_be_made_says_why(open_page: Open, api: Any, tmp_path: Path) -> None:
    # Given a file that says it is a film and is not whole
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00\x00\x40\x00moov" + b"\xff" * 9000
    )
    asset = api.make_asset(api.make_project("Broken"), broken)
    assert api.wait_ready(asset["id"])["status"] == "failed"
    # When its page is opened
    page = open_page(f"/assets/{asset['id']}")
    # Then it says what happened, that the master is safe, the code, and offers another try
    veil = page.locator(".veil[data-veil=failed]")
    expect(veil).to_contain_text("No preview could be made")
    expect(veil).to_contain_text("The master is safe")
    expect(veil.locator("[data-code]")).to_have_text(re.compile("^source_"))
    note_changes(page, ".review", "data-status")
    veil.get_by_role("button", name="Try again").click()
    went_through(page, last="failed")
    # And the master can be had
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_bytes() == broken.read_bytes()


def test_a_new_version_by_drop(open_page: Open, api: Any, own_clip: Path, tmp_path: Path) -> None:
    # Given an asset without a file
    asset = api.make_asset(api.make_project("Versions"), None, "Teaser")
    page = open_page(f"/assets/{asset['id']}")
    expect(page.get_by_text("Drop the file here")).to_be_visible()
    # When a first and then a second file is given to it
    page.set_input_files("#new-version", own_clip)
    wait(page, "document.querySelector('video')?.readyState >= 2", seconds=240)
    second = tmp_path / "Teaser_v2.mov"
    second.write_bytes(own_clip.read_bytes() + b"\x00" * 16)
    page.set_input_files("#new-version", second)
    # Then the page stays where it is, and offers the new one once it can be shown
    expect(page.locator("[data-arrival]")).to_contain_text("v2")
    page.locator("[data-arrival]").get_by_role("link", name="Show v2").click(timeout=ENCODED)
    # Then both are listed, the newest shown, and the older one can be opened
    expect(page.locator(".versions a")).to_have_count(2)
    expect(page.locator(".versions a[aria-current]")).to_contain_text("v2")
    page.locator(".versions a").filter(has_text="v1").click()
    expect(page.locator(".versions a[aria-current]")).to_contain_text("v1")


def test_a_picture_is_shown_whole(open_page: Open, api: Any, tmp_path: Path) -> None:
    path = tmp_path / "Still.png"
    grey = pyvips.Image.black(640, 360).bandjoin([80, 160])
    grey.copy(interpretation="srgb").write_to_file(str(path))
    asset = api.make_asset(api.make_project("Stills"), path)
    assert api.wait_ready(asset["id"])["status"] == "ready"
    page = open_page(f"/assets/{asset['id']}")
    wait(page, "document.querySelector('.screen > img')?.naturalWidth > 0")
    wait(page, "document.querySelector('.screen > img').currentSrc.includes('/img/')")
    expect(page.locator(".transport")).to_have_count(0)


def test_jobs_are_seen_and_retried(open_page: Open, api: Any, ready: dict[str, Any]) -> None:
    page = open_page("/admin/jobs?kind=render")
    mine = page.locator(f"a[href='/assets/{ready['id']}']")
    row = page.get_by_role("row").filter(has=mine)
    expect(row.locator(".state")).to_have_text("done")
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    assert ready["status"] == "ready"
