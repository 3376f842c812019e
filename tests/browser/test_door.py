"""The door: set-up, login, logout, registration, errors. Forms work without scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from patience import chord
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]


def test_set_up_makes_the_administrator_once(chromium: Browser, start_box: Any, watched: Any) -> None:
    """Promise F12: the link works once, in a browser without scripts too."""
    # Given a box that has just started for the first time, and a browser that runs no scripts
    fresh = start_box()
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(60_000)
    page = watched.watch(context.new_page())
    page.goto(f"{fresh.url}/")
    expect(page.get_by_text("Nobody administers this box yet")).to_be_visible()
    # When somebody opens the link and fills the form
    page.goto(fresh.setup)
    page.fill("#display_name", "Ana")
    page.fill("#email", "ana@example.com")
    page.locator("#password").fill("a good enough password")
    page.get_by_role("button", name="Create the account").click()
    # Then that person is in, and the link is spent
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    assert httpx.get(fresh.setup, timeout=60).headers["location"] == "/login"
    form = {"email": "eve@example.com", "display_name": "Eve", "password": "a good enough password"}
    assert httpx.post(fresh.setup, data=form, timeout=60).status_code == 403
    context.close()


def test_log_in_and_out(open_page: Open, watched: Any) -> None:
    # Given somebody who is not logged in and opens a page
    watched.allowed.append("403")
    page = open_page("/admin/health", storage_state=None)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    # When the password is wrong
    page.fill("#email", "ana@example.com")
    page.fill("#password", "not the password")
    page.keyboard.press("Enter")
    # Then the page says so and keeps the email
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#email")).to_have_value("ana@example.com")
    # When it is right, then the page asked for opens
    page.fill("#password", "a short sentence is good")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Health")).to_be_visible()
    # When the person logs out, then nothing opens any more
    page.get_by_label("Account of Ana Kovač").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_pending_account_waits_and_is_let_in(open_page: Open, watched: Any) -> None:
    watched.allowed.append("403")
    # Given somebody who makes an account
    guest = open_page("/register", storage_state=None)
    guest.fill("#display_name", "Bojan")
    guest.fill("#email", "bojan@example.com")
    guest.fill("#password", "another short sentence")
    guest.keyboard.press("Enter")
    expect(guest.get_by_role("heading", name="Almost there")).to_be_visible()
    # When the administrator activates it
    admin = open_page("/admin/users")
    row = admin.get_by_role("row", name="Bojan")
    expect(row.locator(".state")).to_have_text("pending")
    row.get_by_role("button", name="Activate").click()
    expect(row.locator(".state")).to_have_text("active")
    # Then they get in, and see nobody else's projects
    guest.goto("/login")
    guest.fill("#email", "bojan@example.com")
    guest.fill("#password", "another short sentence")
    guest.keyboard.press("Enter")
    expect(guest.get_by_text("Start with a project")).to_be_visible()
    # And the rooms of the administrators stay closed
    guest.goto("/admin/jobs")
    expect(guest.get_by_role("heading", name="Not allowed")).to_be_visible()


def test_an_administrator_adds_a_person(open_page: Open) -> None:
    page = open_page("/admin/users")
    page.get_by_text("Add a person").click()
    page.fill("#display_name", "Cvita")
    page.fill("#email", "cvita@example.com")
    page.fill("#password", "yet another sentence")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Cvita can log in now")).to_be_visible()
    expect(page.get_by_role("row", name="Cvita").locator(".state")).to_have_text("active")


def test_what_is_not_there_is_a_page_of_the_theme(open_page: Open, watched: Any) -> None:
    watched.allowed.append("404")
    for path in ("/nowhere", "/projects/01a1fd71-653d-7ced-9760-6d2697fbe92d", "/assets/nothing"):
        page = open_page(path)
        expect(page.get_by_role("heading", name="Not found")).to_be_visible()
        expect(page.get_by_role("link", name="To the projects")).to_be_visible()


def test_the_choice_of_appearance_is_kept(open_page: Open) -> None:
    page = open_page("/", color_scheme="light")
    body = page.locator("body")
    expect(body).to_have_css("background-color", "rgb(240, 240, 240)")
    page.get_by_label("Account of").click()
    with page.expect_response("**/appearance"):
        page.get_by_role("button", name="Dark").click()
    expect(body).to_have_css("background-color", "rgb(20, 20, 20)")
    page.reload()
    expect(body).to_have_css("background-color", "rgb(20, 20, 20)")


def test_shortcuts_are_listed_and_lead_somewhere(open_page: Open) -> None:
    page = open_page("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    chord(page, "gs", page.get_by_role("heading", name="Health"))
    chord(page, "gp", page.get_by_role("heading", name="Projects"))


@pytest.mark.parametrize("path", ["/admin/health", "/admin/jobs", "/admin/plugins", "/admin/users"])
def test_the_rooms_of_the_administrators(open_page: Open, path: str) -> None:
    page = open_page(path)
    expect(page.locator("nav.tabs a[aria-current=page]").first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
