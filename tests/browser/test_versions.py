"""The stack of versions in the browser: by the keyboard, while something is written, with every way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import ENCODED
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]
Open = Callable[..., Page]


def text_file(folder: Path, name: str, words: str) -> Path:
    path = folder / name
    path.write_text(words, encoding="utf-8")
    return path


def version_id(api: Any, asset_id: str, number: int) -> str:
    versions = api.client.get(f"/api/assets/{asset_id}/versions").raise_for_status().json()["items"]
    return str(next(one["id"] for one in versions if one["number"] == number))


def test_a_new_version_comes_while_a_note_is_written(
    open_page: Open, api: Any, own_clip: Path, tmp_path: Path
) -> None:
    # Given two people on a version with an open note; one of them writes
    asset = api.make_asset(api.make_project("Stack"), own_clip, "Teaser")
    asset_id = api.wait_ready(asset["id"])["id"]
    note = {"version_id": version_id(api, asset_id, 1), "frame": 24, "body": "Grade this"}
    api.client.post(f"/api/assets/{asset_id}/comments", json=note).raise_for_status()
    page, other = open_page(f"/assets/{asset_id}"), open_page(f"/assets/{asset_id}")
    area = page.locator("[data-notes-form] textarea")
    area.fill("Not sent yet")
    # When the other one gives the asset its next version
    second = tmp_path / "Teaser_v2.mov"
    second.write_bytes(own_clip.read_bytes() + b"\x00" * 16)
    other.set_input_files("#new-version", second)
    # Then both are offered it once it can be shown, and stay where they are until then
    for one in (page, other):
        shows = one.locator("[data-arrival]").get_by_role("link", name="Show v2")
        expect(shows).to_be_visible(timeout=ENCODED)
        assert "version=" not in one.url
    expect(area).to_have_value("Not sent yet")
    # When it is followed, then the open note is offered, and carried over tells where it came from
    page.locator("[data-arrival]").get_by_role("link", name="Show v2").click()
    offer = page.locator("[data-carry-offer]")
    expect(offer).to_contain_text("v1 has 1 open note.")
    offer.get_by_role("button", name="Carry over").click()
    carried = page.locator(".note", has_text="Grade this")
    expect(carried).to_contain_text("carried from v1")
    # And the way back takes it away again
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(carried).to_have_count(0)


def test_the_menu_of_versions_by_the_keyboard(open_page: Open, api: Any, tmp_path: Path) -> None:
    # Given a stack of three
    first = text_file(tmp_path, "first.txt", "one of the stack")
    asset_id = api.make_asset(api.make_project("Menu"), first, "Paper")["id"]
    for number in (2, 3):
        api.wait_ready(asset_id)
        api.add_version(asset_id, text_file(tmp_path, f"take{number}.txt", f"number {number} of the stack"))
    api.wait_ready(asset_id)
    page = open_page(f"/assets/{asset_id}")
    menu = page.locator("[data-versions]")
    # When the menu is opened and the second chosen by the keyboard
    page.keyboard.press("v")
    expect(menu.locator("[aria-current]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(menu.locator(".version").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{page.url.split('/assets')[0]}/assets/{asset_id}?version=2")
    expect(menu.locator("summary")).to_contain_text("v2")
    # When it is made current, then the asset shows it, and the way back is offered
    menu.locator("summary").click()
    menu.get_by_role("button", name="Make v2 current").click()
    expect(page.locator(".toast")).to_contain_text("v2 is current.")
    expect(menu.locator("summary")).to_contain_text("v2")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(menu.locator("summary")).to_contain_text("v3")
    # When it gets a label, then that stands in the menu
    menu.locator("summary").click()
    menu.get_by_role("button", name="Label v3").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("For the client")
    page.keyboard.press("Enter")
    expect(menu.locator(".version").first).to_contain_text("For the client")
    # When it is taken out, then the one before is shown; its master stays, and it can be put back
    expect(page.locator(".toast")).to_contain_text("v3 is labelled.")
    menu.locator("summary").click()
    menu.get_by_role("button", name="Take v3 out of the stack").click()
    expect(page.locator(".toast")).to_contain_text("Its master stays in custody.")
    expect(menu.locator("summary")).to_contain_text("v2")
    expect(menu.locator(".version")).to_have_count(2)
    menu.locator("summary").click()
    menu.get_by_role("button", name="Put back").click()
    expect(menu.locator(".version")).to_have_count(3)


def test_an_asset_is_put_onto_another_and_taken_off(open_page: Open, api: Any, tmp_path: Path) -> None:
    # Given two assets
    project = api.make_project("Onto")
    one = api.make_asset(project, text_file(tmp_path, "one.txt", "the earlier paper"), "Earlier")["id"]
    api.wait_ready(one)
    two = api.make_asset(project, text_file(tmp_path, "two.txt", "the later paper"), "Later")["id"]
    api.wait_ready(two)
    page = open_page(f"/assets/{one}")
    menu = page.locator("[data-versions]")
    # When the second is chosen as the next version of the first
    menu.locator("summary").click()
    menu.get_by_role("button", name="Add another asset").click()
    page.get_by_role("dialog").get_by_role("button", name="Later").click()
    # Then it is that, and the way back makes it an asset again
    expect(page.locator(".toast")).to_contain_text("“Later” is the next version now.")
    expect(menu.locator("summary")).to_contain_text("v2")
    assert api.client.get(f"/api/assets/{two}").status_code == 404
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(menu.locator("summary")).to_contain_text("v1")
    assert api.client.get(f"/api/assets/{two}").json()["versions"][0]["number"] == 1
    # And a card dragged onto another in the project's grid does the same, there and back
    grid = open_page(f"/projects/{project}")
    expect(grid.locator(".card")).to_have_count(2)
    grid.locator(f".card[data-asset-id='{two}']").drag_to(grid.locator(f".card[data-asset-id='{one}']"))
    expect(grid.locator(".toast")).to_contain_text("It is the next version of “Earlier” now.")
    expect(grid.locator(".card")).to_have_count(1)
    grid.locator(".toast").get_by_role("button", name="Undo").click()
    expect(grid.locator(".card")).to_have_count(2)
