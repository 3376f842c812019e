"""The picture on screen is the frame that the number says: uploaded, encoded, and read back in real Chromium.

Every clip carries its frame numbers as blocks. For a film of even rate frame n of the preview is frame n of
the source. For an uneven one it is the source's frame that is on screen in the middle of frame n's time, at
(n + 1/2) / rate: where a seek lands, and frame n itself as long as frames come less than half of one early or
late. Where frames of an even film were left out it is the last one that is left. The moderate run takes some
rates and few frames, `slow` all of them: the promise is 0 wrong of 500.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from frame_clips import AAC, BFRAMES, Clip, make, shown_times
from frame_films import FILM, MODERATE, MORE, NTSC, Uploaded, opened, some
from frame_probe import choose, open_reader, probe, read, rungs, wait
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]
Open = Callable[..., Page]

SHARED = (  # 62 seconds: longer than what one worker makes alone
    Clip("reel.mov", FILM, 1487, BFRAMES, AAC, start_label="00:59:40:00", width=848, height=480),
    Clip("reel-df.mp4", NTSC, 1859, BFRAMES, AAC, start_label="00:59:30;00", width=848, height=480),
)


def wrong(film: Uploaded, rate: Fraction, found: list[list[Any]]) -> list[list[Any]]:
    """Those where the picture, the player's word or the timecode is another than asked for."""
    return [
        [film.clip.name, *one, film.source_frames(one[0], rate)]
        for one in found
        if one[1] != one[0]
        or one[2] not in film.source_frames(one[0], rate)
        or one[3] != film.label(one[0], rate)
    ]


def probed(open_page: Open, film: Uploaded, count: int) -> tuple[int, list[list[Any]]]:
    """Ask for frames on every rung; how many, and the wrong ones."""
    page, rate, frames = opened(open_page, film)
    assert film.clip.pts or frames == film.clip.frames - film.clip.drop
    assert film.clip.pts or rate == film.clip.rate
    asked, faults = 0, []
    for rung in rungs(page):
        choose(page, rung)
        found = probe(page, some(frames, rate, count, film.clip.name + rung))
        asked += len(found)
        faults += wrong(film, rate, found)
    page.context.close()
    return asked, faults


@pytest.mark.parametrize("clip", MODERATE, ids=lambda clip: clip.name)
def test_the_frame_asked_for_is_the_frame_on_screen(
    open_page: Open, upload: Callable[[Clip], Uploaded], clip: Clip
) -> None:
    asked, faults = probed(open_page, upload(clip), count=12)
    assert asked >= 12
    assert faults == []


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_none_of_five_hundred_frames_is_wrong(
    open_page: Open, upload: Callable[[Clip], Uploaded], record_property: Callable[[str, object], None]
) -> None:
    total, faults = 0, []
    for clip in (*MODERATE, *MORE):
        asked, found = probed(open_page, upload(clip), count=14)
        total, faults = total + asked, faults + found
        sys.stdout.write(f"{clip.name}: {len(found)} wrong of {asked}" + "\n")
    sys.stdout.write(f"{len(faults)} wrong of {total} frames" + "\n")
    record_property("frames", f"{len(faults)} wrong of {total}")
    assert total >= 500
    assert faults == []


@pytest.mark.long
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("clip", SHARED, ids=lambda clip: clip.name)
def test_a_film_made_in_pieces_has_every_frame_where_it_belongs(
    open_page: Open, api: Any, tmp_path: Path, record_property: Callable[[str, object], None], clip: Clip
) -> None:
    # Given a film so long that both workers of the box share it
    path = make(clip, tmp_path)
    asset = api.make_asset(api.make_project("Pieces"), path)
    pieces = watch_pieces(api, asset["id"])
    assert len(pieces) >= 2
    # When frames on both sides of every segment's border, so of every piece's, are asked for on every rung
    film = Uploaded(clip, asset["id"], shown_times(path))
    asked, faults = probed(open_page, film, count=120)
    told = f"{clip.name}: {len(pieces) + 1} pieces, {len(faults)} wrong of {asked}"
    sys.stdout.write(told + "\n")
    record_property("pieces", told)
    # Then each is the right one
    assert faults == []


