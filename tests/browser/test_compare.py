"""Two versions compared in real Chromium: every picture carries its number, and both carry the same."""

from __future__ import annotations

import random
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from compare_probe import mode, open_compare, pairs, state, strongest
from frame_clips import AAC, BFRAMES, Clip, make
from patience import settles, wait
from playwright.sync_api import Page, expect
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]
Open = Callable[..., Page]

COMPARE = "document.querySelector('.compare').compare"
FRAMES, SLATE = 110, 12
RATE = Fraction(25)


@dataclass(frozen=True)
class Stack:
    """An asset with four versions; their ids by what they are."""

    asset_id: str
    ids: dict[str, str]

    def url(self, a: str, b: str, **asked: Any) -> str:
        """The page that compares two of them."""
        more = "".join(f"&{key}={value}" for key, value in asked.items())
        return f"/compare?a={self.ids[a]}&b={self.ids[b]}{more}"


@pytest.fixture(scope="module")
def stack(api: Any, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """One film; the same bytes again; graded; and the same without its first frames."""
    folder = tmp_path_factory.mktemp("stack")
    clip = Clip("cut.mp4", RATE, FRAMES, BFRAMES, AAC, start_label="01:00:00:00", width=640, height=360)
    film = make(clip, folder)
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    graded, trimmed = folder / "graded.mp4", folder / "trimmed.mp4"
    _ffmpeg("-i", film, "-vf", "eq=contrast=0.8", *coded, "-timecode", "01:00:00:00", graded)
    late = f"trim=start_frame={SLATE},setpts=PTS-STARTPTS"
    _ffmpeg("-i", film, "-vf", late, *coded, "-shortest", "-timecode", "01:00:00:12", trimmed)
    again = folder / "again.mp4"
    again.write_bytes(film.read_bytes())
    asset_id = api.make_asset(api.make_project("Compare"), film)["id"]
    for path in (again, graded, trimmed):
        api.add_version(asset_id, path)
    return Stack(asset_id, _ready(api, asset_id))


def _ffmpeg(*arguments: Any) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True, timeout=300)


def _ready(api: Any, asset_id: str) -> dict[str, str]:
    deadline = time.monotonic() + 400
    while True:
        versions = api.client.get(f"/api/assets/{asset_id}").raise_for_status().json()["versions"]
        if all(one["preview"]["status"] == "ready" for one in versions):
            names = ("film", "again", "graded", "trimmed")
            return {name: one["id"] for name, one in zip(names, reversed(versions), strict=True)}
        assert time.monotonic() < deadline, [one["preview"] for one in versions]
        time.sleep(0.5)


LIES = f"""(() => {{
    const place = {COMPARE}.place(1);
    const [lies, stage] = ["[data-drawings=b] .drawings", ".compare-stage canvas"]
        .map((one) => document.querySelector(one)?.getBoundingClientRect());
    if (!place || !lies?.width) return null;
    return [Math.abs(lies.x - stage.x - place.x), Math.abs(lies.width - place.width)];
}})()"""
"""How far the drawings of B lie from its picture, and how much wider they are."""


def some(last: int, count: int, seed: int) -> list[int]:
    """Both ends, both sides of the segments' borders, and any others."""
    chance = random.Random(seed)  # noqa: S311 - the same frames each time
    edges = [0, 1, 49, 50, 51, 99, 100, last - 1, last]
    order = [*edges, *(chance.randrange(last) for _ in range(count - len(edges)))]
    chance.shuffle(order)
    return order


def test_every_mode_shows_the_same_frame_of_both(open_page: Open, stack: Stack) -> None:
    # Given two versions whose every frame carries its number
    page = open_compare(open_page(stack.url("film", "graded")))
    assert state(page)["last"] == FRAMES - 1
    # When twenty frames and more are asked for in each mode, those at the ends too
    for turn, name in enumerate(("side", "wipe", "overlay")):
        mode(page, name)
        read = pairs(page, some(FRAMES - 1, 20, turn))
        # Then both show it; wiped and laid over each other they are still one number
        assert len(read) >= 20
        assert [one for one in read if one[1:] != [one[0]] * 4] == []
    # And the difference is what the grade changed: a little everywhere, and never another frame
    mode(page, "difference")
    for n in some(FRAMES - 1, 20, 9):
        assert pairs(page, [n])[0][:3] == [n, n, n]
        assert 10 < strongest(page) < 80, n


def test_nothing_is_left_of_the_difference_of_the_same_film(open_page: Open, stack: Stack) -> None:
    # Given the same bytes twice
    page = open_compare(open_page(stack.url("film", "again", mode="difference")))
    expect(page.get_by_role("button", name="Difference")).to_have_attribute("aria-pressed", "true")
    # When they are compared frame by frame, then all is black
    for n in some(FRAMES - 1, 20, 4):
        assert pairs(page, [n])[0][:3] == [n, n, n]
        assert strongest(page) <= 2, n
    # When B is moved by one frame with the keyboard, then it is not
    pairs(page, [40])
    page.keyboard.press("]")
    wait(page, "document.querySelector('.compare').compare.pair[1] === 41")
    settles(page, "strongest()", lambda most: most > 150)


