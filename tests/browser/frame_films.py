"""Films of counted frames in a box: which clips there are, and what each of their frames has to show."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from frame_clips import AAC, BFRAMES, PCM, X264, Clip, covering, make, shown_times
from frame_probe import open_reader, wait
from playwright.sync_api import Page

from mam.media import timecode

FILM, PAL = Fraction(24000, 1001), Fraction(25)
NTSC, FAST = Fraction(30000, 1001), Fraction(60000, 1001)
MPEG2 = ("-c:v", "mpeg2video", "-b:v", "15M", "-bf", "2", "-g", "12", "-pix_fmt", "yuv420p")
UNEVEN = "N/25+0.016*sin(N*1.7)"  # up to 16 ms early or late
TWO_RATES = "if(lt(N,50),N/24,50/24+(N-50)/30)"
THINNED = "not(eq(mod(n,7),3))*not(eq(mod(n,11),5))*not(between(n,60,67))"
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


def uploader(api: Any, folder: Callable[[], Path]) -> Callable[[Clip], Uploaded]:
    """What makes a clip and takes it through the product; each once."""
    known: dict[str, Uploaded] = {}
    project: list[str] = []

    def take(clip: Clip) -> Uploaded:
        if clip.name not in known:
            project[:] = project or [api.make_project("Frames")]
            path = make(clip, folder())
            asset = api.wait_ready(api.make_asset(project[0], path)["id"], seconds=180)
            assert asset["status"] == "ready", asset["versions"][0]["preview"]
            known[clip.name] = Uploaded(clip, asset["id"], shown_times(path))
        return known[clip.name]

    return take


def opened(open_page: Callable[..., Page], film: Uploaded) -> tuple[Page, Fraction, int]:
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
