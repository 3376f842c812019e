"""One's own account in Chromium: invited, a key told once, codes from the phone, a passkey of the device."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from mam.services.codes import STEP, code_at

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]
PASSWORD = "four words are enough"


def _come_in(open_page: Open, box: Any, api: Any, email: str, **options: Any) -> Page:
    """Invited by a link and in, in a browser of their own."""
    api.prove()
    made = api.client.post("/api/admin/invitations", json={"email": email}).raise_for_status().json()
    path = made["url"].removeprefix(box.url)
    page = open_page(path, storage_state=None, **options)
    page.fill("#display_name", "Dora")
    expect(page.locator("#email")).to_have_value(email)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Account of Dora")).to_be_visible()
    return page


def _log_out(page: Page) -> None:
    page.get_by_label("Account of Dora").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_keys_and_codes(open_page: Open, box: Any, api: Any) -> None:
    page = _come_in(open_page, box, api, "dora@example.com")
    # Given a key that is made on the page of keys: it is shown once, and works
    page.get_by_label("Account of Dora").click()
    page.get_by_role("link", name="Your account").click()
    page.get_by_role("link", name="API keys").click()
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Ingest station")
    page.get_by_role("button", name="Make the key").click()
    expect(page.locator("[data-key]")).not_to_have_value("")
    key = page.locator("[data-key]").input_value()
    page.get_by_role("button", name="Done").click()
    row = page.get_by_role("row", name="Ingest station")
    expect(row).to_contain_text(key[:14])
    assert key not in page.content()
    own = {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{box.url}/auth/me", headers=own, timeout=60).json()["email"] == "dora@example.com"
    # When it is revoked, then it is out at once
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row.get_by_text("Revoked")).to_be_visible()
    assert httpx.get(f"{box.url}/auth/me", headers=own, timeout=60).status_code == 401
    # Given codes, set up by the picture's secret
    page.get_by_role("link", name="Security").click()
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    expect(page.locator("[data-secret]")).not_to_be_empty()
    secret = base64.b32decode(page.locator("[data-secret]").inner_text().replace(" ", ""))
    step = int(time.time()) // STEP
    page.get_by_label("The code that it shows").fill(code_at(secret, step))
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("[data-codes] li")).to_have_count(10)
    codes = page.locator("[data-codes] li").all_inner_texts()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("10 recovery codes are left")).to_be_visible()
    # When she logs in again, then a code is asked for; the one on paper will do
    _log_out(page)
    page.fill("#email", "dora@example.com")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_visible()
    page.get_by_label("Code").fill(codes[0])
    page.keyboard.press("Enter")
    expect(page.get_by_label("Account of Dora")).to_be_visible()


def test_a_passkey_of_the_device(open_page: Open, box: Any, api: Any) -> None:
    # Given somebody at the box by its name, with a device that has a fingerprint reader
    named = box.url.replace("127.0.0.1", "localhost")
    page = _come_in(open_page, box, api, "enya@example.com", base_url=named)
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {
        **device, "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }})  # fmt: skip
    # When a passkey is added and named
    page.goto("/account/security")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Such as the device it is on").fill("Edit suite 2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Edit suite 2")).to_be_visible()
    # Then it logs in without email and password
    _log_out(page)
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_label("Account of Dora")).to_be_visible()
    # When it is removed, then it does not any more
    page.goto("/account/security")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Edit suite 2")).to_have_count(0)


def test_by_its_address_the_box_has_no_passkeys_and_says_so(open_page: Open) -> None:
    page = open_page("/account/security")
    expect(page.get_by_text("Browsers hand out passkeys only over https")).to_be_visible()
    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()
