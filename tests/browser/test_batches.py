"""A choice of more than a handful is one batch: with progress, for all at once, and taken back as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from many_assets import insert_assets
from patience import becomes
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_thirty_are_tagged_by_a_batch_and_as_they_were_again(
    open_page: Callable[..., Page], api: Any, box: Any
) -> None:
    # Given thirty assets, one of them chosen; then all, by a button that a finger reaches
    project = api.make_project("Thirty")
    insert_assets(box.data, project, 30)
    page = open_page(f"/projects/{project}")
    page.locator(".card-link").first.focus()
    page.keyboard.press("Space")
    bar = page.locator(".bulk")
    bar.get_by_role("button", name="All 30").click()
    expect(bar).to_contain_text("30 selected")

    def tagged() -> int:
        wanted = {"project_id": project, "tag": "night", "limit": 50}
        return len(api.client.get("/api/assets", params=wanted).json()["items"])

    # When they are tagged with Enter, then a worker does it, and the page says when it is done
    page.keyboard.press("t")
    page.get_by_label("Tags, with commas between").fill("night")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("30 assets tagged.")
    becomes(tagged, 30)
    (batch,) = [one for one in api.client.get("/api/batches").json()["items"] if one["operation"] == "tag"]
    assert batch["counts"] == {"total": 30, "done": 30, "failed": 0}
    # And Undo takes the whole of it back, as a batch of its own
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("30 assets are as they were.")
    becomes(tagged, 0)
