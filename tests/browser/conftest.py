"""A whole box as `mam up` starts it, and Debian's Chromium in front of it.

One box a test session; each test gets a page that is logged in and that fails the test where the console
shows an error, a page throws, or the Content-Security-Policy had to refuse something.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

sys.path.append(str(Path(__file__).parent))  # the helpers beside this file
from chromium_path import executable

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
EMAIL, PASSWORD, NAME = "ana@example.com", "a short sentence is good", "Ana Kovač"
START_SECONDS = 180  # the machine may be busy

PATIENCE = 60_000  # ms for whatever a page has to become: the machine may be busy with other tests
TEST_SECONDS = 600  # where a test says nothing else; its module's films are made within it too

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this folder their time, which is mostly that of encodes."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


@dataclass
class Box:
    """A running box."""

    url: str
    setup: str
    data: Path
    process: subprocess.Popen[str]


@pytest.fixture(scope="session")
def start_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Box]]:
    """Start boxes as the command line does; all end with the session."""
    with contextlib.ExitStack() as stack:

        def start(config: str = "") -> Box:
            return stack.enter_context(_running(tmp_path_factory.mktemp("box"), config))

        yield start


@contextlib.contextmanager
def _running(folder: Path, config: str) -> Iterator[Box]:
    data, port = folder / "data", _free_port()
    data.mkdir()
    (data / "config.toml").write_text(config, encoding="utf-8")
    command = [sys.executable, "-m", "mam.cli", "--data", str(data), "up", "--port", str(port)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, text=True)
    try:
        yield Box(f"http://127.0.0.1:{port}", _setup_link(process, folder / "log"), data, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        _unlock(data)


def _setup_link(process: subprocess.Popen[str], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"http://\S+/setup/\S+", log.read_text(encoding="utf-8"))
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no set-up link was printed:\n{log.read_text(encoding='utf-8')[-3000:]}")


def _unlock(data: Path) -> None:
    """Masters are immutable where the file system knows that; the test's folder has to go all the same."""
    masters = data / "store" / "masters"
    if masters.is_dir() and shutil.which("chattr"):
        subprocess.run(["chattr", "-R", "-i", str(masters)], check=False, capture_output=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def box(start_box: Callable[..., Box]) -> Box:
    """The box of this session, with its administrator."""
    found = start_box("[uploads]\npart_bytes = 5242880\n")  # several parts in small files
    form = {"email": EMAIL, "display_name": NAME, "password": PASSWORD}
    assert httpx.post(found.setup, data=form, timeout=60).status_code == 303
    return found


@dataclass
class Api:
    """Calls to the box as its administrator, for what a test needs before it begins."""

    client: httpx.Client

    def prove(self) -> None:
        """Say the password once more, as changes of accounts ask for."""
        self.client.post("/api/account/proof", json={"password": PASSWORD}).raise_for_status()

    def make_project(self, name: str) -> str:
        """A new project's id."""
        return str(self.client.post("/api/projects", json={"name": name}).raise_for_status().json()["id"])

    def make_asset(self, project_id: str, path: Path | None, title: str = "") -> dict[str, Any]:
        """An asset with `path` as its first version."""
        body = {"project_id": project_id, "title": title or (path.name if path else "Empty")}
        asset = self.client.post("/api/assets", json=body).raise_for_status().json()
        if path is not None:
            self.add_version(asset["id"], path)
        return dict(asset)

    def add_version(self, asset_id: str, path: Path) -> None:
        """The next version of an asset."""
        address = f"/api/assets/{asset_id}/upload"
        self.client.post(
            address, params={"filename": path.name}, content=path.read_bytes()
        ).raise_for_status()

    def wait_ready(self, asset_id: str, seconds: float = 300) -> dict[str, Any]:
        """The asset once its preview is settled."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            asset = self.client.get(f"/api/assets/{asset_id}").raise_for_status().json()
            if asset["status"] in ("ready", "failed"):
                return dict(asset)
            time.sleep(0.3)
        raise AssertionError(f"not settled after {seconds} s: {json.dumps(asset)[:800]}")


class Renewed(httpx.Auth):
    """The administrator's access token, and a new one when it has run out: tests may take longer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token = self.login()

    def login(self) -> str:
        body = {"email": EMAIL, "password": PASSWORD}
        answer = httpx.post(f"{self.url}/auth/login", json=body, timeout=60).raise_for_status()
        return str(answer.json()["access_token"])

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self.token}"
        answer = yield request
        if answer.status_code == 401:
            self.token = self.login()
            request.headers["Authorization"] = f"Bearer {self.token}"
            yield request


