"""Notes in the browser: written at the frame on screen, live on every open page, unsent words kept."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import settles, wait
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]
LOADED = """async () => {
    const video = document.querySelector("video");
    while (video.readyState < 2) await new Promise((go) => setTimeout(go, 50));
}"""
BOOM = "Boom in the shot <i>again</i>"


@pytest.fixture(scope="module")
def film(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Three seconds at 29.97 drop-frame, across the labels that a minute leaves out."""
    path = tmp_path_factory.mktemp("notes") / "Day 4 reel.mov"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30000/1001:d=3"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-timecode", "00:00:58;20"]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    return dict(api.wait_ready(api.make_asset(api.make_project("Notes"), path)["id"]))


def open_film(open_page: Open, film: dict[str, Any], **options: Any) -> Page:
    page = open_page(f"/assets/{film['id']}", **options)
    expect(page.locator("[data-now]")).to_have_text("00:00:58;20")
    page.evaluate(LOADED)
    return page


def seek(page: Page, frame: int) -> None:
    page.evaluate("n => document.querySelector('.player').player.seekFrame(n)", frame)


def test_a_note_from_the_keyboard_is_live_on_the_other_page(open_page: Open, film: dict[str, Any]) -> None:
    # Given two people on the page of a film
    ana, ben = open_film(open_page, film), open_film(open_page, film, color_scheme="light")
    # When one goes forty frames on, presses M, writes and presses Enter
    seek(ana, 40)
    ana.keyboard.press("m")
    expect(ana.get_by_role("textbox", name="Note", exact=True)).to_be_focused()
    ana.keyboard.type(BOOM)
    ana.keyboard.press("Enter")
    # Then it stands on both pages, at the frame's own label and on the strip, its words as they were typed
    for page in (ana, ben):
        note = page.locator(".note").filter(has=page.get_by_text(BOOM, exact=True))
        expect(note.locator(".note-place")).to_have_text("00:01:00;02")
        expect(page.locator(".notes-strip button[data-frame='40']")).to_have_count(1)
    # And a click on it shows that frame on the other page
    ben.locator(".note-place", has_text="00:01:00;02").click()
    expect(ben.locator("[data-now]")).to_have_text("00:01:00;02")
    wait(ben, "document.querySelector('.player').player.currentFrame() === 40")
    # When the other answers and the first resolves
    note = ben.locator(".note").filter(has_text="Boom")
    note.get_by_role("button", name="Reply").click()
    expect(ben.locator(".note textarea:focus")).to_have_count(1)
    ben.keyboard.type("Painted out")
    ben.keyboard.press("Enter")
    mine = ana.locator(".note").filter(has_text="Boom")
    expect(mine.locator(".note-replies")).to_contain_text("Painted out")
    mine.get_by_role("button", name="Resolve").click()
    # Then Undo brings it back, and without that it leaves the open ones everywhere
    ana.get_by_role("button", name="Undo").click()
    expect(mine).to_have_count(1)
    mine.get_by_role("button", name="Resolve").click()
    expect(note).to_have_count(0)


def test_frame_zero_a_range_and_the_whole(open_page: Open, film: dict[str, Any]) -> None:
    page = open_film(open_page, film)
    area = page.get_by_role("textbox", name="Note")
    # A note at the first frame keeps its timecode
    area.fill("Slate")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".note", has_text="Slate").locator(".note-place")).to_have_text("00:00:58;20")
    # The loop's points are its range
    for frame, key in ((10, "i"), (20, "o")):
        seek(page, frame)
        page.locator("body").press(key)
    area.fill("Shaky")
    page.get_by_role("button", name="Send").click()
    place = page.locator(".note", has_text="Shaky").locator(".note-place")
    expect(place).to_have_text("00:00:59;00 \u2013 00:00:59;10")
    # And one press makes it a note on the whole
    page.locator("[data-notes-place]").click()
    area.fill("Lovely, all of it")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".note", has_text="Lovely")).to_contain_text("Whole clip")


def test_unsent_words_outlive_a_reload_and_a_deleted_note_comes_back(
    open_page: Open, film: dict[str, Any]
) -> None:
    page = open_film(open_page, film)
    seek(page, 30)
    page.keyboard.press("m")
    expect(page.get_by_role("textbox", name="Note", exact=True)).to_be_focused()
    page.keyboard.type("Half a thou")
    page.reload()
    area = page.get_by_role("textbox", name="Note")
    expect(area).to_have_value("Half a thou")
    expect(page.locator("[data-notes-place]")).to_have_text("00:00:59;20")
    area.press("End")
    area.press_sequentially("ght")
    area.press("Enter")
    note = page.locator(".note", has_text="Half a thought")
    expect(note.locator(".note-place")).to_have_text("00:00:59;20")
    # Edited in place
    note.get_by_role("button", name="Edit").click()
    note.get_by_role("textbox").fill("A whole thought")
    note.get_by_role("textbox").press("Enter")
    changed = page.locator(".note", has_text="A whole thought")
    expect(changed).to_contain_text("edited")
    # Deleted, and undone
    changed.get_by_role("button", name="Delete").click()
    expect(changed).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(changed).to_have_count(1)


def test_the_notes_shown_go_into_the_edit(open_page: Open, film: dict[str, Any]) -> None:
    # Given an open note and a resolved one
    page = open_film(open_page, film)
    seek(page, 60)
    for text in ("Flicker here", "Was fixed"):
        page.get_by_role("textbox", name="Note").fill(text)
        page.get_by_role("button", name="Send").click()
        expect(page.locator(".note", has_text=text)).to_have_count(1)
    page.locator(".note", has_text="Was fixed").get_by_role("button", name="Resolve").click()
    expect(page.locator(".note", has_text="Was fixed")).to_have_count(0)
    # When those that are shown are taken away for Resolve
    page.get_by_label("Take notes away or bring some in").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Resolve (EDL)").click()
    # Then the file has the open one at its time code, and not the resolved one
    assert download.value.suggested_filename == "Day 4 reel v1 notes.edl"
    edl = download.value.path().read_text(encoding="utf-8")
    assert "00:01:00;22 00:01:00;23" in edl
    assert "Flicker here" in edl
    assert "Was fixed" not in edl


def test_internal_notes_are_for_editors(open_page: Open, film: dict[str, Any], tmp_path: Path) -> None:
    page = open_film(open_page, film, viewport={"width": 390, "height": 844})
    page.get_by_role("button", name="Write a note").click()  # on a phone the form is a sheet
    page.get_by_role("checkbox", name="Internal").check()
    page.get_by_role("textbox", name="Note").fill("Not for the client")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".note", has_text="Not for the client")).to_contain_text("Internal")
    page.screenshot(path=tmp_path / "narrow.png", full_page=True)
    settles(page, "document.documentElement.scrollWidth <= innerWidth", True)
