"""A viewer whose link runs out, or whose network goes away: told in words, and going on without a click."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from patience import wait
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
GRANT = re.compile(r"/s/([^/]+)/")


@pytest.fixture(scope="module")
def film(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A minute: more than a player loads ahead."""
    path = tmp_path_factory.mktemp("minute") / "Minute.mp4"
    picture = [
        "-f",
        "lavfi",
        "-i",
        "color=gray:s=640x360:r=25:d=60",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
    ]
    subprocess.run(["ffmpeg", "-v", "error", *picture, path], check=True, timeout=60)
    found = api.wait_ready(api.make_asset(api.make_project("Recovery"), path)["id"])
    assert found["status"] == "ready", found["versions"][0]["preview"]
    return dict(found)


def opened(open_page: Callable[..., Page], film: dict[str, Any]) -> Page:
    page = open_page(f"/assets/{film['id']}")
    wait(page, "document.querySelector('video')?.readyState >= 2 && document.querySelector('.player').player")
    return page


def shows(page: Page, frame: int) -> None:
    """The frame comes on screen, sooner or later."""
    wait(page, f"document.querySelector('.player').player.currentFrame() === {frame}", seconds=240)


@pytest.mark.slow
def test_a_link_that_ran_out_renews_itself(
    open_page: Callable[..., Page], film: dict[str, Any], watched: Any
) -> None:
    # Given a player whose grant is refused from now on
    watched.allowed.append("403")
    page = opened(open_page, film)
    old: set[str] = set()
    refused: list[str] = []

    def edge(route: Route) -> None:
        grant = GRANT.search(route.request.url)
        assert grant is not None
        if not refused:
            old.add(grant[1])
        if grant[1] in old:
            refused.append(route.request.url)
            route.fulfill(status=403, content_type="application/json", body="{}")
        else:
            route.continue_()

    page.route(re.compile(r"/s/[^/]+/.*\.(m4s|m3u8|mp4)"), edge)
    # When somebody goes where nothing is loaded yet
    page.evaluate("void document.querySelector('.player').player.seekFrame(1150)")
    # Then the picture comes with a new grant, and nobody is asked anything
    shows(page, 1150)
    assert refused
    expect(page.locator(".veil[data-veil=broken]")).to_be_hidden()


@pytest.mark.slow
def test_a_lost_network_is_told_and_recovered_from(
    open_page: Callable[..., Page], film: dict[str, Any], watched: Any
) -> None:
    # Given a player, and a network that goes away
    watched.allowed += ["ERR_INTERNET_DISCONNECTED", "ERR_NETWORK", "ERR_FAILED"]
    page = opened(open_page, film)
    page.context.set_offline(True)
    # When somebody goes where nothing is loaded yet
    page.evaluate("void document.querySelector('.player').player.seekFrame(1100)")
    # Then it says so
    expect(page.locator(".corner")).to_contain_text("The box does not answer", timeout=240_000)
    # And when the network is back it goes on there, and says no more
    page.context.set_offline(False)
    shows(page, 1100)
    expect(page.locator(".corner")).to_be_hidden()
    expect(page.locator(".veil[data-veil=broken]")).to_be_hidden()
