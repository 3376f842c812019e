"""Media hash lists in the browser: make one, download it, compare a client's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mam.media import mhl

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]


def test_a_list_is_made_downloaded_and_compared(
    open_page: Open, own_clip: Path, tmp_path: Path, watched: Any
) -> None:
    # Given a project with one file
    page = open_page("/")
    page.get_by_role("button", name="New project").click()
    page.get_by_label("Name").fill("Lists")
    page.keyboard.press("Enter")
    page.wait_for_url("**/projects/*")
    page.set_input_files("#pick-files", own_clip)
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 1 of 1")
    # When its lists are opened from the project's menu, then there is none yet
    page.get_by_label("More for the project Lists").click()
    page.get_by_role("link", name="Media hash lists").click()
    expect(page.get_by_text("None yet. Make the first one")).to_be_visible()
    # When one is made, then it stands there with its files, and can be downloaded
    page.get_by_label("What for").fill("To the grade & <back>")
    page.keyboard.press("Enter")
    row = page.locator("tbody tr")
    expect(row).to_contain_text("To the grade & <back>")
    with page.expect_download() as waiting:
        row.get_by_role("link", name="Download generation 1").click()
    waiting.value.save_as(tmp_path / "ours.mhl")
    ours = mhl.parse_manifest((tmp_path / "ours.mhl").read_bytes())
    assert [one.path for one in ours.entries] == [own_clip.name]
    # When a client's list with one more file is compared, then both kinds are named
    gone = mhl.Entry("card/gone.mov", {"xxh128": "0" * 32}, 1)
    (tmp_path / "client.mhl").write_bytes(mhl.write_manifest(mhl.Manifest((*ours.entries, gone))))
    page.set_input_files("#client-list", tmp_path / "client.mhl")
    expect(page.locator("[data-found=verified] summary")).to_have_text("1 is here, unchanged")
    expect(page.locator("[data-found=missing]")).to_contain_text("card/gone.mov")
    # and a file that is none is one sentence
    (tmp_path / "none.mhl").write_text("<html></html>")
    watched.allowed.append("422")
    page.set_input_files("#client-list", tmp_path / "none.mhl")
    expect(page.locator("[data-compared]")).to_contain_text("This is no media hash list")
