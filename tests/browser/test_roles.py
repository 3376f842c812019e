"""Roles on their page: copied, ticked, given to somebody, and deleted with another in their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]
LEAD = "mara.lind@example.com"


def test_a_role_is_copied_changed_given_and_replaced(open_page: Open, api: Any, box: Any) -> None:
    # Given an administrator at the roles, and somebody with an account
    body = {"email": LEAD, "display_name": "Mara Lind", "password": "a sentence about clients"}
    httpx.post(f"{box.url}/auth/register", json=body, timeout=60).raise_for_status()
    page = open_page("/admin/roles")
    row = page.locator("tr", has_text="Client lead")
    # When reviewers are copied, renamed and may upload too
    page.get_by_role("button", name="Copy reviewer").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Writes notes and answers them.")).to_be_checked()
    expect(dialog.get_by_label("Reads the notes.")).to_be_disabled()
    dialog.get_by_label("Name", exact=True).fill("Client lead")
    dialog.get_by_label("Uploads files and new versions.").check()
    dialog.get_by_role("button", name="Save").click()
    # Then the role is there with what was ticked
    expect(row).to_contain_text("client-lead")
    listed = {one["key"]: one for one in api.client.get("/api/roles").json()["items"]}
    assert {"upload.create", "review.decide"} <= set(listed["client-lead"]["actions"])
    # When somebody holds it by the page of a project's people, then it goes only for another role
    project = api.make_project("Roles")
    page.goto(f"/projects/{project}/people")
    somebody = page.get_by_label("Email of their account")
    somebody.fill(LEAD)
    page.locator("form", has=somebody).get_by_label("Role").select_option(label="Client lead")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("tr select").filter(has_text="Client lead")).to_have_count(2)
    page.goto("/admin/roles")
    page.get_by_role("button", name="Delete Client lead").click()
    expect(dialog).to_contain_text("1 person or invitation gets another role.")
    dialog.get_by_label("Role instead").select_option("reviewer")
    dialog.get_by_role("button", name="Delete role").click()
    expect(row).to_have_count(0)
    members = api.client.get(f"/api/projects/{project}").json()["members"]
    assert sorted(one["role"] for one in members) == ["owner", "reviewer"]
