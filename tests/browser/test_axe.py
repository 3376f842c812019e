"""WCAG 2.2 AA by axe-core: every kind of page, dark and light, desk and phone, closed and with what opens.

Beside that, of the same visits: how much script each page takes, that no request leaves the box, that fingers
hit what they must, and that Tab leads the way one reads.

axe is handed to the page over the browser's own debugging connection, so that the pages' strict
Content-Security-Policy stands as it is sent. One load of each page; what differs between dark and light is
only colour, so that the second scheme of a size is asked for contrast alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from hands import backwards, too_small, walk
from playwright.sync_api import Browser, CDPSession, Page, expect
from portal_world import admit, make_world

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(1800),  # its world holds one of everything, encoded; each page is asked for all
]

SIZES = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
SCHEMES = {"desk": ("dark", "light"), "phone": ("light", "dark")}  # the first is asked for everything
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async ([within, options]) => {
    const found = await axe.run(within ? { include: [within] } : document, options);
    const why = (node) => node.failureSummary.split("\\n").slice(1).join(" ");
    const say = ({ id }, node) => [id, node.target.join(" "), why(node), node.html.slice(0, 160)].join(": ");
    const said = [];
    for (const rule of found.violations) {
        for (const node of rule.nodes) if (await stays(rule, node)) said.push(say(rule, node));
    }
    return said;

    // what lies half under a bar at the foot comes out from under it by scrolling: asked again in the middle
    async function stays({ id }, node) {
        if (id !== "target-size") return true;
        const one = document.querySelector(node.target[0]);
        one.scrollIntoView({ block: "center" });
        const again = await axe.run(one, { runOnly: { type: "rule", values: [id] } });
        return again.violations.length > 0;
    }
}"""
EVERYTHING = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
SCRIPTS = """Object.fromEntries(performance.getEntriesByType("resource")
    .map((one) => [new URL(one.name).pathname.split("/").slice(3).join("/"), one.encodedBodySize])
    .filter(([name]) => name.endsWith(".js")))"""
MOST_SCRIPT = 150_000
ENGINE = "vendor/hls.js"
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
MOVING = """document.getAnimations().filter((one) => one.playState === "running")
    .map((one) => one.animationName || one.transitionProperty)"""


@dataclass
class Checked:
    """What axe says of the pages, and what moves although the reader wants nothing to."""

    page: Page
    found: list[str] = field(default_factory=list)
    weights: dict[str, dict[str, int]] = field(default_factory=dict)  # page: script: bytes as sent
    asked: set[str] = field(default_factory=set)  # the origins that anything was asked of
    small: dict[str, list[str]] = field(default_factory=dict)  # page: what a finger hardly hits
    back: dict[str, list[str]] = field(default_factory=dict)  # page: where Tab leads back
    session: CDPSession | None = None
    menus: set[str] = field(default_factory=set)  # those that were asked of, by size, place and content

    def check(self, name: str, size: str, within: str = "") -> None:
        """Ask in both schemes of a size, the second one for its colours."""
        for scheme, options in zip(SCHEMES[size], (EVERYTHING, CONTRAST), strict=True):
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            said = self.page.evaluate(RUN, [within, options])
            self.found += [f"{name}, {size}, {scheme}: {one}" for one in said]
        self.found += [f"{name}, {size}: moves: {one}" for one in self.page.evaluate(MOVING)]


