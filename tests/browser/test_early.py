"""Nobody has to wait for scripts: what is pressed and clicked while they are on their way is done, once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


SCRIPT = re.compile(r"/js/app\.js$")
COMING = "html:not([data-ready])"


def test_keys_and_clicks_before_the_scripts_count(open_page: Callable[..., Page], api: Any) -> None:
    project = api.make_project("Early")
    page = open_page("/", early=True)
    page.remove_locator_handler(page.locator(COMING))  # this one does not wait
    # Given a page that is painted, whose scripts are still on their way
    scripts = _paint(page, f"/projects/{project}")
    # When the reader asks for a new folder, and the scripts come then
    page.locator("[data-action=new-folder]").click()
    assert page.locator(COMING).count() == 1
    _let(page, scripts)
    # Then its name is asked for once
    expect(page.locator("dialog[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    # And what is typed into the search while a page comes stands there
    scripts = _paint(page, f"/projects/{project}")
    page.keyboard.press("/")
    page.keyboard.type("day 1")
    _let(page, scripts)
    expect(page.locator("[data-search]")).to_have_value("day 1")
    expect(page.locator("[data-search]")).to_be_focused()


def test_a_choice_before_the_scripts_counts(open_page: Callable[..., Page], api: Any) -> None:
    project = api.make_project("Chosen early")
    page = open_page("/", early=True)
    page.remove_locator_handler(page.locator(COMING))
    # Given a project that is painted, whose scripts are still on their way
    scripts = _paint(page, f"/projects/{project}")
    # When the reader chooses another order, and the scripts come then
    order = page.locator("select[name=sort]")
    before = order.input_value()
    order.focus()
    page.keyboard.press("ArrowDown")
    after = order.input_value()
    assert after != before
    assert page.locator(COMING).count() == 1
    _let(page, scripts)
    # Then the list is shown in that order
    page.wait_for_url(f"**/projects/{project}?*sort={after}*")


def _paint(page: Page, path: str) -> list[Route]:
    """Show a page and keep its scripts back; answers who asks for them."""
    kept: list[Route] = []

    def keep(route: Route) -> None:
        kept.append(route)

    page.route(SCRIPT, keep)
    with page.expect_request(SCRIPT):
        page.goto(path, wait_until="commit")
    expect(page.locator("[data-search]")).to_be_visible()
    return kept


def _let(page: Page, scripts: list[Route]) -> None:
    for one in scripts:
        one.continue_()
    page.unroute(SCRIPT)
