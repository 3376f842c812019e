"""Notes as files: a list dropped into the page becomes notes, which go on paper with their pictures."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]
EDL = """TITLE: Reel
FCM: NON-DROP FRAME

001  001      V     C        01:00:00:10 01:00:00:11 01:00:00:10 01:00:00:11
 |C:ResolveColorBlue |M:Too dark |D:1

002  001      V     C        01:00:01:00 01:00:01:01 01:00:01:00 01:00:01:01
 |C:ResolveColorRed |M:Flicker <b>here</b> |D:20

003  001      V     C        02:00:00:00 02:00:00:01 02:00:00:00 02:00:00:01
 |C:ResolveColorRed |M:Beyond the end |D:1
"""


@pytest.fixture(scope="module")
def film(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("files") / "Day 5 reel.mov"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=3"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-timecode", "01:00:00:00"]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    return dict(api.wait_ready(api.make_asset(api.make_project("Files"), path)["id"]))


def shot(page: Page, name: str) -> None:
    """For whoever wants to look."""
    if folder := os.environ.get("MAM_SHOTS"):
        page.screenshot(path=Path(folder, f"{name}.png"))


def test_markers_in_and_a_pdf_out(open_page: Open, film: dict[str, Any], tmp_path: Path) -> None:
    # Given the page of a film, and Resolve's markers, one of them beyond its end
    page = open_page(f"/assets/{film['id']}")
    expect(page.locator("[data-now]")).to_have_text("01:00:00:00")
    taking = page.get_by_label("Take notes away or bring some in")
    taking.click()
    shot(page, "menu")
    page.get_by_role("button", name="Bring notes in").click()
    # When the file is chosen, what it holds is shown and nothing is written
    dialog = page.get_by_role("dialog", name="Bring notes in")
    file = {"name": "markers.edl", "mimeType": "text/plain", "buffer": EDL.encode()}
    dialog.locator("input[type=file]").set_input_files(files=[file])
    expect(dialog).to_contain_text("An EDL: 2 new, 1 not to be read.")
    expect(dialog.get_by_role("row").filter(has_text="02:00:00:00 is after the last frame")).to_have_count(1)
    expect(page.locator(".note")).to_have_count(0)
    shot(page, "import")
    # When it is brought in, the notes stand at their frames; a second time they are there already
    dialog.get_by_role("button", name="Import 2").click()
    expect(page.locator(".note-place")).to_have_text(["01:00:00:10", "01:00:01:00 \u2013 01:00:01:19"])
    expect(page.get_by_text("Flicker <b>here</b>", exact=True)).to_be_visible()
    taking.click()
    page.get_by_role("button", name="Bring notes in").click()
    dialog.locator("input[type=file]").set_input_files(files=[file])
    expect(dialog).to_contain_text("0 new, 2 already there")
    expect(dialog.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    page.keyboard.press("Escape")
    # When a PDF is taken, it has both notes with their pictures
    taking.click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="PDF with stills").click()
    saved = tmp_path / "notes.pdf"
    waiting.value.save_as(saved)
    document = pypdfium2.PdfDocument(saved)
    said = "".join(one.get_textpage().get_text_range() for one in document)
    assert "Too dark" in said
    assert sum(1 for one in document for thing in one.get_objects() if thing.type == 3) == 2


def test_the_same_on_paper(open_page: Open, film: dict[str, Any], api: Any) -> None:
    version = film["current_version_id"]
    wanted = {"version_id": version, "frame": 3, "body": "For paper\n  indented"}
    api.client.post(f"/api/assets/{film['id']}/comments", json=wanted).raise_for_status()
    page = open_page(f"/assets/{film['id']}/notes?version={version}&state=open")
    expect(page.locator("[data-paper-state]")).to_have_text("Ready to print.")
    expect(page.get_by_role("heading", name="Day 5 reel.mov")).to_be_visible()
    note = page.locator(".paper-note").filter(has_text="For paper")
    expect(note.locator(".timecode")).to_have_text("01:00:00:03")
    expect(note.locator("img")).to_have_js_property("naturalWidth", 640)
    shot(page, "paper")
    # On paper there are no buttons, whatever the reader's appearance is
    page.emulate_media(media="print")
    expect(page.locator(".paper-bar")).to_be_hidden()
    expect(page.locator(".paper")).to_have_css("background-color", "rgb(255, 255, 255)")
