"""The picture on screen is the frame that the number says: uploaded, encoded, and read back in real Chromium.

Every clip carries its frame numbers as blocks. For a film of even rate frame n of the preview is frame n of
the source. For an uneven one it is the source's frame that is on screen in the middle of frame n's time, at
(n + 1/2) / rate: where a seek lands, and frame n itself as long as frames come less than half of one early or
late. Where frames of an even film were left out it is the last one that is left. The moderate run takes some
rates and few frames, `slow` all of them: the promise is 0 wrong of 500.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from frame_clips import AAC, BFRAMES, PCM, X264, Clip, covering, make, shown_times
from frame_probe import choose, open_reader, probe, read, rungs, wait
from playwright.sync_api import Page, expect

from mam.media import timecode

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]
Open = Callable[..., Page]

FILM, PAL = Fraction(24000, 1001), Fraction(25)
NTSC, FAST = Fraction(30000, 1001), Fraction(60000, 1001)
MPEG2 = ("-c:v", "mpeg2video", "-b:v", "15M", "-bf", "2", "-g", "12", "-pix_fmt", "yuv420p")
UNEVEN = "N/25+0.016*sin(N*1.7)"  # up to 16 ms early or late
TWO_RATES = "if(lt(N,50),N/24,50/24+(N-50)/30)"
THINNED = "not(eq(mod(n,7),3))*not(eq(mod(n,11),5))*not(between(n,60,67))"
SHARED = (  # 62 seconds: longer than what one worker makes alone
    Clip("reel.mov", FILM, 1487, BFRAMES, AAC, start_label="00:59:40:00", width=848, height=480),
    Clip("reel-df.mp4", NTSC, 1859, BFRAMES, AAC, start_label="00:59:30;00", width=848, height=480),
)
MODERATE = (
    Clip("film.mov", FILM, 101, BFRAMES, AAC, start_label="01:00:10:00"),
    Clip("pal.mxf", PAL, 105, MPEG2, PCM, start_label="10:00:00:00"),
    Clip("ntsc.mov", NTSC, 127, BFRAMES, AAC, start_label="00:59:58;00"),
    Clip("fast.mkv", FAST, 251, X264, start_label="00:00:59;00"),
    Clip("uneven.mp4", PAL, 90, X264, AAC, pts=UNEVEN),
    Clip("thinned.mp4", PAL, 140, BFRAMES, AAC, kept=THINNED),
)
MORE = (
    Clip("uneven.mkv", PAL, 110, BFRAMES, pts=TWO_RATES),
    Clip("thinned.mkv", PAL, 140, BFRAMES, kept=THINNED),
    Clip("thinned-film.mp4", FILM, 129, X264, AAC, kept=THINNED),
    Clip("trimmed.mp4", PAL, 120, BFRAMES, AAC, drop=17),
    Clip("late.ts", NTSC, 80, BFRAMES, AAC, muxing=("-output_ts_offset", "4.2")),
    Clip("long-sound.mp4", FAST, 140, X264, AAC, sound_seconds=3.1, start_label="09:59:59;50"),
    Clip("late-sound.mov", FILM, 75, X264, AAC, sound_delay=0.4),
    Clip("prores.mov", PAL, 60, ("-c:v", "prores_ks", "-profile:v", "0"), PCM, start_label="23:59:59:00"),
    Clip("one.mp4", PAL, 1, X264),
    Clip("dnx.mxf", NTSC, 50, ("-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p"), PCM),
    Clip("vp9.webm", Fraction(24), 60, ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime")),
    Clip("fifty.mp4", Fraction(50), 130, BFRAMES, AAC, start_label="10:59:59:25"),
)


@dataclass(frozen=True)
class Uploaded:
    """A clip in the box: its asset, and when each of its frames is shown."""

    clip: Clip
    asset_id: str
    times: list[Fraction]

    def source_frames(self, number: int, rate: Fraction) -> set[int]:
        """The number that frame `number` of the preview has to show (two on a border of uneven frames)."""
        if self.clip.kept:
            return {max(kept for time in self.times if (kept := round(time * self.clip.rate)) <= number)}
        if self.clip.pts:
            return covering(self.times, (number + Fraction(1, 2)) / rate)
        return {number + self.clip.drop}

    def label(self, number: int, rate: Fraction) -> str:
        """The source's timecode of a frame of the preview."""
        return timecode.shifted(self.clip.start_label or "00:00:00:00", number, rate)


@pytest.fixture(scope="module")
def upload(api: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Clip], Uploaded]:
    """Make a clip and take it through the product; each once."""
    known: dict[str, Uploaded] = {}
    project: list[str] = []

    def take(clip: Clip) -> Uploaded:
        if clip.name not in known:
            project[:] = project or [api.make_project("Frames")]
            path = make(clip, tmp_path_factory.mktemp("frames"))
            asset = api.wait_ready(api.make_asset(project[0], path)["id"], seconds=180)
            assert asset["status"] == "ready", asset["versions"][0]["preview"]
            known[clip.name] = Uploaded(clip, asset["id"], shown_times(path))
        return known[clip.name]

    return take


def opened(open_page: Open, film: Uploaded) -> tuple[Page, Fraction, int]:
    """The film's page, the rate of its preview and how many frames that has."""
    page = open_reader(open_page(f"/assets/{film.asset_id}"))
    wait(page, "!document.querySelector('[data-menu=rung]').hidden")
    rate = page.evaluate("document.querySelector('.player').player.rate")
    frames = int(page.evaluate("document.querySelector('.player').player.frames"))
    return page, Fraction(rate["num"], rate["den"]), frames


def some(frames: int, rate: Fraction, count: int, seed: str) -> list[int]:
    """Frames to ask for: both ends, both sides of the segments' borders, steps of one, and any others."""
    gop = round(rate * 2)
    edges = [border + side for border in range(gop, frames, gop) for side in (-1, 0, 1)]
    whole = {frame for frame in (0, 1, frames - 2, frames - 1, *edges) if 0 <= frame < frames}
    chance = random.Random(seed)  # noqa: S311 - the same frames each time
    order = [*sorted(whole), *(chance.randrange(frames) for _ in range(max(0, count - len(whole))))]
    chance.shuffle(order)
    return order


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
        page.wait_for_timeout(80)
        # Then picture, player and timecode agree, and stay so when the rung is changed
        for _ in range(2):
            number = read(page)
            assert number == page.evaluate("document.querySelector('.player').player.currentFrame()")
            assert page.locator("[data-now]").inner_text() == film.label(number, rate)
            choose(page, names[turn % len(names)])
            assert read(page) == number
    # And at the end of it the last one stands
    page.keyboard.press("Space")
    wait(page, "document.querySelector('video').ended")
    assert read(page) == frames - 1


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
