"""What stands beside the ladder, in the browser: the picture under the pointer, captions over the film."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from patience import becomes, wait
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SRT = "1\n00:00:00,200 --> 00:00:03,500\nGrüße <i>an</i> <img src=x onerror=alert(1)>alle\n"


@pytest.fixture(scope="module")
def captioned(api: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Four seconds, red and then blue, with a track of captions; preview and sprites are ready."""
    folder = tmp_path_factory.mktemp("captioned")
    (folder / "words.srt").write_text(SRT, encoding="utf-8")
    film = folder / "Two colours.mkv"
    picture = "color=red:s=320x180:r=25:d=4,drawbox=t=fill:c=blue:enable='gte(t,2)'"
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:s", "subrip"]
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", picture, "-i", folder / "words.srt", *encode]
    subprocess.run([*command, "-metadata:s:s:0", "language=ger", film], check=True, timeout=60)
    asset = api.wait_ready(api.make_asset(api.make_project("Beside"), film)["id"])
    becomes(lambda: signed(api, asset)["sprite_url"], bool, "sprites", seconds=240)
    return dict(asset)


def signed(api: Any, asset: dict[str, Any]) -> dict[str, Any]:
    body = {"version_id": asset["current_version_id"], "expires_in": 600}
    return dict(api.client.post("/api/sign-preview", json=body).raise_for_status().json())


def test_the_picture_under_the_pointer_is_that_of_its_moment(
    open_page: Callable[..., Page], captioned: dict[str, Any]
) -> None:
    # Given the player
    page = open_page(f"/assets/{captioned['id']}")
    sprite = page.locator(".scrub .sprite")
    colours = []
    # When the pointer rests over the beginning and over the end
    for part in (0.2, 0.8):
        becomes(lambda part=part: hovered(page, part), True)  # the first times ask for the file and its sheet
        box = sprite.bounding_box()
        assert box is not None
        assert (box["width"], box["height"]) == (160, 90)
        colours.append(colour(sprite.screenshot()))
    # Then it shows red and blue, above the pointer and within the player
    assert colours == ["red", "blue"]
    # And leaves with the pointer
    page.mouse.move(2, 2)
    expect(sprite).to_be_hidden()


def hovered(page: Page, part: float) -> bool:
    """Move the pointer over a part of the scrub bar; whether a picture is shown."""
    bar = page.locator(".scrub").bounding_box()
    assert bar is not None
    for nudge in (0, 1):
        page.mouse.move(bar["x"] + bar["width"] * part + nudge, bar["y"] + 10)
    page.wait_for_timeout(100)
    return page.locator(".scrub .sprite").is_visible()


def colour(png: bytes) -> str:
    """Which of the three colours a picture has most of, in its middle."""
    red, green, blue = Image.open(io.BytesIO(png)).convert("RGB").getpixel((80, 45))
    return max((red, "red"), (green, "green"), (blue, "blue"))[1]


def test_captions_are_shown_by_the_player_as_words(
    open_page: Callable[..., Page], captioned: dict[str, Any]
) -> None:
    # Given the player, and somebody who switches the captions on
    page = open_page(f"/assets/{captioned['id']}")
    menu = page.locator("[data-menu=captions]")
    menu.locator("summary").click()
    menu.get_by_role("button", name="German").click()
    pressed = menu.locator("[aria-pressed=true]")
    expect(pressed).to_have_text("German")
    # When they are loaded
    wait(page, "document.querySelector('video').textTracks[0].cues?.length > 0")
    # Then the words are there at their time, and nothing but words
    track = page.evaluate(
        "(() => { const track = document.querySelector('video').textTracks[0], cue = track.cues[0];"
        " return [track.language, cue.startTime, cue.endTime, cue.getCueAsHTML().textContent,"
        " cue.getCueAsHTML().querySelectorAll('img').length]; })()"
    )
    assert track == ["de", pytest.approx(0.2, abs=0.05), pytest.approx(3.5, abs=0.05), "Grüße an alle", 0]
    # And they can be switched off
    menu.locator("summary").click()
    menu.get_by_role("button", name="Off").click()
    expect(pressed).to_have_text("Off")
    wait(page, "document.querySelector('video').textTracks[0].mode !== 'showing'")