def watch_pieces(api: Any, asset_id: str) -> set[str]:
    """The pieces that are seen while a film is made; their rows are gone afterwards."""
    seen: set[str] = set()
    deadline = time.monotonic() + 900
    while api.client.get(f"/api/assets/{asset_id}").raise_for_status().json()["status"] != "ready":
        assert time.monotonic() < deadline
        found = api.client.get("/api/admin/jobs", params={"kind": "render_piece"}).raise_for_status().json()
        seen |= {job["id"] for job in found["items"] if job["version_id"] is not None}
        time.sleep(0.3)
    return seen


def test_keys_and_typing_show_the_frame_they_name(
    open_page: Open, upload: Callable[[Clip], Uploaded]
) -> None:
    # Given the drop-frame film on every rung in turn
    film = upload(MODERATE[2])
    page, rate, frames = opened(open_page, film)
    now = page.locator("[data-now]")

    def stands_on(number: int) -> None:
        expect(now).to_have_text(film.label(number, rate))
        assert read(page) == number

    for rung in rungs(page):
        choose(page, rung)
        # When it is stepped from the first frame, to the last, and by one across the minute
        page.keyboard.press("Home")
        stands_on(0)
        page.keyboard.press("ArrowLeft")
        stands_on(0)
        page.keyboard.press("Shift+ArrowRight")
        stands_on(10)
        page.keyboard.press("End")
        stands_on(frames - 1)
        page.keyboard.press("ArrowRight")
        stands_on(frames - 1)
        page.keyboard.press("ArrowLeft")
        stands_on(frames - 2)
        # Then what is typed is shown: a timecode, a frame, a step, seconds
        for typed, number in (("01:00:00;04", 64), ("100f", 100), ("-41", 59), ("59;20", 50), ("2.5s", 74)):
            page.keyboard.press("t")
            page.locator(".place input").fill(typed)
            page.keyboard.press("Enter")
            stands_on(number)
        # And what is no place in it is said, and moves nothing
        page.keyboard.press("t")
        page.locator(".place input").fill("00:01:00;00")
        page.keyboard.press("Enter")
        expect(page.locator(".corner")).to_contain_text("is no place in this clip")
        page.keyboard.press("Escape")
        stands_on(74)


def test_after_playing_the_frame_on_screen_is_the_one_named(
    open_page: Open, upload: Callable[[Clip], Uploaded]
) -> None:
    # Given a film that is played and stopped again and again, on changing rungs
    film = upload(MODERATE[0])
    page, rate, frames = opened(open_page, film)
    names = rungs(page)
    for turn in range(6):
        page.keyboard.press("Home")
        page.keyboard.press("Space")
        page.wait_for_timeout(250 + 130 * turn)
        page.keyboard.press("k")
        wait(page, "document.querySelector('video').paused && !document.querySelector('video').seeking")
        # Then picture, player and timecode agree, and stay so when the rung is changed
        for _ in range(2):
            number = read(page)
            assert number == page.evaluate("document.querySelector('.player').player.currentFrame()")
            expect(page.locator("[data-now]")).to_have_text(film.label(number, rate))
            choose(page, names[turn % len(names)])
            assert read(page) == number
    # And at the end of it the last one stands
    page.keyboard.press("Space")
    wait(page, "document.querySelector('video').ended")
    wait(page, f"readNumber() === {frames - 1}")


def test_a_browser_without_frame_callbacks_shows_the_same(
    open_page: Open, upload: Callable[[Clip], Uploaded]
) -> None:
    # Given a browser that does not tell which frame it has drawn
    film = upload(MODERATE[0])
    page = open_page("/")
    page.add_init_script("delete HTMLVideoElement.prototype.requestVideoFrameCallback")
    page.goto(f"/assets/{film.asset_id}")
    open_reader(page)
    wait(page, "!document.querySelector('[data-menu=rung]').hidden")
    assert not page.evaluate("'requestVideoFrameCallback' in HTMLVideoElement.prototype")
    # When frames are asked for, then they are shown and named
    found = probe(page, [0, 1, 47, 48, 49, 100, 99])
    assert wrong(film, FILM, found) == []
