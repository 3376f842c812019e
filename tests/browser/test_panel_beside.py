"""The panel's captions and proxies in the browser: added, refused, shown, made, downloaded, removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import ENCODED, wait
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SRT = "1\n00:00:00,200 --> 00:00:03,500\nGrüße <i>an</i> <img src=x onerror=alert(1)>alle\n"


@pytest.fixture(scope="module")
def asset(api: Any, clip: Path) -> dict[str, Any]:
    """Four seconds of film that are ready."""
    return dict(api.wait_ready(api.make_asset(api.make_project("Panel"), clip)["id"]))


def test_a_caption_file_is_added_shown_and_removed(
    open_page: Callable[..., Page], asset: dict[str, Any], tmp_path: Path, watched: Any
) -> None:
    # Given the page of a film, and three files
    (tmp_path / "A003_C012.de.srt").write_text(SRT, encoding="utf-8")
    (tmp_path / "broken.srt").write_text("1\n00:00:99,000 --> 00:01:00,000\nx\n")
    page = open_page(f"/assets/{asset['id']}")
    panel = page.locator("[data-beside=captions]")
    expect(panel.locator("[data-list]")).to_have_text("No files added.")
    # When one is chosen that cannot be read
    watched.allowed.append("422")
    panel.locator("input[type=file]").set_input_files(tmp_path / "broken.srt")
    # Then the panel says why
    expect(panel.locator("[data-wrong]")).to_contain_text("Line 2 has no times that can be read")
    # And when a good one is
    panel.locator("input[type=file]").set_input_files(tmp_path / "A003_C012.de.srt")
    # Then it is listed, and the player offers it by its name
    expect(panel.locator("[data-list] li .name")).to_have_text("German")
    expect(panel.locator("[data-wrong]")).to_be_hidden()
    menu = page.locator("[data-menu=captions]")
    expect(menu).to_be_visible()
    menu.locator("summary").click()
    menu.get_by_role("button", name="German").click()
    wait(page, "[...document.querySelector('video').textTracks].some((one) => one.cues?.length > 0)")
    words = page.evaluate(
        "[...document.querySelector('video').textTracks].find((one) => one.cues?.length > 0)"
        ".cues[0].getCueAsHTML().textContent"
    )
    assert words == "Grüße an alle"
    # And it can be taken away
    panel.get_by_role("button", name="Remove captions German").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(panel.locator("[data-list]")).to_have_text("No files added.")
    expect(menu).to_be_hidden()


def test_a_proxy_is_made_downloaded_and_removed(
    open_page: Callable[..., Page], asset: dict[str, Any]
) -> None:
    # Given the page of a film
    page = open_page(f"/assets/{asset['id']}")
    panel = page.locator("[data-beside=proxies]")
    # When somebody asks for a proxy
    panel.get_by_role("button", name="ProRes Proxy").click()
    # Then it appears on its way, is not offered again, and is there at last without a reload
    expect(panel.locator("[data-list] li .name")).to_have_text("ProRes 422 Proxy")
    expect(panel.locator("[data-recipe=prores]")).to_be_hidden()
    link = panel.get_by_role("link", name="Download A003_C012_prores_proxy.mov")
    expect(link).to_be_visible(timeout=ENCODED)
    # And comes under its name
    with page.expect_download() as coming:
        link.click()
    assert coming.value.suggested_filename == "A003_C012_prores_proxy.mov"
    assert coming.value.path().stat().st_size > 10_000
    # And can be removed
    panel.get_by_role("button", name="Remove ProRes 422 Proxy").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(panel.locator("[data-list] li")).to_have_count(0)
    expect(panel.locator("[data-recipe=prores]")).to_be_visible()
