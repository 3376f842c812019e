"""The key pages in German on a phone: nothing overflows, no word is cut, the console is clean; the switch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from patience import settles
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]

PHONE = {"width": 390, "height": 844}
WIDER = "document.documentElement.scrollWidth - innerWidth"
CUT = """() => [...document.querySelectorAll("button, .button, h1, h2, label, th")]
    .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1
        && getComputedStyle(one).textOverflow !== "ellipsis" && getComputedStyle(one).display !== "inline"
        && !one.classList.contains("visually-hidden") && !one.querySelector("input, select, details"))
    .map((one) => one.textContent.trim())"""


@pytest.fixture(scope="module")
def film(api: Any, clip: Path) -> dict[str, Any]:
    """A film in review, by oneself, with a note and a link to it."""
    project = api.make_project("Salz des Karsts")
    asset = api.wait_ready(api.make_asset(project, clip)["id"])
    version = asset["current_version_id"]
    note = {"version_id": version, "body": "Zu dunkel", "frame": 12}
    api.client.post(f"/api/assets/{asset['id']}/comments", json=note).raise_for_status()
    me = api.client.get("/auth/me").raise_for_status().json()["id"]
    asked = {"reviewers": [me]}
    api.client.post(f"/api/versions/{version}/review", json=asked).raise_for_status()
    share = {"asset_ids": [asset["id"]], "allow_comments": True}
    link = api.client.post("/api/shares", json=share).raise_for_status().json()
    return {"project": project, "asset": asset["id"], "link": httpx.URL(link["url"]).path}


def test_the_key_pages_fit_in_german(open_page: Open, film: dict[str, Any]) -> None:
    """Issue 5, item 8: German, on a phone too."""
    # Given somebody whose browser asks for German, on a phone
    page = open_page("/", locale="de-AT", viewport=PHONE)
    project = f"/projects/{film['project']}"
    paths = [
        "/", project, f"{project}/board", f"{project}/shares", f"{project}/people", f"{project}/trash",
        f"/assets/{film['asset']}", "/search?q=karst", "/admin/storage", "/admin/audit",
    ]  # fmt: skip
    # When the pages are opened, then each is German, none is wider than the phone, and no word is cut off
    for path in paths:
        page.goto(path)
        page.wait_for_selector("html[data-ready]", state="attached")
        assert page.locator("html").get_attribute("lang") == "de", path
        settles(page, WIDER, lambda wider: wider <= 0, f"{path} fits")
        settles(page, CUT, [], f"words cut on {path}")


def test_the_switch_keeps_its_word(open_page: Open, film: dict[str, Any]) -> None:
    # Given an English browser without a login, at the door of a link
    guest = open_page(film["link"], storage_state=None, locale="en-GB")
    expect(guest.get_by_role("heading", name="Shared with you")).to_be_visible()
    # When German is chosen, then the door is German, and what lies behind it too
    guest.get_by_role("button", name="Deutsch").click()
    expect(guest.get_by_role("heading", name="Für Sie freigegeben")).to_be_visible()
    guest.get_by_label("Ihr Name").fill("Vera")
    guest.get_by_role("button", name="Ansehen").click()
    expect(guest.get_by_role("heading", name="Anmerkungen")).to_be_visible()
    settles(guest, WIDER, lambda wider: wider <= 0)
    # When a guest changes their mind inside, then the page is English again
    guest.locator(".share-bar summary").click()
    guest.get_by_role("button", name="English").click()
    expect(guest.get_by_role("heading", name="Notes")).to_be_visible()
