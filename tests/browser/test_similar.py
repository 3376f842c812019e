"""The same and the similar in the browser: the dialog, the panel, two films side by side."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import becomes, settles
from playwright.sync_api import Page, expect
from test_library import DROP

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]


def _expect_titles(api: Any, project: str, wanted: list[str]) -> None:
    """The project's assets, once what was skipped is gone."""

    def titles() -> list[str]:
        items = api.client.get("/api/assets", params={"project_id": project}).json()["items"]
        return sorted(one["title"] for one in items)

    becomes(titles, wanted)


def _drop(page: Page, *files: tuple[str, str]) -> None:
    page.evaluate(DROP, [".shelf", [list(one) for one in files]])


def test_a_known_master_is_linked_kept_or_skipped_by_the_keyboard(
    open_page: Open, api: Any, watched: Any
) -> None:
    watched.allowed.append("409")  # what the box refuses, a browser writes to its console
    # Given a project with a file
    project = api.make_project("Twice")
    page = open_page(f"/projects/{project}")
    _drop(page, ("first.txt", "take one of many"))
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 1 of 1")
    # When its bytes come again, then the dialog names what is there, with the link chosen
    _drop(page, ("second.txt", "take one of many"))
    dialog = page.get_by_role("dialog", name="You already have this master")
    expect(dialog).to_contain_text("second.txt")
    expect(dialog.get_by_role("link", name="first.txt")).to_be_visible()
    expect(dialog.get_by_role("button", name="Link")).to_be_focused()
    # And Enter links
    page.keyboard.press("Enter")
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 2 of 2")
    # When it is closed without a choice, then the file waits and can be resumed
    _drop(page, ("third.txt", "take one of many"))
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".dock-file", has_text="third.txt")).to_contain_text("Press Resume to choose")
    page.get_by_label("Resume third.txt").click()
    expect(dialog).to_contain_text("third.txt")
    dialog.get_by_role("button", name="Upload anyway").click()
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 3 of 3")
    # When it is skipped, then nothing is left of it
    _drop(page, ("fourth.txt", "take one of many"))
    dialog.get_by_role("button", name="Skip").click()
    expect(page.locator(".card", has_text="fourth.txt")).to_have_count(0)
    _expect_titles(api, project, ["first.txt", "second.txt", "third.txt"])


def test_one_answer_counts_for_a_whole_folder(
    open_page: Open, api: Any, tmp_path: Path, watched: Any
) -> None:
    watched.allowed.append("409")
    # Given a folder whose files are all there already, but one
    project = api.make_project("Folder twice")
    for number in range(4):
        (tmp_path / "card" / "sub").mkdir(parents=True, exist_ok=True)
        (tmp_path / "card" / "sub" / f"clip{number}.txt").write_text(
            f"folder twice {number}", encoding="utf-8"
        )
        if number:
            api.make_asset(project, tmp_path / "card" / "sub" / f"clip{number}.txt", f"old {number}")
    page = open_page(f"/projects/{project}")
    # When it is dropped, and the first question is answered for all
    page.set_input_files("#pick-folder", tmp_path / "card")
    dialog = page.get_by_role("dialog", name="You already have this master")
    dialog.get_by_label("Do the same with all files of this upload").check()
    dialog.get_by_role("button", name="Skip").click()
    # Then only the new one is added
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 1 of 1")
    expect(dialog).to_have_count(0)
    _expect_titles(api, project, ["clip0.txt", "old 1", "old 2", "old 3"])


@pytest.fixture(scope="module")
def pair(api: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any], str]:
    """A film and the same two seconds later, smaller and dimmer, both looked at; and their project."""
    folder = tmp_path_factory.mktemp("pair")
    film = "mandelbrot=size=480x270:rate=25:end_scale=0.01:maxiter=200"
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    ffmpeg = ["ffmpeg", "-v", "error", "-y"]
    subprocess.run([*ffmpeg, "-f", "lavfi", "-i", film, "-t", "6", *coded, folder / "Film.mp4"], check=True)
    smaller = ["-vf", "scale=240:134,eq=brightness=-0.03", "-crf", "30"]
    subprocess.run(
        [*ffmpeg, "-ss", "2", "-i", folder / "Film.mp4", *smaller, *coded, folder / "Copy.mp4"], check=True
    )
    project = api.make_project("Look-alikes")
    one, two = (api.make_asset(project, folder / name, name) for name in ("Film.mp4", "Copy.mp4"))
    one, two = api.wait_ready(one["id"]), api.wait_ready(two["id"])
    address = f"/api/versions/{one['current_version_id']}/similar"
    alike = lambda: api.client.get(address).raise_for_status().json()["items"]  # noqa: E731
    becomes(alike, bool, "found to be alike", seconds=300)
    return one, two, project


def test_the_panel_names_look_alikes(open_page: Open, api: Any, pair: Any) -> None:
    one, _two, project = pair
    # Given an asset with a look-alike
    page = open_page(f"/assets/{one['id']}")
    panel = page.locator("[data-similar]")
    # Then the panel names it with its poster, how alike it is and where it begins
    row = panel.locator(".look-alike")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Copy.mp4")
    expect(row).to_contain_text("% alike · begins 2.0 s later")
    expect(row.locator("img.here")).to_be_visible()
    # And an asset without one says so
    api.client.post("/api/assets", json={"project_id": project, "title": "Empty"}).raise_for_status()
    lonely = api.make_asset(project, Path(__file__), "Lonely")
    api.wait_ready(lonely["id"])
    page.goto(f"/assets/{lonely['id']}")
    expect(page.locator("[data-similar]")).to_contain_text("No other file has the same bytes")
    # When the look-alike is followed, then it names the first
    page.goto(f"/assets/{one['id']}")
    row.get_by_role("link").first.click()
    expect(page.locator("h1")).to_have_text("Copy.mp4")
    expect(page.locator(".look-alike")).to_contain_text("begins 2.0 s earlier")


def test_look_alikes_are_compared_at_their_offset(open_page: Open, pair: Any) -> None:
    # Given the page with both films
    one, _two, _project = pair
    page = open_page(f"/assets/{one['id']}")
    page.locator(".look-alike").get_by_role("link", name="side by side").click()
    page.wait_for_selector("html[data-ready]", state="attached")
    expect(page.locator(".compare-tools")).to_contain_text("The second begins 2.0 s later")
    # Then the second begins fifty frames later than the first, and both are shown where it does
    compare = "document.querySelector('.compare').compare"
    asked = f"(({{ at, pair }}) => [at, pair])({compare})"
    at, pair_shown = settles(page, asked, lambda found: found[1][1] is not None)
    assert at == pytest.approx(50, abs=5)
    assert pair_shown == [at, 0]
    expect(page.get_by_label("Offset of B in frames").locator("input")).to_have_value(str(-at))


def test_what_one_may_not_see_is_not_compared(open_page: Open, api: Any, pair: Any, watched: Any) -> None:
    """Promise G2."""
    watched.allowed.append("404")
    one, _two, _project = pair
    unknown = "01999999-0000-7000-8000-000000000001"
    answer = api.client.get(f"/compare?a={one['current_version_id']}&b={unknown}")
    assert answer.status_code in (303, 401, 404)
    page = open_page(f"/assets/{one['id']}")
    assert page.goto(f"/compare?a={one['current_version_id']}&b={unknown}").status == 404  # type: ignore[union-attr]
