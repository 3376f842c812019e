"""Every screen in three sizes, dark and light, as pictures to look at; and what can be measured of looks.

Writes `build/screens/` (git-ignored). With MAM_SCREENSHOTS=1 also the README's two pictures, in the theme.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pyvips
from patience import settles
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / "build" / "screens"
SIZES = {"desk": (1440, 900), "tablet": (820, 1180), "phone": (390, 844)}
SHOTS = {
    "A001_C003_1121.mov": "mandelbrot=size=1280x720:rate=25:start_scale=0.02",
    "A001_C004_1121.mov": "gradients=size=1280x720:rate=25:seed=4:c0=0x20304a:c1=0xd08850:c2=0x182028",
    "B002_C011_1121.mov": "gradients=size=1280x720:rate=25:seed=9:c0=0x0d2f2a:c1=0x9fc7a8:c2=0x24443c",
    "Portrait_phone.mp4": "gradients=size=540x960:rate=30:seed=2:speed=0.02:c0=0x401c38:c1=0xe0a0b0",
    "Colour bars 1080.mov": "smptehdbars=size=1920x1080:rate=25",
    "Night exterior, take 7 — the one with the very long name that nobody can read.mov": (
        "gradients=size=1280x536:rate=24:seed=5:speed=0.02:c0=0x05070c:c1=0x304060:c2=0x101828"
    ),
}
MEASURE = """() => {
  const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0;
  const free = ["checkbox", "range", "file"];
  const small = [...document.querySelectorAll("button, .button, summary, select, input:not([type=hidden])")]
    .filter((one) => seen(one) && !one.closest(".visually-hidden") && !free.includes(one.type))
    .filter((one) => one.getBoundingClientRect().height < 43.5 || one.getBoundingClientRect().width < 43.5)
    .map((one) => one.outerHTML.slice(0, 120));
  return { small, overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth };
}"""


GOOD = {"small": [], "overflow": 0}


def _measured(page: Page) -> dict[str, Any]:
    """What is wrong with the page once it had the time to be right."""
    found: dict[str, Any] = {}
    for _ in range(20):
        page.wait_for_timeout(150)
        found = page.evaluate(MEASURE)
        if found == GOOD:
            break
    return found


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Short films that look like something."""
    folder = tmp_path_factory.mktemp("films")
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg
    made = []
    for number, (name, source) in enumerate(SHOTS.items()):
        path = folder / name
        coding = ["-t", "3", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
        timecode = ["-timecode", f"01:{number:02}:00:00"]
        command = [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", source, *coding, *timecode, str(path)]
        subprocess.run(command, check=True, timeout=300)
        made.append(path)
    return made


@pytest.fixture(scope="module")
def production(api: Any, films: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A project with films, a picture, a document, a file that failed and one that is awaited."""
    project = api.make_project("Salt of the Karst")
    for name in ("Day 1", "Day 2", "Sound"):
        folders = f"/api/projects/{project}/folders"
        api.client.post(folders, json={"name": name, "parent_id": None}).raise_for_status()
    folder = tmp_path_factory.mktemp("others")
    broken = folder / "Card 3, damaged.mp4"
    broken.write_bytes(
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x40\x00moov" + b"\xff" * 9000
    )
    notes = folder / "Continuity notes.txt"
    notes.write_text("Scene 12: the lamp is on.\n", encoding="utf-8")
    still = folder / "Location still.jpg"
    grey = pyvips.Image.grey(960, 640).linear(200, 20).bandjoin([90, 60]).cast("uchar")
    grey.copy(interpretation="srgb").write_to_file(str(still))
    api.make_asset(project, None, "Pick-ups (not shot yet)")
    made = {path.name: api.make_asset(project, path)["id"] for path in (broken, notes, still, *films)}
    api.add_version(made["A001_C004_1121.mov"], films[1])
    for asset in made.values():
        api.wait_ready(asset)
    api.make_project("An empty one")
    main = made["A001_C003_1121.mov"]
    return {
        "home": "/",
        "project": f"/projects/{project}",
        "list": f"/projects/{project}?sort=title",
        "asset": f"/assets/{main}",
        "portrait": f"/assets/{made['Portrait_phone.mp4']}",
        "failed": f"/assets/{made[broken.name]}",
        "document": f"/assets/{made[notes.name]}",
        "people": f"/projects/{project}/people",
        "health": "/admin/health",
        "jobs": "/admin/jobs",
        "users": "/admin/users",
        "plugins": "/admin/plugins",
        "missing": "/nothing/here",
    }


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_screens(open_page: Open, production: dict[str, str], watched: Any, size: str, scheme: str) -> None:
    watched.allowed.append("404")
    width, height = SIZES[size]
    page = open_page("/", viewport={"width": width, "height": height}, color_scheme=scheme)
    SCREENS.mkdir(parents=True, exist_ok=True)
    wrong = {}
    for name, path in production.items():
        page.goto(path)
        _settle(page)
        if name == "list":
            page.get_by_role("button", name="List").click()
        if name == "project":
            page.get_by_role("button", name="Grid").click()
        found = _measured(page)
        page.screenshot(path=SCREENS / f"{name}-{size}-{scheme}.png")
        if found != GOOD:
            wrong[name] = found
    page.context.clear_cookies()
    page.goto("/login")
    page.screenshot(path=SCREENS / f"login-{size}-{scheme}.png")
    assert wrong == {}


def test_twice_as_large_letters_fit(open_page: Open, production: dict[str, str]) -> None:
    """200 % zoom of a 1280 px window is a 640 px one with every size doubled."""
    page = open_page("/", viewport={"width": 640, "height": 480}, device_scale_factor=2)
    for name in ("home", "project", "asset", "health", "users"):
        page.goto(production[name])
        _settle(page)
        settles(page, f"({MEASURE})().overflow", 0, f"{name} fits")
        page.screenshot(path=SCREENS / f"{name}-zoom.png")


def test_pictures_for_the_readme(open_page: Open, production: dict[str, str]) -> None:
    folder = ROOT / "themes" / "default" if os.environ.get("MAM_SCREENSHOTS") else SCREENS
    page = open_page(production["project"], viewport={"width": 1280, "height": 800})
    _settle(page)
    page.get_by_role("button", name="Grid").click()
    _picture(page, folder / "screenshot-project.png")
    page.goto(production["asset"])
    _settle(page)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-now]")).to_have_text("01:00:00:20")
    _picture(page, folder / "screenshot-review.png")


def _picture(page: Page, path: Path) -> None:
    """A screenshot of at most 256 colours: small enough for a repository."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(300)
    shot = pyvips.Image.new_from_buffer(page.screenshot(), "")
    shot.write_to_file(str(path), palette=True, colours=256, dither=0.6, compression=9)
    assert path.stat().st_size < 300_000


SETTLED = """async () => {
  const near = [...document.images].filter((one) => one.getBoundingClientRect().top < innerHeight);
  const here = (one) => one.complete || new Promise((done) => { one.onload = one.onerror = done; });
  await Promise.all(near.map(here));
  const video = document.querySelector("video");
  const shown = (done) => { video.onloadeddata = done; setTimeout(done, 5000); };
  if (video && video.readyState < 2) await new Promise(shown);
}"""


def _settle(page: Page) -> None:
    """Wait for what the page shows: its script, its pictures, its film's first frame."""
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate(SETTLED)