@pytest.fixture(scope="session")
def api(box: Box) -> Iterator[Api]:
    """The API as the administrator."""
    with httpx.Client(base_url=box.url, auth=Renewed(box.url), timeout=60) as client:
        yield Api(client)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real Chromium; by module, so that its event loop is gone before other tests run."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), args=ARGUMENTS, headless=True, timeout=3 * PATIENCE
        )
        yield browser
        browser.close()


def patient(context: BrowserContext) -> BrowserContext:
    """A context that waits as long as `expect` does."""
    context.set_default_timeout(PATIENCE)
    context.set_default_navigation_timeout(3 * PATIENCE)
    return context


@pytest.fixture(scope="session")
def state(box: Box) -> dict[str, Any]:
    """The cookies of the administrator's login."""
    form = {"email": EMAIL, "password": PASSWORD, "next": "/"}
    answer = httpx.post(f"{box.url}/login", data=form, timeout=60)
    cookie = {
        "name": "mam_session",
        "value": answer.cookies["mam_session"],
        "domain": "127.0.0.1",
        "path": "/",
    }
    rest = {"httpOnly": True, "secure": False, "sameSite": "Lax", "expires": -1}
    return {"cookies": [{**cookie, **rest}], "origins": []}


_OF_TESTS = ("registration blocked by Playwright", "willReadFrequently")
"""What only tests have a browser say; the second where they look at a canvas again and again."""


@dataclass
class Watched:
    """What went wrong in the pages of one test; `allowed` are pieces of text a test provokes."""

    problems: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=lambda: [*_OF_TESTS])

    def watch(self, page: Page) -> Page:
        """Note everything that a person with the console open would see."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"thrown: {error}"))
        return page

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text} at {message.location}")

    def check(self) -> None:
        """Fail where something happened that the test did not provoke."""
        left = [one for one in self.problems if not any(text in one for text in self.allowed)]
        assert left == []


@pytest.fixture
def watched() -> Iterator[Watched]:
    """The console of the test's pages; checked at its end."""
    found = Watched()
    yield found
    found.check()


@pytest.fixture
def open_page(
    chromium: Browser, box: Box, state: dict[str, Any], watched: Watched
) -> Iterator[Callable[..., Page]]:
    """Open pages of the box, logged in unless `storage_state=None`; keywords go to the browser context.

    A hand comes later than a page's scripts: what is clicked or expected waits for them, on each page that is
    gone to; not where a test asks for pages that are `early`.
    """
    contexts: list[BrowserContext] = []

    def open_(path: str = "/", *, early: bool = False, **options: Any) -> Page:
        wanted = {
            "storage_state": state,
            "viewport": {"width": 1440, "height": 900},
            "color_scheme": "dark",
            "base_url": box.url,
            "service_workers": "block",  # test_installed.py has them; here each page would start one
        }
        context = patient(chromium.new_context(**{**wanted, **options}))
        contexts.append(context)
        page = watched.watch(context.new_page())
        if not early:
            page.add_locator_handler(page.locator("html:not([data-ready])"), lambda: None)
        page.goto(path)
        page.wait_for_selector("html[data-ready]", state="attached", timeout=3 * PATIENCE)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of 24000/1001 film with sound and a start timecode, 720 lines: two rungs or more."""
    path = tmp_path_factory.mktemp("clip") / "A003_C012.mov"
    return _make_clip(path, seconds=4, size="1280x720", rate="24000/1001", timecode="01:00:10:00")


@pytest.fixture
def own_clip(clip: Path, tmp_path: Path) -> Path:
    """The same film in bytes that no other test sent: a box of nothing stands at its end."""
    path = tmp_path / clip.name
    path.write_bytes(clip.read_bytes() + struct.pack(">I4s", 24, b"free") + os.urandom(16))
    return path


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty seconds that take a while to encode: to be played while that goes on."""
    path = tmp_path_factory.mktemp("long") / "Interview.mp4"
    return _make_clip(path, seconds=40, size="1920x1080", rate="30000/1001", timecode="00:00:58;00")


def _make_clip(path: Path, *, seconds: int, size: str, rate: str, timecode: str) -> Path:
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg, "the browser tests need ffmpeg"
    video = f"testsrc2=size={size}:rate={rate}:duration={seconds}"
    sound = f"sine=frequency=440:duration={seconds}"
    inputs = ["-f", "lavfi", "-i", video, "-f", "lavfi", "-i", sound]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [ffmpeg, "-v", "error", "-y", *inputs, *coding, "-timecode", timecode, str(path)]
    subprocess.run(command, check=True, timeout=120)
    return path


@pytest.fixture(scope="session")
def upload(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Any]:
    """Make a clip of counted frames and take it through the product; each once a session."""
    from frame_films import uploader

    return uploader(api, lambda: tmp_path_factory.mktemp("frames"))
