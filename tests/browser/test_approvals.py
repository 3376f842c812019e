"""Approvals in the browser: a review asked for and decided by keyboard, live for others; board; home."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from patience import settles
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]
NOTE = "The name is cut off"


@pytest.fixture(scope="module")
def shelf(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A project with three pictures: their assets' ids by title."""
    project_id = api.make_project("Reviews")
    found = {"project": project_id}
    for colour in ("teal", "maroon", "orange"):
        path = Path(tmp_path_factory.mktemp("reviews")) / f"{colour}.png"
        command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", f"color={colour}:s=320x180"]
        subprocess.run([*command, "-frames:v", "1", str(path)], check=True, timeout=60)
        found[colour] = api.make_asset(project_id, path, title=colour.title())["id"]
    for colour in ("teal", "maroon", "orange"):
        api.wait_ready(found[colour])
    return found


def test_ask_decide_and_take_back_by_keyboard(open_page: Open, shelf: dict[str, Any]) -> None:
    # Given the page of an asset in two windows
    page = open_page(f"/assets/{shelf['teal']}")
    other = open_page(f"/assets/{shelf['teal']}", color_scheme="light")
    state = page.locator("[data-approval-state]")
    # When somebody is asked for a review, due tonight
    page.locator("[data-approval-menu] > summary").click()
    page.get_by_role("button", name="Ask for a review…").click()
    dialog = page.get_by_role("dialog", name="Ask for a review")
    dialog.get_by_role("button", name="Ask for a review").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose somebody in every step.")
    dialog.get_by_role("checkbox", name="Ana").check()
    dialog.get_by_role("button", name="Tonight").click()
    dialog.get_by_role("button", name="Ask for a review").click()
    # Then both windows say so at once, and offer the decision
    for one in (page, other):
        expect(one.locator("[data-approval-state]")).to_have_text("In review")
        expect(one.locator("[data-approval-quick]")).to_be_visible()
    # When changes are requested by keyboard
    page.locator("body").press("Shift+R")
    expect(page.locator("textarea:focus")).to_have_count(1)
    page.keyboard.type(NOTE)
    page.keyboard.press("Enter")
    # Then it is the state, and a note that everybody sees
    expect(other.locator("[data-approval-state]")).to_have_text("Changes requested")
    expect(other.locator(".note", has_text=NOTE)).to_have_count(1)
    # When that is undone, then neither is left
    page.get_by_role("button", name="Undo").last.click()
    expect(state).to_have_text("In review")
    expect(other.locator(".note", has_text=NOTE)).to_have_count(0)
    # When it is approved by keyboard, then it is, and the history still tells what was said
    page.locator("body").press("Shift+A")
    expect(other.locator("[data-approval-state]")).to_have_text("Approved")
    other.locator("[data-approval-menu] > summary").click()
    other.get_by_role("button", name="What was said before").click()
    expect(other.locator("[data-approval-panel]")).to_contain_text(NOTE)


def test_the_board_and_home_tell_who_owes_what(open_page: Open, shelf: dict[str, Any], api: Any) -> None:
    # Given a review that waits for the reader
    asset = api.client.get(f"/api/assets/{shelf['maroon']}").json()
    me = api.client.get("/auth/me").json()["id"]
    body = {"reviewers": [me], "due_at": "2031-01-01T12:00:00Z"}
    address = f"/api/versions/{asset['current_version_id']}"
    board = open_page(f"/projects/{shelf['project']}/board")
    card = board.locator(f".board-card[data-asset-id='{shelf['maroon']}']")
    expect(board.locator("[data-name=none]").locator(card)).to_have_count(1)
    api.client.post(f"{address}/review", json=body).raise_for_status()
    # Then the board moves its card without a reload, and home puts it on top
    expect(board.locator("[data-name=in_review]").locator(card)).to_contain_text("Waits for you")
    expect(board.locator("[data-count=waiting]")).to_have_text("1")
    home = open_page("/")
    expect(home.locator(".waiting-list")).to_contain_text("Maroon")
    expect(home.locator(".project-row", has_text="Reviews")).to_contain_text("1 in review")
    # When the card is dragged onto Approved, then that is one's own decision, and Undo takes it back
    card.drag_to(board.locator("[data-name=approved]"))
    expect(board.locator("[data-name=approved]").locator(card)).to_have_count(1)
    board.get_by_role("button", name="Undo").last.click()
    expect(board.locator("[data-name=in_review]").locator(card)).to_have_count(1)
    # When it is approved from the keyboard, then it is in the project's grid too
    card.locator("a").focus()
    expect(card.locator("a")).to_be_focused()
    board.keyboard.press("Shift+A")
    expect(board.locator("[data-name=approved]").locator(card)).to_have_count(1)
    board.locator("[data-view-to=grid]").click()
    shown = board.locator(f".card[data-asset-id='{shelf['maroon']}'] .badge.review")
    expect(shown).to_have_text("Approved")
    # And a search on home narrows the rows while typing
    home.locator("[data-search]").fill("no such project")
    expect(home.get_by_text("No project of that name.")).to_be_visible()
    expect(home.locator(".project-row")).to_have_count(0)