SILENT = """(() => {
    const { requestVideoFrameCallback: told } = HTMLVideoElement.prototype;
    HTMLVideoElement.prototype.requestVideoFrameCallback = function (tell) {
        const hush = (...what) => (window.silent ? this.requestVideoFrameCallback(tell) : tell(...what));
        return told.call(this, hush);
    };
})()"""


def test_frames_that_a_busy_browser_does_not_tell_of_are_shown(open_page: Open, stack: Stack) -> None:
    # Given a browser that, from some moment on, tells of no frame that it draws
    page = open_page("/")
    page.add_init_script(SILENT)
    page.goto(stack.url("film", "again"))
    open_compare(page)
    page.evaluate("window.silent = true")
    # When frames are asked for, then both show them all the same
    assert pairs(page, (40, 7, 99)) == [[n] * 5 for n in (40, 7, 99)]


def test_they_play_as_pairs_and_stop_on_one(open_page: Open, stack: Stack) -> None:
    page = open_compare(open_page(stack.url("film", "graded")))
    shown = "[numberOf(0), numberOf(1), ...document.querySelector('.compare').compare.pair]"
    for turn in range(3):
        # Given both at the beginning, heard from A, from B or from neither
        page.keyboard.press("Home")
        wait(page, "document.querySelector('.compare').compare.at === 0")
        # When they are played for a while
        page.keyboard.press("Space")
        deadline, seen = time.monotonic() + 60, []
        while len(seen) < 20 or (turn and seen[-1][2] < 20):
            assert time.monotonic() < deadline, seen
            seen.append(page.evaluate(shown))
            page.wait_for_timeout(40)
        # Then every picture on the way is a pair
        assert [one for one in seen if one[:2] != one[2:] or one[0] != one[1]] == []
        # And what they stop on is one frame of both, which the labels name
        page.keyboard.press("k")
        wait(page, "!document.querySelector('.compare').compare.moving")
        at = state(page)["at"]
        assert turn == 0 or at > 0
        settles(page, f"[numberOf(0), numberOf(1), ...{COMPARE}.pair]", [at] * 4)
        for side in ("a", "b"):
            expect(page.locator(f"[data-side={side}] [data-now]")).to_have_text(
                f"01:00:{at // 25:02}:{at % 25:02} · {at}"
            )
        page.keyboard.press("s")


def test_a_version_without_its_first_frames_is_aligned_by_timecode(open_page: Open, stack: Stack) -> None:
    # Given a second version that begins later, and says so in its timecode
    page = open_compare(open_page(stack.url("film", "trimmed")))
    # When both are aligned by their start timecodes
    page.locator(".compare-offset summary").click()
    page.get_by_role("button", name="Start timecodes").click()
    expect(page.get_by_label("Offset of B in frames").locator("input")).to_have_value(str(-SLATE))
    # Then the same picture is at the same place, and before it begins B has none
    assert pairs(page, [SLATE, 60, FRAMES - 1]) == [[n, n, n - SLATE, n, n] for n in (SLATE, 60, FRAMES - 1)]
    assert pairs(page, [SLATE - 1])[0][1:3] == [SLATE - 1, None]
    expect(page.locator("[data-side=b] [data-now]")).to_have_text("has no picture here")
    # And the address keeps it for whoever is sent it
    expect(page).to_have_url(re.compile(f"offset=-{SLATE}"))


def test_notes_of_both_are_one_list_by_frame(open_page: Open, api: Any, stack: Stack) -> None:
    # Given a note on each version
    for name, frame, words in (("film", 80, "Second in A"), ("graded", 20, "First in B")):
        body = {"version_id": stack.ids[name], "frame": frame, "body": words}
        api.client.post(f"/api/assets/{stack.asset_id}/comments", json=body).raise_for_status()
    page = open_compare(open_page(stack.url("film", "graded")))
    notes = page.locator(".compare-notes .note")
    # Then they stand in the order of their frames, each with its side
    expect(notes).to_have_count(2)
    assert [one.split("\n")[0] for one in notes.all_inner_texts()] == ["B", "A"]
    # When one is followed, then both show its frame
    notes.filter(has_text="Second in A").get_by_role("button").first.click()
    settles(page, f"[{COMPARE}.at, numberOf(0), numberOf(1)]", [80, 80, 80])


