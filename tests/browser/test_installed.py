"""The portal as an app: Chromium offers to install it, and a page says so while the box is away.

The worker beside the pages keeps the theme's files and nothing else; playing and sending go past it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

READY = "async () => { await navigator.serviceWorker.ready; }"
KEPT = """async () => {
    const names = await caches.keys();
    const all = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return { names, paths: all.flat().map((one) => new URL(one.url).pathname) };
}"""
PLAYED = """async () => {
    const video = document.querySelector('video');
    while (video.readyState < 2) await new Promise((go) => setTimeout(go, 50));
}"""


@pytest.fixture
def context(chromium: Browser, box: Any, state: dict[str, Any]) -> Iterator[BrowserContext]:
    """A browser that may have workers, which other tests do without."""
    found = chromium.new_context(storage_state=state, base_url=box.url)
    found.set_default_timeout(60_000)
    yield found
    found.close()


def open_(context: BrowserContext, path: str, watched: Any) -> Page:
    page = watched.watch(context.new_page())
    page.goto(path)
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate(READY)
    return page


def test_chromium_finds_nothing_amiss_with_installing_it(context: BrowserContext, watched: Any) -> None:
    page = open_(context, "/", watched)
    # When Chromium is asked what keeps it from installing the portal
    browser = context.new_cdp_session(page)
    manifest = browser.send("Page.getAppManifest")
    amiss = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Then it is nothing but that this window keeps no history, and the manifest has no faults
    assert [one["errorId"] for one in amiss if one["errorId"] != "in-incognito"] == []
    assert manifest["errors"] == []
    assert '"display":"standalone"' in manifest["data"]
    # And every picture and address it names is there
    for one in page.evaluate("(text) => JSON.parse(text)", manifest["data"])["icons"]:
        answer = context.request.get(one["src"])
        assert answer.headers["content-type"] == "image/png", one
    # And the browser's own bars have the colour of the page's
    bars = page.evaluate("[...document.querySelectorAll('meta[name=theme-color]')].map((one) => one.media)")
    assert bars == ["(prefers-color-scheme: dark)", "(prefers-color-scheme: light)"]


def test_while_the_box_is_away_a_page_says_so(context: BrowserContext, watched: Any) -> None:
    # Given somebody who was here, and a box that cannot be reached any more
    page = open_(context, "/", watched)
    watched.allowed += ["ERR_INTERNET_DISCONNECTED"]
    context.set_offline(True)
    # When a page is asked for, then a sentence stands there, under that page's address, in the theme's looks
    page.goto("/search")
    expect(page.get_by_role("heading", name="The box cannot be reached")).to_be_visible()
    expect(page.locator(".door-card")).to_have_css("display", "grid")
    assert page.url.endswith("/search")
    # And when the box is back, then trying again shows what was asked for
    context.set_offline(False)
    again = page.get_by_role("button", name="Try again")
    with contextlib.suppress(Error):  # it comes back by itself as well
        again.click(no_wait_after=True, timeout=2_000)
    expect(page.get_by_role("searchbox").or_(page.get_by_role("combobox")).first).to_be_visible()


def test_the_worker_keeps_the_theme_and_nothing_of_anybody(
    context: BrowserContext, watched: Any, api: Any, own_clip: Any
) -> None:
    # Given a film, and a page that the worker stands beside
    asset = api.wait_ready(api.make_asset(api.make_project("Installed"), own_clip)["id"])
    page = open_(context, "/", watched)
    handled: list[str] = []
    asked: list[str] = []
    page.on("response", lambda one: handled.append(one.url) if one.from_service_worker else None)
    page.on("request", lambda one: asked.append(one.url))
    # When the film is played and a file is sent
    page.goto(f"/assets/{asset['id']}")
    page.wait_for_selector("html[data-ready]", state="attached")  # the film may be there before the panel
    page.evaluate(PLAYED)
    sent = {"name": "Report.txt", "mimeType": "text/plain", "buffer": own_clip.read_bytes()[-16:]}
    page.locator("#new-version").set_input_files(sent)
    expect(page.locator(".dock")).to_contain_text(re.compile("verified", re.IGNORECASE))
    # Then what streams went past the worker, which kept the theme's files and one page of nobody's
    assert [one for one in asked if "/s/" in one]
    streamed = re.compile(r"/(api|auth|s|d|img|upload-parts)/")
    assert [one for one in handled if streamed.search(one)] == []
    kept = page.evaluate(KEPT)
    assert len(kept["names"]) == 1
    assert [path for path in kept["paths"] if not path.startswith("/static/")] == ["/offline"]
