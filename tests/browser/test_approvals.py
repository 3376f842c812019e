"""Approvals in the browser: a review asked for and decided by keyboard, live for others; board; home."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]
NOTE = "The name is cut off"


@pytest.fixture(scope="module")
def shelf(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A project with two pictures: their assets' ids by title."""
    project_id = api.make_project("Reviews")
    found = {"project": project_id}
    for colour in ("teal", "maroon"):
        path = Path(tmp_path_factory.mktemp("reviews")) / f"{colour}.png"
        command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", f"color={colour}:s=320x180"]
        subprocess.run([*command, "-frames:v", "1", str(path)], check=True, timeout=60)
        found[colour] = api.make_asset(project_id, path, title=colour.title())["id"]
    for colour in ("teal", "maroon"):
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
    board.keyboard.press("Shift+A")
    expect(board.locator("[data-name=approved]").locator(card)).to_have_count(1)
    board.locator("[data-view-to=grid]").click()
    shown = board.locator(f".card[data-asset-id='{shelf['maroon']}'] .badge.review")
    expect(shown).to_have_text("Approved")
    # And a search on home narrows the rows while typing
    home.locator("[data-search]").fill("no such project")
    expect(home.get_by_text("No project of that name.")).to_be_visible()
    expect(home.locator(".project-row")).to_have_count(0)


def test_a_review_rings_leads_to_its_version_and_is_decided_with_the_thumb(
    open_page: Open, shelf: dict[str, Any], api: Any, box: Any
) -> None:
    # Given Ben on his phone's list of projects, and a review that begins with him
    ben, state = _ben(box, api, shelf["project"])
    phone = open_page("/", storage_state=state, viewport={"width": 390, "height": 844}, has_touch=True)
    version = api.client.get(f"/api/assets/{shelf['teal']}").json()["current_version_id"]
    api.client.delete(f"/api/versions/{version}/review")  # of the test before, where that ran
    me = api.client.get("/auth/me").json()["id"]
    body = {"reviewers": [ben, me], "due_at": "2031-01-01T12:00:00Z"}
    bell = phone.locator("[data-bell] summary")
    api.client.post(f"/api/versions/{version}/review", json=body).raise_for_status()
    # Then his bell rings, tells who asks and until when, and leads to the version with its review open
    expect(bell).to_have_attribute("aria-label", "Notifications, 1 unread")
    bell.click()
    asked = phone.locator("[data-bell-list] a", has_text="asks you to review v1")
    expect(asked).to_contain_text("Due")
    asked.click()
    expect(phone.locator("[data-approval-panel]")).to_contain_text("Asked by Ana")
    expect(bell).to_have_attribute("aria-label", "Notifications")
    phone.keyboard.press("Escape")
    # And both buttons are at his thumb, with the day it is due
    turn = phone.get_by_role("group", name="Your review")
    expect(turn.locator("time")).to_contain_text("Due 1 Jan")
    home = open_page("/")
    turn.get_by_role("button", name="Approve").tap()
    expect(turn).to_be_hidden()
    # Then who asked is told on whatever page, and by Undo not any more
    ringing = home.locator("[data-bell] summary")
    expect(ringing).to_have_attribute("aria-label", "Notifications, 1 unread")
    phone.get_by_role("button", name="Undo").tap()
    expect(turn).to_be_visible()
    expect(ringing).to_have_attribute("aria-label", "Notifications")


def _ben(box: Any, api: Any, project_id: str) -> tuple[str, dict[str, Any]]:
    """A reviewer of the project: id, and the cookies of the login."""
    body = {"email": "ben@reviews.example", "display_name": "Ben Okri", "password": "correct horse battery"}
    user = httpx.post(f"{box.url}/auth/register", json=body, timeout=60).raise_for_status().json()["user"]
    api.client.patch(f"/api/admin/users/{user['id']}", json={"status": "active"}).raise_for_status()
    path = f"/api/projects/{project_id}/members/{user['id']}"
    api.client.put(path, json={"role": "reviewer"}).raise_for_status()
    form = {"email": body["email"], "password": body["password"], "next": "/"}
    answer = httpx.post(f"{box.url}/login", data=form, timeout=60)
    cookie = {"name": "mam_session", "value": answer.cookies["mam_session"], "domain": "127.0.0.1"}
    rest = {"path": "/", "httpOnly": True, "secure": False, "sameSite": "Lax", "expires": -1}
    return user["id"], {"cookies": [{**cookie, **rest}], "origins": []}
