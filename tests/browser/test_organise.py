"""Finding and ordering in the browser: many chosen by keys, moved and taken back; folders by drag; search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from patience import becomes
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]


def test_many_are_chosen_moved_tagged_thrown_away_and_all_of_it_taken_back(open_page: Open, api: Any) -> None:
    # Given five assets and two folders
    project = api.make_project("Order")
    for name in ("Day 1", "Day 2"):
        api.client.post(f"/api/projects/{project}/folders", json={"name": name})
    for number in range(5):
        api.client.post("/api/assets", json={"project_id": project, "title": f"Take {number}"})
    page = open_page(f"/projects/{project}")
    chosen, bar = page.locator(".card.chosen"), page.locator(".bulk")
    # When three are chosen by the keyboard alone and moved by it
    page.locator(".card-link").nth(1).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(chosen).to_have_count(3)
    expect(bar).to_contain_text("3 selected")
    page.keyboard.press("v")
    page.get_by_label("Find a folder").fill("day 2")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("3 assets moved to Day 2.")
    expect(bar).to_be_hidden()
    # Then they lie there; the toast takes it back
    listed = {"project_id": project, "sort": "title"}

    def in_folders() -> int:
        found = api.client.get("/api/assets", params=listed).json()["items"]
        return sum(bool(one["folder_id"]) for one in found)

    assert in_folders() == 3
    page.get_by_role("button", name="Undo").click()
    becomes(in_folders, 0)
    expect(page.locator(".toast")).to_have_count(0)
    # And one card is dragged onto a folder, one folder into the other
    page.locator(".card").first.drag_to(page.locator(".tree a", has_text="Day 1"))
    expect(page.locator(".toast")).to_contain_text("1 asset moved to Day 1.")
    page.locator(".tree a", has_text="Day 2").drag_to(page.locator(".tree a", has_text="Day 1"))
    expect(page.locator(".tree ul ul ul a, .tree ul ul a").filter(has_text="Day 2")).to_have_count(1)
    # And all of them are thrown away at once, and brought back from the trash
    page.keyboard.press("Control+a")
    expect(chosen).to_have_count(5)
    bar.get_by_role("button", name="Trash").click()
    expect(page.locator(".card")).to_have_count(0)
    page.goto(f"/projects/{project}/trash")
    page.get_by_label("Mark all").check()
    page.get_by_role("button", name="Restore 5").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()


def test_a_search_finds_a_note_and_opens_it_where_it_stands(open_page: Open, api: Any) -> None:
    # Given an asset with a field's value
    project = api.make_project("Finding")
    api.client.post(f"/api/projects/{project}/fields", json={"name": "Camera", "type": "text"})
    body = {
        "project_id": project,
        "title": "Zeppelin <wide>",
        "tags": ["zenith"],
        "metadata": {"camera": "Zeta"},
    }
    api.client.post("/api/assets", json=body)
    # When somebody presses the slash anywhere and types
    page = open_page("/search")
    page.locator("h1").focus()
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("zep")
    # Then what may be meant is offered, and Enter on it goes there
    expect(page.locator("#suggested [role=option]").first).to_contain_text("Zeppelin <wide>")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator(".hit .title mark")).to_have_text("Zeppelin")
    page.locator("[data-search]").fill("zeta")
    page.keyboard.press("Enter")
    expect(page.locator(".snippets a")).to_contain_text("camera: Zeta")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hit-link").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Camera")).to_have_value("Zeta")
    # And a value that is changed there is kept, with an undo
    page.get_by_label("Camera").fill("B")
    page.keyboard.press("Tab")
    expect(page.locator(".toast")).to_contain_text("Camera changed.")
    page.goto("/search?q=nothing-is-called-this")
    expect(page.get_by_text("Nothing found")).to_be_visible()
