"""What the tests of media share: walls of both kinds, clips made on the spot, a canary and a listener."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mam.errors import SandboxError
from mam.media.ffmpeg import Tools, find_tools
from mam.media.sandbox import Sandbox, open_sandbox

sys.path.append(str(Path(__file__).parent))  # the helpers beside this file

from media_helpers import Canary, Clip, FakeTools, Listener

MODES = ("bwrap", "landlock")


@pytest.fixture(scope="session")
def tools() -> Tools:
    return find_tools()


@pytest.fixture(scope="session", params=MODES)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Each kind of wall in turn. Where only one holds, the other's tests have nothing to test."""
    try:
        return open_sandbox(request.param)
    except SandboxError as error:
        open_sandbox("auto")
        return pytest.skip(error.detail)


@pytest.fixture(scope="session")
def clip(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Make a small clip: `clip("name.mp4", "-c:v", "libx264", ...)`; 320 x 180, 25 fps, 1 s unless told."""
    folder = tmp_path_factory.mktemp("clips")

    def make(name: str, *arguments: str, video: str = "testsrc2=s=320x180:r=25:d=1") -> Path:
        made = folder / name
        if not made.exists():
            source = ["-f", "lavfi", "-i", video, "-f", "lavfi", "-i", "sine=d=1"]
            command = [tools.ffmpeg, "-v", "error", "-nostdin", *source, *arguments, made]
            subprocess.run(command, check=True, timeout=60)
        return made

    return make


@pytest.fixture(scope="session")
def mp4(clip: Clip) -> Path:
    """A good film: H.264 and AAC."""
    return clip("good.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")


@pytest.fixture
def fake_tools(tmp_path: Path, tools: Tools) -> FakeTools:
    """An ffmpeg and an ffprobe that do what a line of shell says."""

    def make(script: str) -> Tools:
        folder = tmp_path / "fake-tools"
        folder.mkdir(exist_ok=True)
        for name in ("ffmpeg", "ffprobe"):
            path = folder / name
            path.write_text(f"#!/usr/bin/bash\n{script}\n")
            path.chmod(0o755)
        return Tools(folder / "ffmpeg", folder / "ffprobe", tools.version, "system")

    return make


@pytest.fixture
def canary(tmp_path: Path, clip: Clip) -> Iterator[Canary]:
    """Another tenant's film beside the upload, a transport stream, as playlists like them."""
    content = clip("canary.ts", "-c:v", "mpeg2video", "-c:a", "mp2").read_bytes()
    watched = Canary(tmp_path / "original.ts", content)
    yield watched
    watched.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield Listener(server.getsockname()[1], server)
