"""Share links in the browser: made by the studio, opened by a guest, live both ways, taken back."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import settles
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]
PLAYING = """async () => {
    const video = document.querySelector("video");
    while (video.readyState < 2) await new Promise((go) => setTimeout(go, 50));
}"""
SIGNED = "performance.getEntriesByType('resource').map((one) => one.name).find((one) => one.includes('/s/'))"
REFUSED = "async (address) => (await fetch(address, {cache: 'no-store'})).status === 403"
ENDED_MS = 60_000  # promised: a link that was taken back stops what plays within this
WORDS = "The logo is too small"


@pytest.fixture(scope="module")
def film(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("shares") / "Teaser.mov"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=20"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    return dict(api.wait_ready(api.make_asset(api.make_project("Client work"), path)["id"]))


def test_a_client_reviews_by_link_until_it_is_taken_back(
    open_page: Open, film: dict[str, Any], watched: Any
) -> None:
    # Given a link with a password, made on the asset's page
    studio = open_page(f"/assets/{film['id']}")
    studio.get_by_role("button", name="Share", exact=True).click()
    form = studio.get_by_role("dialog", name="Share by link")
    form.get_by_label("Title").fill("Teaser for Nordlicht")
    form.get_by_label("Studio").fill("Adria Film")
    form.get_by_label("Password").fill("open sesame")
    form.get_by_role("button", name="Make the link").click()
    expect(studio.locator("[data-share-url]")).not_to_have_value("")
    address = studio.locator("[data-share-url]").input_value()
    studio.get_by_role("button", name="Done").click()
    # When a guest opens it, the password is asked, and the name once
    watched.allowed += ["403", "404"]  # a wrong password; what was taken back
    guest = open_page(address, storage_state=None)
    expect(guest.locator(".brand")).to_have_text("Adria Film")
    guest.get_by_label("Your name").fill("Vera Client")
    guest.get_by_label("Password").fill("open")
    guest.get_by_role("button", name="Look at it").click()
    expect(guest.get_by_role("alert")).to_contain_text("not right")
    guest.get_by_label("Password").fill("open sesame")
    guest.get_by_role("button", name="Look at it").click()
    expect(guest.get_by_role("heading", name="Teaser")).to_be_visible()
    # Then the film plays, and the page names nothing of the house
    guest.evaluate(PLAYING)
    assert "Client work" not in guest.content()
    # When the guest writes a note, then it is on the studio's page with the name, and back
    guest.get_by_role("textbox", name="Note").fill(WORDS)
    guest.get_by_role("button", name="Send").click()
    note = studio.locator(".note", has_text=WORDS)
    expect(note).to_contain_text("Vera Client")
    note.get_by_role("button", name="Reply").click()
    expect(studio.locator(".note textarea:focus")).to_have_count(1)
    studio.keyboard.type("Larger in v2")
    studio.keyboard.press("Enter")
    expect(guest.locator(".note", has_text=WORDS)).to_contain_text("Larger in v2")
    # When the link is taken back while the film plays, then what plays stops, and the link opens nothing
    signed = settles(guest, SIGNED, bool)
    assert guest.request.get(signed).status == 200
    studio.goto(f"/projects/{film['project_id']}/shares")
    row = studio.locator("tr", has_text="Teaser for Nordlicht")
    expect(row).to_contain_text("Password")
    row.locator("summary").click()
    row.get_by_role("button", name="Take back").click()
    studio.get_by_role("dialog").get_by_role("button", name="Take back").click()
    expect(row).to_contain_text("Taken back")
    gone = guest.get_by_role("heading", name="This link does not hold")
    expect(gone).to_be_visible(timeout=ENDED_MS)
    guest.wait_for_function(REFUSED, arg=signed, timeout=ENDED_MS)
    # And the studio sees who looked
    row.locator("summary").click()
    row.get_by_role("button", name="Who looked").click()
    expect(studio.get_by_role("dialog")).to_contain_text("Vera Client")


def test_a_client_decides_and_tends_their_own_notes(
    open_page: Open, film: dict[str, Any], tmp_path: Path
) -> None:
    # Given a link with a colour, a logo and decisions, made from what is selected in the project
    logo = tmp_path / "logo.png"
    Image.new("RGB", (300, 100), "#c00000").save(logo)
    studio = open_page(f"/projects/{film['project_id']}", permissions=["clipboard-read", "clipboard-write"])
    studio.get_by_role("checkbox", name="Teaser").check()
    studio.get_by_role("toolbar", name="Selected assets").get_by_role("button", name="Share").click()
    form = studio.get_by_role("dialog", name="Share by link")
    form.get_by_label("Title").fill("For Nordlicht")
    form.get_by_label("Guests may approve or request changes").check()
    form.get_by_label("Nothing is approved without them").check()
    form.get_by_label("A colour of its own").check()
    form.get_by_label("Accent colour").fill("#ffee00")
    form.get_by_label("Logo").set_input_files(logo)
    form.get_by_role("button", name="Make the link").click()
    expect(studio.get_by_text("Copied to the clipboard.")).to_be_visible()
    expect(studio.locator("[data-share-url]")).not_to_have_value("")
    address = studio.locator("[data-share-url]").input_value()
    assert studio.evaluate("navigator.clipboard.readText()") == address
    # When a guest opens it, then the door and the page look like the link
    guest = open_page(address, storage_state=None, color_scheme="light")
    expect(guest.get_by_role("heading", name="For Nordlicht")).to_be_visible()
    expect(guest.locator(".share-logo")).to_have_js_property("naturalWidth", 300)
    guest.get_by_label("Your name").fill("Vera")
    guest.get_by_role("button", name="Look at it").click()
    # When they request changes, then it is a note of theirs, which they edit, delete and bring back
    guest.wait_for_selector("html[data-ready]", state="attached")
    guest.get_by_role("button", name="Request changes").click()
    guest.get_by_label("What is to change").fill("Slower")
    guest.get_by_role("button", name="Send the request").click()
    note = guest.locator(".note", has_text="Slower")
    note.get_by_role("button", name="Edit").click()
    expect(guest.locator(".note textarea:focus")).to_have_count(1)
    guest.keyboard.press("End")
    guest.keyboard.type(" end")
    guest.keyboard.press("Enter")
    edited = guest.locator(".note", has_text="Slower end")
    edited.get_by_label("React", exact=True).click()
    edited.get_by_role("button", name="Heart").click()
    expect(edited.get_by_role("button", name="Heart, 1: Vera")).to_have_attribute("aria-pressed", "true")
    edited.get_by_role("button", name="Delete").click()
    expect(edited).to_have_count(0)
    guest.get_by_role("button", name="Undo").click()
    expect(edited).to_be_visible()
    # Then the studio sees whose word it is, and after the client's approval that it is approved
    studio.goto(f"/assets/{film['id']}")
    state = studio.locator("[data-approval-state]")
    expect(state).to_contain_text("Changes")
    guest.get_by_role("button", name="Approve").click()
    expect(guest.get_by_text("You approved this version.").first).to_be_visible()
    expect(state).to_contain_text("Approved")