def test_notes_are_drawn_at_their_frames_come_live_and_are_written_on_either(
    open_page: Open, api: Any, stack: Stack
) -> None:
    # Given the page of both versions, and a note with a drawing that somebody writes on B meanwhile
    page = open_compare(open_page(stack.url("film", "graded")))
    shape = {"kind": "box", "color": "red", "width": 0.01, "from": [0.25, 0.25], "to": [0.75, 0.75]}
    body = {"version_id": stack.ids["graded"], "frame": 33, "body": "Drawn on B"}
    drawn = {**body, "drawing": {"version": 1, "shapes": [shape]}}
    api.client.post(f"/api/assets/{stack.asset_id}/comments", json=drawn).raise_for_status()
    # Then it comes without a reload, and its drawing is on B at exactly its frame, in B's picture
    notes = page.locator(".compare-notes .note")
    expect(notes.filter(has_text="Drawn on B")).to_have_count(1)
    on_b = page.locator("[data-drawings=b] [data-note-id] > *")
    for frame, many in ((32, 0), (33, 1), (34, 0), (33, 1)):
        page.evaluate("n => document.querySelector('.compare').compare.show(n)", frame)
        expect(on_b).to_have_count(many)
    expect(page.locator("[data-drawings=a] [data-note-id]")).to_have_count(0)
    for way in ("side", "wipe", "overlay"):
        page.evaluate("name => document.querySelector('.compare').compare.mode(name)", way)
        settles(page, LIES, lambda off: off is not None and max(off) < 1.5)
    # When a note is written on B by the keyboard
    page.keyboard.press("m")
    page.locator("[data-write='1']").click()
    page.keyboard.press("m")
    expect(page.locator("[data-write-note] textarea")).to_be_focused()
    page.keyboard.type("From compare")
    page.keyboard.press("Enter")
    # Then it stands on B at the frame shown
    expect(notes.filter(has_text="From compare")).to_have_count(1)
    listed = api.client.get(
        f"/api/assets/{stack.asset_id}/comments", params={"version_id": stack.ids["graded"]}
    )
    assert [one["frame"] for one in listed.json()["items"] if one["body"] == "From compare"] == [33]


def test_documents_are_compared_page_by_page(open_page: Open, api: Any, tmp_path: Path) -> None:
    # Given a script of three pages whose second page is another one in the next version
    asset_id = ""
    for name, middle in (("one", "#ff0000"), ("two", "#00ff00")):
        path = tmp_path / f"{name}.pdf"
        drawing = Canvas(str(path), pagesize=(400, 300))
        for colour in ("#0000ff", middle, "#0000ff"):
            drawing.setFillColor(HexColor(colour))
            drawing.rect(0, 0, 400, 300, stroke=0, fill=1)
            drawing.showPage()
        drawing.save()
        if asset_id:
            api.add_version(asset_id, path)
        else:
            asset_id = api.make_asset(api.make_project("Scripts"), path)["id"]
        versions = api.wait_ready(asset_id)["versions"]
    page = open_compare(open_page(f"/compare?a={versions[1]['id']}&b={versions[0]['id']}"))
    now = page.locator("[data-side=b] [data-now]")
    expect(now).to_have_text("Page 1")
    page.keyboard.press("3")
    # Then the first pages do not differ, the second ones do, and both turn together
    bright = "(() => { const c = document.querySelector('.compare canvas'); const d = c.getContext('2d')"
    bright += ".getImageData(c.width / 2, c.height / 2, 1, 1).data; return d[0] + d[1] + d[2]; })()"
    wait(page, f"document.querySelector('.compare').dataset.mode === 'difference' && {bright} === 0")
    page.keyboard.press("ArrowRight")
    expect(now).to_have_text("Page 2")
    wait(page, f"{bright} > 400")
    page.get_by_role("button", name="One page on").click()
    expect(now).to_have_text("Page 3")
    wait(page, f"{bright} === 0")


def test_stills_are_compared_and_enlarged_together(open_page: Open, api: Any, tmp_path: Path) -> None:
    # Given two versions of a picture that differ in one corner
    for name, corner in (("one", "black"), ("two", "white")):
        box = f"drawbox=x=1180:y=620:w=100:h=100:color={corner}:t=fill"
        picture = tmp_path / f"{name}.png"
        _ffmpeg("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=1", "-vf", box, "-frames:v", 1, picture)
    asset_id = api.make_asset(api.make_project("Stills"), tmp_path / "one.png")["id"]
    api.wait_ready(asset_id)
    api.add_version(asset_id, tmp_path / "two.png")
    versions = api.wait_ready(asset_id)["versions"]
    page = open_compare(open_page(f"/compare?a={versions[1]['id']}&b={versions[0]['id']}"))
    # When their difference is shown, then it is the corner alone
    page.keyboard.press("3")
    wait(page, "greenAt(0.96)[0] > 200")
    wait(page, "greenAt(0.5)[0] <= 8")
    # When they are enlarged, then both are
    page.keyboard.press("1")
    page.keyboard.press("+")
    expect(page.locator("[data-zoom]")).to_have_text("150 %")
    widths = "[0, 1].map((side) => Math.round(document.querySelector('.compare').compare.place(side).width))"
    settles(page, widths, lambda both: both[0] == both[1])
    # And there is nothing to play
    expect(page.get_by_role("button", name="Play")).to_have_count(0)
