"""Adaptive playback is real: on a line that becomes slow and fast again, by Chromium's own emulation.

The numbers that depend on the machine are printed, and asserted by the benchmarks: first picture, stalls.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import httpx
import pytest
from frame_clips import AAC, X264, Clip, make
from frame_probe import open_reader, wait
from playwright.sync_api import CDPSession, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(900)]

NOISY = ("-vf", "noise=alls=24:allf=t", *X264)  # so that the rungs are as far apart as those of real films
CLIP = Clip("line.mp4", Fraction(25), 1000, NOISY, AAC, width=848, height=480)
LATENCY = 40  # ms
STALL, START = 5.0, 6.0  # seconds; 2 is the promise on a machine that does nothing else

VIDEO, PLAYER = "document.querySelector('video')", "document.querySelector('.player').player"
WATCH = """
addEventListener('DOMContentLoaded', () => {
  window.seen = { first: 0, heights: [], stalls: [], since: 0 };
  const look = () => {
    const video = document.querySelector('video');
    if (!video) return requestAnimationFrame(look);
    video.addEventListener('loadeddata', () => { seen.first ||= performance.now() / 1000; });
    video.addEventListener('resize', () => seen.heights.push(video.videoHeight));
    video.addEventListener('waiting', () => { if (!video.seeking) seen.since ||= performance.now(); });
    const goes = () => {
      if (seen.since) seen.stalls.push((performance.now() - seen.since) / 1000);
      seen.since = 0;
    };
    for (const event of ['playing', 'timeupdate']) video.addEventListener(event, goes);
    return 0;
  };
  look();
});
"""


@pytest.fixture(scope="module")
def film(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Nearly a minute, every frame numbered, noisy enough to need its bit rates."""
    path = make(CLIP, tmp_path_factory.mktemp("line"))
    asset = api.wait_ready(api.make_asset(api.make_project("Line"), path)["id"], seconds=600)
    assert asset["status"] == "ready", asset["versions"][0]["preview"]
    return dict(asset)


def throttled(line: CDPSession, bits: float) -> None:
    """Make the line so fast; -1 for as fast as it is."""
    conditions = {"offline": False, "latency": LATENCY if bits > 0 else 0, "uploadThroughput": -1}
    line.send(
        "Network.emulateNetworkConditions", {**conditions, "downloadThroughput": bits / 8 if bits > 0 else -1}
    )


def declared(api: Any, film: dict[str, Any]) -> dict[int, tuple[int, int]]:
    """Height to (peak, average) of the rungs in the master playlist."""
    body = {"version_id": film["current_version_id"], "expires_in": 600}
    url = api.client.post("/api/sign-preview", json=body).raise_for_status().json()["url"]
    lines = [line for line in httpx.get(url, timeout=60).text.splitlines() if "RESOLUTION" in line]
    fields = [
        dict(one.split("=", 1) for one in line.split(":", 1)[1].split(",") if "=" in one) for line in lines
    ]
    return {
        int(one["RESOLUTION"].split("x")[1]): (int(one["BANDWIDTH"]), int(one["AVERAGE-BANDWIDTH"]))
        for one in fields
    }


@pytest.mark.slow
def test_it_moves_down_and_up_with_the_line(
    open_page: Callable[..., Page], api: Any, film: dict[str, Any]
) -> None:
    played(open_page, api, film)


@pytest.mark.benchmark
def test_it_starts_at_once_and_nobody_waits_long(
    open_page: Callable[..., Page],
    api: Any,
    film: dict[str, Any],
    record_property: Callable[[str, object], None],
) -> None:
    told, first, longest = played(open_page, api, film)
    record_property("abr", told)
    assert first < START
    assert longest < STALL


def played(open_page: Callable[..., Page], api: Any, film: dict[str, Any]) -> tuple[str, float, float]:
    """On a line that changes: what is told of it, seconds to the first picture, the longest stall."""
    # Given rungs whose rates are far apart, and a line that carries the best of them
    rates = declared(api, film)
    best, least = max(rates), min(rates)
    fast, slow = rates[best][0] * 2.5, rates[least][0] * 1.2
    assert slow < rates[best][1]
    page = open_page("/")
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    throttled(line, fast)
    page.add_init_script(WATCH)
    # When the page is opened for the first time and played
    page.goto(f"/assets/{film['id']}")
    open_reader(page)
    page.keyboard.press("Space")
    wait(page, f"{VIDEO}.videoHeight === {best} && {VIDEO}.currentTime > 1")
    # When the line becomes slow, then the player goes down
    throttled(line, slow)
    wait(page, f"{VIDEO}.videoHeight < {best}", seconds=180)
    expect(page.locator("[data-menu=rung] summary")).to_contain_text("Auto")
    went_down = page.evaluate(f"{VIDEO}.currentTime")
    still_agrees(page)
    # When it is free again, then it goes up
    throttled(line, -1)
    wait(page, f"{VIDEO}.videoHeight === {best}", seconds=180)
    still_agrees(page)
    # Then it is told how soon the first picture came, and how long one waited in between
    seen = page.evaluate("seen")
    longest = max(seen["stalls"], default=0.0)
    told = f"first picture {seen['first']:.2f} s at {fast / 1e6:.1f} Mbit/s; heights {seen['heights']}; "
    told += f"down at {went_down:.0f} s; {len(seen['stalls'])} stalls, longest {longest:.2f} s"
    sys.stdout.write(told + "\n")
    return told, seen["first"], longest


def still_agrees(page: Page) -> None:
    """Stop: picture and player name the same frame, also next to a change of rungs; then go on."""
    page.keyboard.press("k")
    wait(page, f"{VIDEO}.paused && !{VIDEO}.seeking")
    page.evaluate(f"{PLAYER}.seekFrame({PLAYER}.currentFrame())")
    number, told = page.evaluate(f"{PLAYER}.settled().then((frame) => [readNumber(), frame])")
    assert number == told
    page.keyboard.press("Space")
