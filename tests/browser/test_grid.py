"""Ten thousand assets in one list: only cards near the eye are in the page, and everything works on all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from many_assets import insert_assets
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]

COUNT = 10_000
MOST_CARDS = 200
"""Cards and places of cards in the page, at 1440 by 900."""

WALK = """async (screens) => {
  const grid = document.querySelector(".grid");
  const seen = [];
  let most = 0;
  const frame = () => new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });
  for (let screen = 0; ; screen += 1) {
    while (grid.querySelector(".hole") || grid.hasAttribute("aria-busy")) await frame();
    most = Math.max(most, grid.children.length);
    for (const card of grid.querySelectorAll(".card")) {
      const place = Number(card.getAttribute("aria-posinset")) - 1;
      const title = card.querySelector(".title").textContent;
      if (seen[place] !== undefined && seen[place] !== title) return { wrong: [place, title, seen[place]] };
      seen[place] = title;
    }
    const last = Number(grid.lastElementChild.getAttribute("aria-posinset"));
    const end = last === Number(grid.lastElementChild.getAttribute("aria-setsize"));
    if (end || screen === screens) return { seen, most };
    scrollTo(0, scrollY + grid.lastElementChild.getBoundingClientRect().top);
    await frame();
  }
}"""


DRAWN = """async () => {
  for (let time = 0; time < 4; time += 1) {
    await new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });
  }
}"""


@pytest.fixture(scope="module")
def library(api: Any, box: Any) -> str:
    """A project of ten thousand assets."""
    project = str(api.make_project("Ten thousand"))
    insert_assets(box.data, project, COUNT)
    return project


def _focused(page: Page) -> Any:
    return page.locator(".card:focus-within .title")


def _settled(page: Page) -> None:
    """The cards of where one stands are there; what was scrolled or chosen last has been drawn before."""
    page.evaluate(DRAWN)
    expect(page.locator(".grid.long")).to_be_visible()
    expect(page.locator(".hole")).to_have_count(0)
    expect(page.locator(".grid[aria-busy]")).to_have_count(0)


def _walk(page: Page, screens: int) -> list[str | None]:
    """The titles by their place as one scrolls down by that many screens, each seen once and in its place."""
    found = page.evaluate(WALK, screens)
    assert found.get("wrong") is None
    assert found["most"] < MOST_CARDS
    return list(found["seen"])


def test_cards_are_where_they_belong_and_the_page_stays_small(open_page: Open, library: str) -> None:
    # Given the list of ten thousand, whose height is there before its cards
    page = open_page(f"/projects/{library}?sort=title")
    titles = [f"take {number:05}" for number in range(COUNT)]
    for view in ("List", "Grid"):
        page.get_by_role("button", name=view).click()
        # When one scrolls from its beginning, then from somewhere near its end
        page.evaluate("scrollTo(0, 0)")
        _settled(page)
        seen = _walk(page, 8)
        assert seen == titles[: len(seen)]
        assert len(seen) > 100
        page.evaluate("scrollTo(0, document.body.scrollHeight - 5 * innerHeight)")
        _settled(page)
        # Then each card is there once, at its place, up to the very last
        seen = _walk(page, COUNT)
        first = next(place for place, title in enumerate(seen) if title)
        assert seen[first:] == titles[first:]


@pytest.mark.long
def test_every_one_of_ten_thousand_comes_once_in_order(open_page: Open, library: str) -> None:
    page = open_page(f"/projects/{library}?sort=title")
    _settled(page)
    assert _walk(page, COUNT) == [f"take {number:05}" for number in range(COUNT)]


def test_keys_choose_across_what_was_never_in_the_page(open_page: Open, library: str) -> None:
    # Given the grid
    page = open_page(f"/projects/{library}?sort=title")
    _settled(page)
    count = page.locator("[data-selected]")
    # When one goes to the end and back up with keys, then the other way to a card that is chosen from
    page.locator(".card-link").first.focus()
    page.keyboard.press("End")
    expect(_focused(page)).to_have_text("take 09999")
    expect(_focused(page)).to_be_in_viewport()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    expect(_focused(page)).to_have_text("take 00000")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(count).to_have_text("1 selected")
    # Then Shift and End chooses all from there, Escape none, Ctrl+A the whole list
    page.keyboard.press("Shift+End")
    expect(count).to_have_text("9999 selected")
    expect(_focused(page)).to_have_text("take 09999")
    expect(page.locator(".card.chosen").last).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".bulk")).to_be_hidden()
    page.keyboard.press("Control+a")
    expect(count).to_have_text("10000 selected")
    # And what is chosen stays so while its card is out of the page and comes back
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    page.mouse.move(800, 500)
    page.evaluate("scrollTo(0, 0)")
    expect(page.get_by_text("take 00000", exact=True)).to_be_visible()
    expect(count).to_have_text("1 selected")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator(".card.chosen .title")).to_have_text("take 09999")


def test_one_comes_back_to_where_one_was(open_page: Open, library: str) -> None:
    # Given a place deep in the list, and one of its assets opened
    page = open_page(f"/projects/{library}?sort=title")
    _settled(page)
    page.evaluate("scrollTo(0, 200_000)")
    _settled(page)
    title = page.locator(".card-link:visible .title").nth(20).text_content()
    page.locator(".card-link").filter(has=page.get_by_text(str(title), exact=True)).click()
    expect(page).to_have_title(f"{title} · MAM")
    # When one goes back
    page.go_back()
    # Then the list stands where it stood
    _settled(page)
    expect(page.get_by_text(str(title), exact=True)).to_be_in_viewport()
    # And a card that is thrown away there goes, and comes back to its place
    card = page.locator(".card").filter(has_text=str(title))
    card.locator(".card-link").focus()
    page.keyboard.press("Delete")
    expect(card).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(_focused(page)).to_have_text(str(title))
    place = int(str(title).removeprefix("take ")) + 1
    expect(card).to_have_attribute("aria-posinset", str(place))
    expect(card).to_have_attribute("aria-setsize", str(COUNT))
