"""Talk on notes in the browser: people are named and told, react, attach, are seen; notes by keyboard."""

from __future__ import annotations

import re
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from patience import chord, settles
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]
LOADED = """async () => {
    const video = document.querySelector("video");
    while (video.readyState < 2) await new Promise((go) => setTimeout(go, 50));
}"""
BEN, PASSWORD = "ben@example.com", "another short sentence"


@pytest.fixture(scope="module")
def film(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two seconds at 25."""
    path = tmp_path_factory.mktemp("talk") / "Scene 12.mov"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=2"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-timecode", "10:00:00:00"]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    return dict(api.wait_ready(api.make_asset(api.make_project("Talk"), path)["id"]))


@pytest.fixture(scope="module")
def ben(box: Any, api: Any, film: dict[str, Any]) -> dict[str, Any]:
    """Ben reviews the film's project; the cookies of his login."""
    body = {"email": BEN, "display_name": "Ben Okri", "password": PASSWORD}
    user = httpx.post(f"{box.url}/auth/register", json=body, timeout=60).raise_for_status().json()["user"]
    api.client.patch(f"/api/admin/users/{user['id']}", json={"status": "active"}).raise_for_status()
    path = f"/api/projects/{film['project_id']}/members/{user['id']}"
    api.client.put(path, json={"role": "reviewer"}).raise_for_status()
    form = {"email": BEN, "password": PASSWORD, "next": "/"}
    answer = httpx.post(f"{box.url}/login", data=form, timeout=60)
    cookie = {"name": "mam_session", "value": answer.cookies["mam_session"], "domain": "127.0.0.1"}
    rest = {"path": "/", "httpOnly": True, "secure": False, "sameSite": "Lax", "expires": -1}
    return {"cookies": [{**cookie, **rest}], "origins": []}


def open_film(open_page: Open, film: dict[str, Any], **options: Any) -> Page:
    page = open_page(f"/assets/{film['id']}", **options)
    expect(page.locator("[data-now]")).to_have_text("10:00:00:00")
    page.evaluate(LOADED)
    return page


def seek(page: Page, frame: int) -> None:
    page.evaluate("n => document.querySelector('.player').player.seekFrame(n)", frame)


def picture(path: Path) -> Path:
    """A small PNG."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((200, 60, 40)) * 32 for _ in range(24))
    head = part(b"IHDR", struct.pack(">IIBBBBB", 32, 24, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b""))
    return path


def test_somebody_is_named_told_and_led_to_the_frame(
    open_page: Open, film: dict[str, Any], ben: dict[str, Any], tmp_path: Path
) -> None:
    # Given Ana on the film's page and Ben on his list of projects
    ana, other = open_film(open_page, film), open_page("/", storage_state=ben)
    bell = other.locator("[data-bell] summary")
    expect(bell).to_have_attribute("aria-label", "Notifications")
    # When Ana goes to a frame, presses M, names Ben by keyboard, attaches a picture and presses Enter
    seek(ana, 30)
    ana.keyboard.press("m")
    expect(ana.get_by_role("textbox", name="Note", exact=True)).to_be_focused()
    ana.keyboard.type("Is this the right plate, @be")
    expect(ana.get_by_role("option", name="Ben Okri")).to_be_visible()
    ana.keyboard.press("Enter")
    ana.keyboard.type("?")
    ana.locator("[data-notes-form] input[type=file]").set_input_files(picture(tmp_path / "plate.png"))
    expect(ana.locator("[data-notes-form] [data-notes-files]")).to_contain_text("plate.png")
    expect(ana.get_by_role("textbox", name="Note", exact=True)).to_be_focused()
    ana.keyboard.press("Enter")
    # Then the note has his name, the picture, and a mark on the timeline in her colour
    note = ana.locator(".note", has_text="right plate")
    expect(note.locator(".mention")).to_have_text("@Ben Okri")
    expect(note.locator(".note-files img")).to_be_visible()
    assert note.locator(".note-files img").evaluate(
        "async (img) => { await img.decode(); return img.naturalWidth; }"
    )
    expect(ana.locator(".notes-strip button[data-frame='30']")).to_have_count(1)
    # And Ben's bell rings where he is, without a reload, and leads to the frame
    expect(bell).to_have_attribute("aria-label", "Notifications, 1 unread")
    bell.click()
    other.locator("[data-bell-list] a", has_text="named you").click()
    expect(other.locator(".note", has_text="right plate")).to_be_focused()
    expect(other.locator("[data-now]")).to_have_text("10:00:01:05")
    expect(other.locator("[data-bell] summary")).to_have_attribute("aria-label", "Notifications")
    expect(other).not_to_have_url(re.compile("note="))
    # And each sees that the other is there; whoever leaves is gone soon
    expect(ana.get_by_role("img", name="Also here: Ben Okri")).to_be_visible()
    expect(other.get_by_role("img", name="Also here: Ana Kova\u010d")).to_be_visible()
    # When Ben reacts by the menu and answers by key, Ana has both at once
    expect(other.locator(".note", has_text="right plate")).to_be_focused()
    other.keyboard.press("r")
    expect(other.locator(".note textarea:focus")).to_have_count(1)
    other.keyboard.type("It is")
    other.keyboard.press("Enter")
    expect(note.locator(".note-replies")).to_contain_text("It is")
    theirs = other.locator(".note", has_text="right plate")
    theirs.locator(".note-react").first.locator("summary").click()
    theirs.locator(".note-react").first.get_by_role("button", name="Heart").click()
    expect(note.get_by_role("button", name="Heart, 1: Ben Okri")).to_be_visible()
    other.goto("/")
    expect(ana.get_by_role("img", name="Also here: Ben Okri")).to_have_count(0)
    expect(ana.locator("[data-bell] summary")).to_have_attribute("aria-label", "Notifications, 1 unread")


def test_notes_by_keyboard_filters_in_the_address_and_former_words(
    open_page: Open, film: dict[str, Any], ben: dict[str, Any], api: Any
) -> None:
    # Given notes of two people
    path = f"/api/assets/{film['id']}/comments"
    version = {"version_id": film["current_version_id"]}
    for frame, body in ((5, "Grain in the sky"), (12, "Boom shadow"), (20, "Lovely light")):
        api.client.post(path, json={**version, "frame": frame, "body": body}).raise_for_status()
    page = open_film(open_page, film, storage_state=ben)
    seek(page, 8)
    page.keyboard.press("m")
    expect(page.get_by_role("textbox", name="Note", exact=True)).to_be_focused()
    page.keyboard.type("Mine, all mine")
    page.keyboard.press("Enter")
    mine = page.locator(".note", has_text="Mine, all mine")
    expect(mine).to_have_count(1)
    # When Ben goes into the list and down it, the picture follows
    page.keyboard.press("Escape")
    chord(page, "gn", page.locator(".note:focus"))
    expect(page.locator(".note").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(mine).to_be_focused()
    expect(page.locator("[data-now]")).to_have_text("10:00:00:08")
    # E edits his own; a reload in the middle loses nothing
    page.keyboard.press("e")
    expect(page.get_by_role("textbox", name="Save")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Mine no more")
    page.reload()
    again = page.get_by_role("textbox", name="Save")
    expect(again).to_have_value("Mine no more")
    again.press("Enter")
    changed = page.locator(".note", has_text="Mine no more")
    changed.get_by_role("button", name="edited").click()
    expect(page.get_by_role("dialog")).to_contain_text("Mine, all mine")
    page.get_by_role("button", name="Close").last.click()
    # Whose notes, what they say and their order are in the address and outlive a reload
    page.get_by_role("button", name="Narrow and order").click()
    page.get_by_label("Sort notes", exact=True).select_option("newest")
    page.get_by_label("Whose notes").select_option("mine")
    expect(page.locator(".note")).to_have_count(1)
    page.get_by_label("Whose notes").select_option("")
    page.get_by_label("Find in notes").fill("sky")
    expect(page.locator(".note")).to_have_text([re.compile("Grain in the sky")])
    page.reload()
    expect(page.get_by_label("Find in notes")).to_have_value("sky")
    expect(page.locator(".note")).to_have_count(1)
    expect(page.get_by_label("Sort notes", exact=True)).to_have_value("newest")


def test_on_a_phone_a_sheet_writes_and_the_list_is_below(
    open_page: Open, film: dict[str, Any], tmp_path: Path
) -> None:
    page = open_film(open_page, film, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    form = page.locator("[data-notes-form]")
    expect(form).to_be_hidden()
    page.get_by_role("button", name="Write a note").tap()
    expect(page.get_by_role("textbox", name="Note")).to_be_focused()
    page.keyboard.type("From the set")
    page.screenshot(path=tmp_path / "sheet.png")
    form.get_by_role("button", name="Send").tap()
    expect(form).to_be_hidden()
    expect(page.locator(".note", has_text="From the set")).to_be_visible()
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    settles(page, overflow, lambda over: over <= 0)
