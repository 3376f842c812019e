"""Automatic QC in the browser: markers under the scrub bar, the list, keys, and the waveform."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import note_changes, wait, went_through
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]
DRAWN = """((one) => one?.getContext('2d').getImageData(0, 0, one.width, one.height).data
    .some((value) => value > 0))(document.querySelector('canvas.wave-strip'))"""
TONE = "aevalsrc='0.0708*sin(2000*PI*t)*(1-lt(mod(t,1),0.3)*0.8)|0.07*sin(2000*PI*t)':s=48000:d=4"


@pytest.fixture(scope="module")
def faulty(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A film at 29.97 drop-frame with black in two places, analysed."""
    path = tmp_path_factory.mktemp("checks") / "Day 3 reel.mov"
    picture = (
        "testsrc2=s=640x360:r=30000/1001:d=4,"
        "drawbox=t=fill:c=black:enable='between(n,40,59)+between(n,90,110)'"
    )
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", TONE]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le"]
    subprocess.run([*command, "-timecode", "00:00:58;20", str(path)], check=True, timeout=60)
    return analysed(api, path)


def analysed(api: Any, path: Path) -> dict[str, Any]:
    """Upload a file and wait until it was looked at."""
    asset = api.wait_ready(api.make_asset(api.make_project("Checks"), path)["id"])
    deadline = time.monotonic() + 300
    while True:
        address = f"/api/versions/{asset['current_version_id']}/analysis"
        found = api.client.get(address).raise_for_status().json()
        if found["status"] in ("ready", "failed"):
            assert found["status"] == "ready", found
            return dict(asset)
        assert time.monotonic() < deadline, found
        time.sleep(0.3)


@pytest.fixture
def page(open_page: Open, faulty: dict[str, Any]) -> Page:
    """Its page, with its findings."""
    found = open_page(f"/assets/{faulty['id']}")
    expect(found.locator(".qc-list li")).to_have_count(3)  # black twice, and its loudness
    expect(found.locator("[data-now]")).to_have_text("00:00:58;20")
    return found


def test_a_click_on_a_finding_shows_its_first_frame(page: Page) -> None:
    # When a finding of the list is clicked
    page.locator(".qc-list button[data-kind=black]").nth(1).click()
    # Then its first frame is on screen, under the source's own label: 90 frames on, two labels left out
    expect(page.locator("[data-now]")).to_have_text("00:01:01;22")
    assert page.evaluate("document.querySelector('.player').player.currentFrame()") == 90
    # And a click on the strip does the same
    page.locator(".qc-strip button[data-kind=black]").first.click()
    expect(page.locator("[data-now]")).to_have_text("00:01:00;02")
    assert page.evaluate("document.querySelector('.player').player.currentFrame()") == 40


def test_keys_go_from_finding_to_finding(page: Page) -> None:
    for label in ("00:01:00;02", "00:01:01;22"):
        page.keyboard.press("n")
        expect(page.locator("[data-now]")).to_have_text(label)
    page.keyboard.press("Shift+N")
    expect(page.locator("[data-now]")).to_have_text("00:01:00;02")


def test_kinds_can_be_hidden(page: Page) -> None:
    legend = page.get_by_role("button", name="Black 2")
    legend.click()
    expect(page.locator(".qc-list li")).to_have_count(1)
    expect(page.locator(".qc-strip")).to_have_count(0)
    legend.click()
    expect(page.locator(".qc-strip button")).to_have_count(2)


def test_the_waveform_seeks(page: Page) -> None:
    wait(page, DRAWN)
    box = page.locator("canvas.wave-strip").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 4)
    expect(page.locator("[data-now]")).to_have_text("00:01:00;22")


def test_checks_are_made_again_and_shown_as_they_come(page: Page) -> None:
    expect(page.locator("[data-qc-state]")).to_have_text("3 findings")
    note_changes(page, "[data-qc-state]")
    page.get_by_role("button", name="Check again").click()
    went_through(page, last="3 findings")


def test_a_sound_is_its_waveform(open_page: Open, api: Any, tmp_path: Path) -> None:
    # Given a sound at the target level with nothing wrong
    path = tmp_path / "Stem.wav"
    tone = "aevalsrc='0.0708*sin(2000*PI*t)|0.0708*sin(2000*PI*t)':s=48000:d=4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", tone, str(path)], check=True, timeout=120
    )
    asset = analysed(api, path)
    # When its page is opened
    page = open_page(f"/assets/{asset['id']}")
    # Then its waveform is its picture, on which one seeks, and nothing is found
    wave = page.get_by_role("slider", name="Waveform: position")
    expect(wave).to_be_visible()
    expect(page.locator("[data-qc-state]")).to_have_text("No findings")
    box = wave.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    expect(page.locator("[data-now]")).to_contain_text("00:00:03.0")
