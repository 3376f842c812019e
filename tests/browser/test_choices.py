"""What a viewer chooses in the player: the audio track by its name, how positions are counted, the loop."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from patience import becomes, settles, wait
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
APART = """window.apart = 0;
(function look(before) {
  requestAnimationFrame(() => {
    const now = performance.now();
    window.apart = Math.max(apart, now - before);
    look(now);
  });
})(performance.now())"""
"""Notes how many ms two drawings of the page were apart at most."""
PLAYER = "document.querySelector('.player').player"


@pytest.fixture(scope="module")
def two_tracks(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Six seconds of 25 frames from hour ten on, with a mix and a dialogue track."""
    path = tmp_path_factory.mktemp("tracks") / "Two tracks.mov"
    inputs = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=6"]
    for frequency in (300, 900):
        inputs += ["-f", "lavfi", "-i", f"sine=f={frequency}:d=6"]
    names = ["-metadata:s:a:0", "handler_name=Full mix", "-metadata:s:a:1", "handler_name=Dialogue"]
    titles = [
        "-metadata:s:a:0",
        "title=Full mix",
        "-metadata:s:a:1",
        "title=Dialogue",
        "-timecode",
        "10:00:00:00",
    ]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    maps = ["-map", "0:v", "-map", "1:a", "-map", "2:a"]
    command = ["ffmpeg", "-v", "error", *inputs, *maps, *coding, *names, *titles, str(path)]
    subprocess.run([*command[:-1], str(path.with_suffix(".mkv"))], check=True, timeout=60)
    asset = api.wait_ready(api.make_asset(api.make_project("Choices"), path.with_suffix(".mkv"))["id"])
    assert asset["status"] == "ready", asset["versions"][0]["preview"]
    return dict(asset)


@pytest.fixture
def page(open_page: Callable[..., Page], two_tracks: dict[str, Any]) -> Page:
    """Its page, with the first picture."""
    found = open_page(f"/assets/{two_tracks['id']}")
    wait(found, f"document.querySelector('video')?.readyState >= 2 && {PLAYER}")
    return found


def test_audio_tracks_are_switched_by_name(page: Page) -> None:
    # Given the names that the master gave its tracks
    menu = page.locator("[data-menu=audio]")
    expect(menu).to_be_visible()
    menu.locator("summary").click()
    expect(menu.locator("button")).to_have_text([re.compile("^Full mix"), re.compile("^Dialogue")])
    expect(menu.locator("[aria-pressed=true]")).to_contain_text("Full mix")
    # When the other one is chosen, then its segments are fetched and it is the one that plays
    with page.expect_response(re.compile(r"/audio1/\d+\.m4s")) as answer:
        menu.get_by_role("button", name="Dialogue").click()
    assert answer.value.ok
    expect(menu.locator("[aria-pressed=true]")).to_contain_text("Dialogue")
    page.keyboard.press("Escape")
    page.locator("[data-do=play]").click()
    wait(page, "document.querySelector('video').currentTime > 0.5")
    expect(menu.locator("[data-count]")).to_have_text("2")


def test_positions_are_counted_as_chosen_also_the_next_time(page: Page) -> None:
    # Given a film from hour ten on, standing on its thirtieth frame
    page.evaluate(f"{PLAYER}.seekFrame(30)")
    expect(page.locator("[data-now]")).to_have_text("10:00:01:05")
    menu = page.locator("[data-menu=counting]")
    # When frames, then seconds are chosen
    for name, now, length in (("Frames", "30", "150"), ("Seconds", "00:00:01.200", "00:00:06.000")):
        menu.locator("summary").click()
        menu.get_by_role("button", name=name).click()
        expect(page.locator("[data-now]")).to_have_text(now)
        expect(page.locator("[data-length]")).to_have_text(length)
    # Then that is kept
    page.reload()
    wait(page, "document.querySelector('video')?.readyState >= 2 && document.querySelector('.player').player")
    expect(page.locator("[data-now]")).to_have_text("00:00:00.000")


def test_a_loop_goes_from_its_first_frame_to_its_last(page: Page) -> None:
    # Given a loop of a second
    page.evaluate(f"{PLAYER}.seekFrame(40)")
    page.keyboard.press("i")
    page.evaluate(f"{PLAYER}.seekFrame(64)")
    page.keyboard.press("o")
    # When it plays until it has turned twice
    page.evaluate(f"window.drawn = []; void {PLAYER}.onframe((frame) => drawn.push(frame)); {APART}")
    page.locator("[data-do=play]").click()
    wait(page, "drawn.filter((frame, at) => frame < drawn[at - 1]).length >= 2")
    page.keyboard.press("k")
    # Then it stayed within; it turns at a drawing, so that as many more are seen as come between two of those
    drawn, apart = page.evaluate("[drawn, apart]")
    assert min(drawn) >= 40
    assert max(drawn) <= 72 + apart / 40
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "false")


def test_strips_lie_under_the_whole_timeline(page: Page) -> None:
    """The mount element of markers and waveforms is as wide as the scrub bar."""
    page.evaluate("document.querySelector('[data-timeline-strips]').append(document.createElement('canvas'))")
    scrub = page.locator(".scrub").bounding_box()
    strips = page.locator("[data-timeline-strips]").bounding_box()
    assert scrub is not None
    assert strips is not None
    assert (strips["x"], strips["width"]) == (scrub["x"], scrub["width"])
    assert page.evaluate(f"[{PLAYER}.frames, {PLAYER}.rate.num, {PLAYER}.rate.den]") == [150, 25, 1]


def test_a_card_is_skimmed_and_its_place_is_coloured_before_the_poster(
    open_page: Callable[..., Page], api: Any, two_tracks: dict[str, Any]
) -> None:
    # Given a grid whose posters do not come
    body = {"version_id": two_tracks["current_version_id"], "expires_in": 600}
    asked = "/api/sign-preview"
    becomes(lambda: api.client.post(asked, json=body).json()["sprite_url"], bool, "sprites come", seconds=240)
    page = open_page("/")
    page.route(re.compile(r"poster"), lambda route: None)
    page.goto(f"/projects/{two_tracks['project_id']}", wait_until="commit")  # its posters stay on their way
    card = page.locator(".card").first
    before = card.locator(".picture").bounding_box()
    # Then the place of each has the picture's colours, and its size
    wait(page, "document.querySelector('.card canvas[data-drawn]')")
    canvas = "document.querySelector('.card canvas')"
    pixels = f"{canvas}.getContext('2d').getImageData(0, 0, {canvas}.width, {canvas}.height).data"
    settles(page, f"new Set({pixels}).size", lambda many: many > 20)
    # When a mouse moves over it, then its moments are shown, and go with the mouse
    box = card.locator(".picture").bounding_box()
    assert box is not None
    assert box == before
    skim = card.locator(".skim")

    def skimmed() -> int:
        for nudge in (0, 1):
            page.mouse.move(box["x"] + box["width"] * 0.7 + nudge, box["y"] + box["height"] / 2)
        page.wait_for_timeout(500)
        return skim.count()

    becomes(skimmed, 1)
    place = skim.bounding_box()
    assert place is not None
    assert abs(place["width"] - box["width"]) < 2
    first = skim.evaluate("(view) => view.style.backgroundPosition")
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2)
    becomes(lambda: skim.evaluate("(view) => view.style.backgroundPosition"), lambda now: now != first)
    page.mouse.move(2, 2)
    expect(skim).to_have_count(0)
