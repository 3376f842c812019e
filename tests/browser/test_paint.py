"""When the largest thing of a page is painted, on loopback with a processor slowed to a quarter, cold.

Asked for: under 1 s each for the login, home, a project of 60 cards and a film's page. Printed beside it: how
far things jumped (cumulative layout shift) and how long the page could not answer (total blocking time).
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(900),
]

CARDS = 60
SLOWER = 4
VISITS = 3
WANTED_MS = 1000
WATCH = """
    window.seen = { painted: 0, what: "", shift: 0, blocked: 0 };
    const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note))
        .observe({ type, buffered: true });
    watch("largest-contentful-paint", (one) => {
        seen.painted = one.startTime;
        seen.what = one.element ? `${one.element.tagName} ${one.element.className}` : "";
    });
    watch("layout-shift", (one) => { if (!one.hadRecentInput) seen.shift += one.value; });
    watch("longtask", (one) => { seen.blocked += Math.max(0, one.duration - 50); });
"""
SETTLED = """async () => {
    const near = [...document.images].filter((one) => one.getBoundingClientRect().top < innerHeight);
    const loaded = (one) => one.complete || new Promise((go) => { one.onload = one.onerror = go; });
    await Promise.all(near.map(loaded));
    await new Promise((go) => setTimeout(go, 1500)); // what the page still does of its own accord
    return window.seen;
}"""


@pytest.fixture(scope="module")
def pages(api: Any, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A project of sixty pictures, and a film."""
    project, folder = api.make_project("Sixty"), tmp_path_factory.mktemp("stills")
    made = []
    for number in range(CARDS):
        picture = Image.effect_noise((1280, 720), 30 + number).convert("RGB")
        ImageDraw.Draw(picture).rectangle((number * 20, 200, number * 20 + 80, 520), fill=(200, 90, 40))
        picture.save(folder / f"Still {number:02}.jpg", quality=85)
        made.append(api.make_asset(project, folder / f"Still {number:02}.jpg")["id"])
    film = api.make_asset(api.make_project("Film"), clip)["id"]
    for asset in (*made, film):
        api.wait_ready(asset)
    return {"login": "/login", "home": "/", "project": f"/projects/{project}", "asset": f"/assets/{film}"}


def test_the_largest_paint_comes_within_a_second(
    chromium: Browser,
    box: Any,
    state: dict[str, Any],
    pages: dict[str, str],
    record_property: Callable[[str, object], None],
) -> None:
    # When each page is opened a few times by a browser that never saw it, on a slow processor
    told = {}
    for name, path in pages.items():
        told[name] = [
            visit(chromium, box.url, path, None if name == "login" else state) for _ in range(VISITS)
        ]
    # Then its largest thing stands there in time
    for name, visits in told.items():
        painted, shift, blocked = (statistics.median(one[key] for one in visits) for key in MEASURES)
        # a row of the benchmarks' table, see tests/benchmarks/conftest.py
        row = {"name": f"largest paint: {name}", "value": painted, "unit": "ms", "at_most": WANTED_MS}
        record_property("figure", row)
        sys.stdout.write(
            f"\n{name}: largest paint {painted:.0f} ms ({visits[-1]['what'].strip().lower()}), "
            f"layout shift {shift:.3f}, blocked {blocked:.0f} ms"
        )
    late = {name: statistics.median(one["painted"] for one in visits) for name, visits in told.items()}
    assert {name: ms for name, ms in late.items() if not 0 < ms < WANTED_MS} == {}


MEASURES = ("painted", "shift", "blocked")


def visit(chromium: Browser, url: str, path: str, state: dict[str, Any] | None) -> dict[str, Any]:
    """One cold visit; what `WATCH` saw."""
    size = {"width": 1440, "height": 900}
    context = chromium.new_context(base_url=url, storage_state=state, viewport=size, color_scheme="dark")
    try:
        page = context.new_page()
        page.add_init_script(WATCH)
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(path)
        page.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)
        found: dict[str, Any] = page.evaluate(SETTLED)
        return found
    finally:
        context.close()