@pytest.fixture(scope="module")
def world(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return make_world(api, tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def checked(chromium: Browser, box: Any, state: dict[str, Any], world: dict[str, str]) -> Iterator[Checked]:
    """A page of somebody who is in, and who is a guest of the links; axe in each of its documents."""
    guests = [admit(box.url, world[name]) for name in ("share asset", "share gallery")]
    cookies = {**state, "cookies": [*state["cookies"], *({**one, "expires": -1} for one in guests)]}
    with opened(chromium, storage_state=cookies, base_url=box.url) as found:
        yield found


@contextmanager
def opened(chromium: Browser, **options: Any) -> Iterator[Checked]:
    """A window with axe in each of its documents, whose reader wants nothing to move."""
    context = chromium.new_context(**options, reduced_motion="reduce", service_workers="block")
    context.set_default_timeout(60_000)
    context.add_init_script(path=str(AXE_FILE_PATH))
    found = Checked(context.new_page())
    found.session = context.new_cdp_session(found.page)
    found.page.on("request", lambda one: found.asked.add("/".join(one.url.split("/")[:3])))
    yield found
    context.close()


@pytest.fixture(scope="module")
def tour(checked: Checked, world: dict[str, str]) -> Checked:
    """Every page once, and the doors as nobody."""
    for name, path in world.items():
        _open(checked, name, path)
    cookies = checked.page.context.cookies()
    checked.page.context.clear_cookies()
    for name in ("share asset", "share gallery"):
        _open(checked, f"{name}, its door", world[name])
    _open(checked, "login", "/login")
    checked.page.context.add_cookies(cookies)
    return checked


def test_every_page(tour: Checked) -> None:
    assert tour.found == []


def test_no_page_needs_more_script_than_promised(tour: Checked) -> None:
    """Issue 5, item 8: under 150 KB of script, compressed; what plays films comes after the page stands."""
    weights = {page: sum(_but_the_engine(files)) for page, files in tour.weights.items()}
    sys.stdout.write("\n" + "".join(f"{size:8d} B of script: {page}\n" for page, size in weights.items()))
    assert {page: size for page, size in weights.items() if not 0 < size < MOST_SCRIPT} == {}
    first = ("login", "home", "project", "share gallery", "share asset, its door")
    assert [page for page in first if ENGINE in tour.weights[page]] == []


def _but_the_engine(files: dict[str, int]) -> list[int]:
    return [size for name, size in files.items() if name != ENGINE]


def test_fingers_hit_what_they_must(tour: Checked) -> None:
    """`design`: 44 px targets where the pointer is a finger, on every page as it opens."""
    assert {page: small for page, small in tour.small.items() if small} == {}


def test_tab_leads_the_way_one_reads(tour: Checked) -> None:
    assert {page: back for page, back in tour.back.items() if back} == {}


REGIONS = ["skip", "bar", "main", "after"]
MAIN_PAGES = ("home", "project", "asset A001_C001", "compare", "admin jobs")


def test_tab_walks_through_the_main_pages(checked: Checked, world: dict[str, str]) -> None:
    """First past the bar, then the bar, then the page; what has the focus is seen, and ringed."""
    page = checked.page
    page.set_viewport_size(SIZES["desk"])
    for name in MAIN_PAGES:
        page.goto(world[name])
        page.wait_for_selector("html[data-ready]", state="attached")
        steps = walk(page, 30)
        regions = [REGIONS.index(str(one["region"])) for one in steps]
        assert regions[:2] == [0, 1], name
        assert regions == sorted(regions), name
        assert 2 in regions, name
        assert [one for one in steps if not (one["ringed"] and one["seen"])] == [], name


def test_no_request_leaves_the_box(tour: Checked, box: Any) -> None:
    assert tour.asked - {"blob:http:"} == {box.url}


def _open(checked: Checked, name: str, path: str) -> None:
    """Load one page and ask of it, then of each menu that it has."""
    checked.page.goto(path)
    checked.page.wait_for_selector("html[data-ready]", state="attached")
    checked.weights[name] = checked.page.evaluate(SCRIPTS)
    for size, viewport in SIZES.items():
        checked.page.set_viewport_size(viewport)
        checked.check(name, size)
        if size == "desk":
            checked.back[name] = backwards(checked.page)
        elif checked.session is not None:
            checked.small[name] = too_small(checked.page, checked.session)
        _menus(checked, name, size)


MARK = """() => {
    const seen = new Set();
    const kind = (one) => [one.className, one.dataset.menu, one.closest("article, li, tr")?.className].join();
    const shown = (one) => one.checkVisibility();
    const closed = [...document.querySelectorAll("details:not([open])")].filter(shown);
    const first = closed.filter((one) => !seen.has(kind(one)) && seen.add(kind(one)));
    first.forEach((one, number) => { one.dataset.asked = number; });
    return first.length;
}"""


ALIKE = """(one) => {
    const copy = one.cloneNode(true);
    delete copy.dataset.asked;
    copy.querySelectorAll("input[type=hidden]").forEach((field) => field.remove());
    copy.querySelectorAll("a[href]").forEach((link) => link.setAttribute("href", "-"));
    copy.querySelectorAll("form[action]").forEach((form) => form.setAttribute("action", "-"));
    const said = [copy.outerHTML];
    for (let above = one.parentElement; above; above = above.parentElement) {
        said.push(`${above.localName} ${above.className}`);
    }
    return said.join(" < ");
}"""
"""What a menu is and lies in: one that is on every page, as the account's, is asked of once for each size."""


def _menus(checked: Checked, name: str, size: str) -> None:
    """Open what can be opened, one after the other; of many alike (of cards, of rows) the first."""
    for number in range(checked.page.evaluate(MARK)):
        menu = checked.page.locator(f'details[data-asked="{number}"]')
        menu.evaluate("one => { one.open = true; one.scrollIntoView({ block: 'center' }); }")
        label = menu.evaluate(
            "one => one.firstElementChild.ariaLabel || one.firstElementChild.textContent.trim()"
        )
        alike = f"{size} {menu.evaluate(ALIKE)}"
        if alike not in checked.menus:
            checked.menus.add(alike)
            checked.check(f"{name}, menu {label!r}", size, f'[data-asked="{number}"]')
        menu.evaluate("one => { one.open = false; delete one.dataset.asked; }")
    checked.page.evaluate("scrollTo(0, 0)")


def _press(*keys: str) -> Callable[[Page], None]:
    return lambda page: [page.keyboard.press(key) for key in keys] and None


def _click(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).locator("visible=true").first.click()


def _choose(*keys: str) -> Callable[[Page], None]:
    return lambda page: [page.keyboard.press(key) for key in ("Control+a", *keys)] and None


def _write(page: Page) -> None:
    page.keyboard.press("m")
    page.keyboard.type("The lamp is on, @")


OPENED: dict[str, dict[str, tuple[Callable[[Page], None], str]]] = {
    "home": {
        "keyboard help": (_press("?"), "dialog[open]"),
        "new project": (_click("[data-new-project] button"), "dialog[open]"),
    },
    "project": {
        "what is chosen": (_choose(), ".bulk"),
        "move": (_choose("v"), "dialog[open]"),
        "tag": (_choose("t"), "dialog[open]"),
        "new folder": (_click("[data-action=new-folder]"), "dialog[open]"),
        "save a filter": (_click("[data-collect=new]"), "dialog[open]"),
    },
    "asset A001_C001": {
        "keyboard help": (_press("?"), "dialog[open]"),
        "note editor": (_write, ".notes"),
        "drawing tools": (_press("d"), ".player"),
        "narrowed notes": (_click("[data-notes-narrow-toggle]"), ".notes"),
        "share": (_click(".panel [data-share]"), "dialog[open]"),
    },
}


def test_what_opens(checked: Checked, world: dict[str, str]) -> None:
    page, before = checked.page, len(checked.found)
    for name, states in OPENED.items():
        for state, (show, within) in states.items():
            page.set_viewport_size(SIZES["desk"])
            page.goto(world[name])
            page.wait_for_selector("html[data-ready]", state="attached")
            show(page)
            expect(page.locator(within).first, f"{name}, {state}").to_be_visible()
            for size, viewport in SIZES.items():
                page.set_viewport_size(viewport)
                checked.check(f"{name}, {state}", size, within)
    assert checked.found[before:] == []


ADMINISTRATOR = {"email": "ana@example.com", "display_name": "Ana", "password": "a short sentence is good"}
ACCENT = "getComputedStyle(document.querySelector('button.primary')).backgroundColor"


def test_a_theme_of_its_own_is_as_legible(chromium: Browser, start_box: Callable[..., Any]) -> None:
    """The second theme that is shipped: set-up, doors, home, all of its own colours."""
    box = start_box('theme = "daylight"\n[auth]\nregistration = "open"\n')
    with opened(chromium, base_url=box.url) as found:
        page = found.page
        for name, path in (("setup", box.setup), ("register", "/register"), ("login", "/login")):
            _open(found, name, path)
            expect(page).to_have_title(re.compile("Daylight$"))
        expect(page.get_by_text("Material of this house")).to_be_visible()
        answer = page.request.post(box.setup, form=ADMINISTRATOR, max_redirects=0)
        assert answer.status == 303
        _open(found, "home", "/")
        _open(found, "new project", "/projects/new")
        page.emulate_media(color_scheme="light")
        assert page.evaluate(ACCENT) == "rgb(91, 63, 184)"
        assert found.found == []