BEN, PASSWORD = "ben.at.the.bell@example.com", "another short sentence"
THUMB = """() => ["[data-approval-quick] [data-decide=approved]", "[data-notes-write]"].map((selector) => {
    const one = document.querySelector(selector), { left, right, top, bottom } = one.getBoundingClientRect();
    const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return top > innerHeight * 2 / 3 && bottom <= innerHeight && bottom - top >= 44 && one.contains(at);
})"""


@pytest.fixture(scope="module")
def ben(box: Any, api: Any, shelf: dict[str, Any]) -> dict[str, Any]:
    """Ben reviews the project: his id and the cookies of his login."""
    body = {"email": BEN, "display_name": "Ben Okri", "password": PASSWORD}
    user = httpx.post(f"{box.url}/auth/register", json=body, timeout=60).raise_for_status().json()["user"]
    api.client.patch(f"/api/admin/users/{user['id']}", json={"status": "active"}).raise_for_status()
    path = f"/api/projects/{shelf['project']}/members/{user['id']}"
    api.client.put(path, json={"role": "reviewer"}).raise_for_status()
    answer = httpx.post(
        f"{box.url}/login", data={"email": BEN, "password": PASSWORD, "next": "/"}, timeout=60
    )
    cookie = {"name": "mam_session", "value": answer.cookies["mam_session"], "domain": "127.0.0.1"}
    rest = {"path": "/", "httpOnly": True, "secure": False, "sameSite": "Lax", "expires": -1}
    return {"id": user["id"], "state": {"cookies": [{**cookie, **rest}], "origins": []}}


def test_who_is_asked_hears_it_and_decides_at_the_thumb(
    open_page: Open, shelf: dict[str, Any], ben: dict[str, Any], api: Any
) -> None:
    # Given Ben on his phone, somewhere in the portal
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = open_page("/", storage_state=ben["state"], **phone)
    bell = page.locator("[data-bell] summary")
    expect(bell).to_have_attribute("aria-label", "Notifications")
    # When somebody asks him for a review
    asset = api.client.get(f"/api/assets/{shelf['orange']}").json()
    version = f"/api/versions/{asset['current_version_id']}"
    api.client.post(f"{version}/review", json={"reviewers": [ben["id"]]}).raise_for_status()
    # Then his bell rings where he is, without a reload, and leads there
    expect(bell).to_have_attribute("aria-label", "Notifications, 1 unread")
    bell.tap()
    page.locator("[data-bell-list] a", has_text="asks you to review v1").tap()
    expect(page).to_have_url(re.compile(shelf["orange"]))
    expect(page.locator("[data-approval-panel]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-approval-panel]")).to_be_hidden()
    # And at the foot of the page lie both: what he owes, and the way to a note, neither under the other
    settles(page, THUMB, [True, True])
    page.locator("[data-approval-quick] [data-decide=approved]").tap()
    expect(page.locator("[data-approval-quick]")).to_be_hidden()
    expect(page.locator("[data-approval-state]")).to_have_text("Approved")
    # And who asked is told, which other tests of the same box need not find
    api.client.post("/api/notifications/read").raise_for_status()
