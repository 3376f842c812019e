"""Picture, note and marker name one frame: written through the page, read back by API and export.

The film's frames carry their numbers. Each is gone to in ways of hands, a note is written there, and the
number on screen, the note's frame and timecode, the table's row and the marker of the EDL have to agree:
0 wrong of 500.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from frame_clips import Clip, number_in
from frame_films import MODERATE, MORE, Uploaded, opened, some
from frame_probe import choose, read, rungs
from playwright.sync_api import Page, Response, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]
Open = Callable[..., Page]
RATES = (*MODERATE[:4], MORE[-1])  # 23.976, 25, 29.97 and 59.94 drop-frame, 50
SETTLED = "() => document.querySelector('.player').player.settled()"


def _written(answer: Response) -> bool:
    return "/comments" in answer.url and answer.request.method == "POST"


def write_notes(page: Page, film: Uploaded, wanted: list[int]) -> list[tuple[int, int, dict[str, Any]]]:
    """Go to each frame as hands do and write a note there: `[(asked, on screen, the note as stored)]`."""
    found = []
    for turn, frame in enumerate(wanted):
        step = 1 if turn % 2 and frame > 0 else 0  # every other one is reached by a last step
        page.keyboard.press("t")
        page.locator(".place input").fill(f"{frame - step}f")
        page.keyboard.press("Enter")
        page.evaluate(SETTLED)
        if step:
            page.keyboard.press("ArrowRight")
            page.evaluate(SETTLED)
        page.keyboard.press("m")
        expect(page.get_by_role("textbox", name="Note", exact=True)).to_be_focused()
        with page.expect_response(
            lambda one: "/comments" in one.url and one.request.method == "POST"
        ) as sent:
            page.keyboard.type(f"note {turn}.")
            page.keyboard.press("Enter")
        found.append((frame, read(page), dict(sent.value.json())))
        page.keyboard.press("Escape")
    return found


def exported(api: Any, film: Uploaded, format_: str) -> str:
    """The notes of the film's version as a file."""
    version = api.client.get(f"/api/assets/{film.asset_id}").json()["versions"][0]["id"]
    address = f"/api/versions/{version}/comments/export"
    return str(
        api.client.get(address, params={"format": format_}).raise_for_status().content.decode("utf-8-sig")
    )


def disagreeing(open_page: Open, api: Any, film: Uploaded, count: int) -> tuple[int, list[Any]]:
    """Write notes; how many, and those where picture, note, table and marker are not one frame."""
    page, rate, frames = opened(open_page, film)
    notes = write_notes(page, film, some(frames, rate, count, f"notes {film.clip.name}")[:count])
    table = {row["text"]: row for row in csv.DictReader(io.StringIO(exported(api, film, "csv")))}
    events = exported(api, film, "edl").splitlines()
    faults = []
    for asked, seen, note in notes:
        label, after = film.label(asked, rate), film.label(asked + 1, rate)
        row = table[note["body"]]
        marker = [index for index, line in enumerate(events) if f" {label} {after} {label} {after}" in line]
        told = events[marker[0] + 1] if marker else ""  # two notes on one frame are one marker
        if not (
            seen in film.source_frames(asked, rate)
            and note["frame"] == int(row["frame"]) == asked
            and note["timecode"] == row["timecode"] == label
            and len(marker) == 1
            and note["body"] in told
        ):
            faults.append([film.clip.name, asked, seen, note["frame"], note["timecode"], row, told])
    page.context.close()
    return len(notes), faults


@pytest.mark.parametrize("clip", [MODERATE[0], MODERATE[2]], ids=lambda clip: clip.name)
def test_a_note_stands_at_the_frame_on_screen_and_so_does_its_marker(
    open_page: Open, api: Any, upload: Callable[[Clip], Uploaded], clip: Clip
) -> None:
    written, faults = disagreeing(open_page, api, upload(clip), count=6)
    assert written == 6
    assert faults == []


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_five_hundred_notes_at_five_rates_agree_with_picture_and_marker(
    open_page: Open,
    api: Any,
    upload: Callable[[Clip], Uploaded],
    record_property: Callable[[str, object], None],
) -> None:
    total, faults = 0, []
    for clip in RATES:
        written, found = disagreeing(open_page, api, upload(clip), count=100)
        total, faults = total + written, faults + found
        sys.stdout.write(f"{clip.name}: {len(found)} wrong of {written} notes" + "\n")
    record_property("notes", f"{len(faults)} wrong of {total}")
    assert total == 500
    assert faults == []


def test_a_snapshot_is_the_frame_on_screen_in_the_rungs_own_size(
    open_page: Open, upload: Callable[[Clip], Uploaded], tmp_path: Path
) -> None:
    # Given the drop-frame film on its largest and its smallest rung, whatever the window's size
    film = upload(MODERATE[2])
    page, rate, _ = opened(open_page, film)
    names = rungs(page)
    for rung, frame in ((names[0], 64), (names[-1], 101)):
        choose(page, rung)
        assert page.evaluate("n => document.querySelector('.player').player.seekFrame(n)", frame) == frame
        # When its frame is saved, by key and by menu
        for format_ in ("png", "jpg"):
            with page.expect_download() as saved:
                if format_ == "png":
                    page.keyboard.press("s")
                else:
                    page.locator("[data-menu=snapshot] summary").click()
                    page.get_by_role("button", name="Save as JPEG").click()
            # Then the file says which frame it is, and is that frame, as large as the rung
            label = film.label(frame, rate).replace(":", "-").replace(";", "-")
            assert saved.value.suggested_filename == f"ntsc {label} f{frame}.{format_}"
            path = tmp_path / saved.value.suggested_filename
            saved.value.save_as(path)
            assert number_in(path) == (frame, int(rung.removesuffix("p")))
