"""A project in the browser: uploads in every way, live states, folders, trash and back, keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import ENCODED, becomes, chord, wait
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]

DROP = """([selector, files]) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name, { lastModified: 1 }));
  const target = document.querySelector(selector);
  for (const type of ["dragenter", "dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }
}"""


def _card(page: Page, title: str) -> Any:
    return page.locator(".card").filter(has=page.get_by_text(title, exact=True))


def test_a_chosen_file_goes_live_from_upload_to_ready(open_page: Open, own_clip: Path) -> None:
    # Given a person in a new project made from the home page
    page = open_page("/")
    page.get_by_role("button", name="New project").click()
    page.get_by_label("Name").fill("Live")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Drop rushes here")).to_be_visible()
    # When a file is chosen
    page.set_input_files("#pick-files", own_clip)
    # Then its card is there at once, the dock says when it is verified, and the card becomes ready by itself
    expect(_card(page, own_clip.name)).to_be_visible()
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 1 of 1")
    expect(_card(page, own_clip.name).locator(".state")).to_have_text("Ready", timeout=ENCODED)
    expect(_card(page, own_clip.name).locator("img.here")).to_be_visible()
    expect(_card(page, own_clip.name).locator(".badge.right")).to_have_text("0:04")
    # And the home page shows its poster
    page.goto("/")
    row = page.locator(".project-row").filter(has_text="Live")
    expect(row.locator("img.here")).to_have_count(1)
    expect(row).to_contain_text("1 asset ·")


def test_dropped_files_and_files_that_cannot_be_shown(open_page: Open, api: Any) -> None:
    # Given an empty project, and a second person looking at it
    project = api.make_project("Drops")
    page, other = open_page(f"/projects/{project}"), open_page(f"/projects/{project}")
    # When two files are dropped anywhere, one of them empty
    page.evaluate(DROP, [".shelf", [["notes.txt", "cut at 12:04"], ["empty.mov", ""]]])
    # Then the one is stored without a preview, the other says what is wrong, and nothing was made of it
    expect(_card(page, "notes.txt").locator(".state")).to_have_text("No preview")
    expect(page.locator(".dock-file.bad")).to_contain_text("The file is empty")
    expect(page.locator(".drop-here")).to_be_hidden()
    # And the second person saw the card come without a reload
    expect(_card(other, "notes.txt")).to_be_visible()
    # When the failed one is taken away
    page.get_by_label("Cancel empty.mov").click()
    expect(_card(page, "empty.mov")).to_have_count(0)
    assets = api.client.get("/api/assets", params={"project_id": project}).json()["items"]
    assert [one["title"] for one in assets] == ["notes.txt"]


def test_hostile_names_are_only_text(open_page: Open, api: Any) -> None:
    """Promise H2 (here: names of files, folders and projects)."""
    evil = "<img src=x onerror=document.title='owned'>"
    project = api.make_project(evil)
    page = open_page(f"/projects/{project}")
    page.evaluate(DROP, [".shelf", [[f"{evil}.txt", "x"]]])
    expect(_card(page, f"{evil}.txt")).to_be_visible()
    page.get_by_label("New folder").click()
    page.get_by_label("Name").fill(evil)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=evil).first).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("link", name=evil)).to_be_visible()
    expect(page).to_have_title("Projects · MAM")


def test_folders_hold_what_is_dropped_on_them(open_page: Open, api: Any) -> None:
    project = api.make_project("Folders")
    page = open_page(f"/projects/{project}")
    page.get_by_label("New folder").click()
    page.get_by_label("Name").fill("Day 1")
    page.keyboard.press("Enter")
    day = page.get_by_role("link", name="Day 1", exact=True)
    expect(day).to_be_focused()
    # When a file is dropped on the folder in the tree
    page.evaluate(DROP, [".tree a[data-folder]:not([data-folder=''])", [["a.txt", "a"]]])
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 1 of 1")
    # Then it lies there, and a search for something else finds nothing
    day.click()
    expect(_card(page, "a.txt")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("nothing of that name")
    expect(page.locator(".card")).to_have_count(0)
    expect(page.locator("[data-nothing]")).to_be_visible()


def test_a_whole_folder_keeps_its_tree(open_page: Open, api: Any, tmp_path: Path) -> None:
    # Given a card's folders on a disk
    for name in ("A001/clip1.txt", "A001/sub/clip2.txt", "A001/.DS_Store"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    project = api.make_project("Trees")
    page = open_page(f"/projects/{project}")
    # When the folder is chosen
    page.set_input_files("#pick-folder", tmp_path / "A001")
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 2 of 2")
    # Then its tree is the project's
    expect(page.get_by_role("link", name="A001", exact=True)).to_be_visible()
    page.get_by_role("link", name="sub", exact=True).click()
    expect(page.locator(".card .title")).to_have_text(["clip2.txt"])


def test_rename_trash_and_take_back_with_the_keyboard_alone(open_page: Open, api: Any) -> None:
    # Given three assets
    project = api.make_project("Keys")
    for title in ("one", "two", "three"):
        api.make_asset(project, None, title)
    page = open_page(f"/projects/{project}?sort=created_at")
    # When one tabs to the grid and moves with the arrows
    page.locator("[data-view=list]").focus()
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.card-link')"):
            break
    expect(_card(page, "one").locator(".card-link")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(_card(page, "two").locator(".card-link")).to_be_focused()
    # And renames, trashes, takes back
    page.keyboard.press("F2")
    expect(page.locator("dialog input, .card input:not([type=checkbox])").first).to_be_focused()
    page.keyboard.type("deux")
    page.keyboard.press("Enter")
    expect(_card(page, "deux").locator(".card-link")).to_be_focused()
    page.keyboard.press("Delete")
    expect(_card(page, "deux")).to_have_count(0)
    expect(_card(page, "three").locator(".card-link")).to_be_focused()
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".card .title")).to_have_text(["one", "deux", "three"])
    # Then Enter opens, and G P leads home
    expect(_card(page, "deux").locator(".card-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="deux")).to_be_visible()
    chord(page, "gp", page.get_by_role("heading", name="Projects"))


def test_a_long_list_fills_as_one_scrolls(open_page: Open, api: Any) -> None:
    project = api.make_project("Many")
    for number in range(70):
        api.make_asset(project, None, f"take {number:02}")
    page = open_page(f"/projects/{project}?sort=title")
    page.mouse.move(800, 500)

    def scrolled() -> int:
        page.mouse.wheel(0, 20_000)
        page.wait_for_timeout(200)
        return page.locator(".card").count()

    becomes(scrolled, 70)
    # And the view is kept, with a card's place in the list
    page.get_by_role("button", name="List").click()
    page.reload()
    expect(page.locator(".grid.list")).to_be_visible()


def test_an_upload_is_paused_and_goes_on(open_page: Open, api: Any, tmp_path: Path, watched: Any) -> None:
    watched.allowed.append("ERR_")
    # Given a file of several parts on a slow line
    file = tmp_path / "long.bin"
    file.write_bytes(b"\x00\x01" * (20 << 20))
    project = api.make_project("Pauses")
    page = open_page(f"/projects/{project}")
    session = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 1_000_000}
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", slow)
    page.set_input_files("#pick-files", file)
    expect(page.locator(".dock-rate")).to_contain_text("left")
    # When it is paused, then nothing moves
    page.get_by_label("Pause long.bin").click()
    expect(page.locator(".dock-file")).to_contain_text("Paused. What arrived is safe.")
    # When the page is left, the browser asks
    with page.expect_event("dialog") as asked:
        page.get_by_label("Resume long.bin").click()
        expect(page.get_by_label("Pause long.bin")).to_be_visible()
        page.evaluate("setTimeout(() => location.reload())")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    # Then it goes on to the end, and its hash is the file's
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 1 of 1", timeout=ENCODED)


def test_a_broken_line_is_waited_out(open_page: Open, api: Any, tmp_path: Path, watched: Any) -> None:
    watched.allowed.append("ERR_")
    # Given an upload under way
    file = tmp_path / "wire.bin"
    file.write_bytes(b"\x06\x07" * (16 << 20))
    project = api.make_project("Wires")
    page = open_page(f"/projects/{project}")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 2_000_000}
    session.send("Network.emulateNetworkConditions", slow)
    page.set_input_files("#pick-files", file)
    wait(page, "document.querySelector('.dock progress')?.value > 0.1")
    # When the line breaks, then the dock says what is safe and when it tries again
    session.send("Network.emulateNetworkConditions", {**slow, "offline": True})
    expect(page.locator(".dock-file")).to_contain_text("what arrived is safe")
    # When the line is back, then the upload goes on by itself
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 1 of 1", timeout=ENCODED)


def test_an_upload_goes_on_after_a_reload(open_page: Open, api: Any, tmp_path: Path, watched: Any) -> None:
    """Promise A4's user: the tab is closed half way; the same file dropped again sends only the rest."""
    watched.allowed.append("ERR_")
    # Given an upload that is half way
    file = tmp_path / "half.bin"
    file.write_bytes(b"\x02\x03" * (32 << 20))
    project = api.make_project("Reloads")
    page = open_page(f"/projects/{project}")
    gone: list[str] = []

    def half(route: Route) -> None:
        gone.append(route.request.url)
        if len(gone) <= 8:
            route.continue_()  # the others stay on their way

    page.route("**/upload-parts/**", half)
    page.set_input_files("#pick-files", file)
    wait(page, "document.querySelector('.dock progress')?.value > 0.55")
    # When the page is loaded again
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    page.unroute_all(behavior="ignoreErrors")
    # Then the dock remembers; another file is refused, the same file sends only the missing parts
    expect(page.locator(".dock-file")).to_contain_text("Interrupted. Drop the same file again")
    stranger = tmp_path / "other.bin"
    stranger.write_bytes(b"x")
    page.locator(".dock-file input[type=file]").set_input_files(stranger)
    expect(page.locator(".toast.bad")).to_contain_text("is not the file that was interrupted")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    page.locator(".dock-file input[type=file]").set_input_files(file)
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 1 of 1", timeout=ENCODED)
    assert 0 < len(sent) <= 10  # of 13 parts
    (asset,) = api.client.get("/api/assets", params={"project_id": project}).json()["items"]
    assert asset["versions"][0]["size"] == file.stat().st_size


def test_uploads_go_on_while_one_looks_around(open_page: Open, api: Any, tmp_path: Path, clip: Path) -> None:
    # Given an upload on a slow line
    file = tmp_path / "slow.bin"
    file.write_bytes(b"\x04\x05" * (8 << 20))
    project = api.make_project("Around")
    asset = api.make_asset(project, clip)
    api.wait_ready(asset["id"])
    page = open_page(f"/projects/{project}")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 500_000}
    session.send("Network.emulateNetworkConditions", slow)
    page.set_input_files("#pick-files", file)
    expect(page.locator(".dock-rate")).to_contain_text("left")
    # When links are followed meanwhile
    _card(page, clip.name).locator(".card-link").click()
    expect(page.get_by_role("heading", name=clip.name)).to_be_visible()
    expect(page).to_have_url(re.compile(asset["id"]))
    wait(page, "document.querySelector('video').readyState >= 2")
    page.go_back()
    # Then the upload was never interrupted, and its card is where it was
    expect(_card(page, "slow.bin")).to_be_visible()
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 1 of 1", timeout=ENCODED)
    expect(_card(page, "slow.bin").locator(".state")).to_have_text("No preview")
