"""What automatic QC costs beside a bare ffmpeg that only decodes the film. Prints CPU seconds and ratios."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mam.config import Media, Qc
from mam.media.analysis import measure
from mam.media.ffmpeg import find_tools
from mam.media.findings import find
from mam.media.limits import Limits
from mam.media.probe import probe
from mam.media.sandbox import open_sandbox
from mam.testing_transcoders import make_film
from mam.types import Source

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

SECONDS = 16
MOST = 2.0  # times a bare decode; ten filters read every pixel and every sample of it


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 1080p film of moving shapes and grain, H.264 and AAC, 23.976 frames a second."""
    return make_film(
        tmp_path_factory.mktemp("analysis") / "film.mp4",
        *("-f", "lavfi", "-i", f"testsrc2=s=1920x1080:r=24000/1001:d={SECONDS},noise=alls=6:allf=t"),
        *("-f", "lavfi", "-i", f"sine=d={SECONDS}:r=48000", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-crf", "21", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2"),
    )


def used() -> float:
    """CPU seconds of this process and of all the children that have ended."""
    both = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def bare(film: Path) -> float:
    before = used()
    command = [
        str(find_tools().ffmpeg),
        "-v",
        "error",
        "-nostdin",
        "-i",
        str(film),
        "-map",
        "0",
        "-f",
        "null",
    ]
    subprocess.run([*command, "-"], check=True, timeout=300)
    return used() - before


def test_analysis_costs_little_more_than_a_decode(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], figure: Callable[..., None]
) -> None:
    # Given a film, described
    tools = find_tools()
    info = probe(tools, open_sandbox("auto", tools), film, Limits())
    source = Source(film, film.name, film.stat().st_size, info)
    # When it is only decoded, and when it is analysed, in turn; the better of each counts
    plain, ours, walls = [], [], []
    for turn in range(3):
        plain.append(bare(film))
        folder = tmp_path / str(turn)
        folder.mkdir()
        before, began = used(), time.monotonic()
        find(info, Qc(), measure(Media(), Qc(), source, folder, on_percent=lambda _percent: None))
        ours.append(used() - before)
        walls.append(time.monotonic() - began)
    # Then
    ratio = min(ours) / min(plain)
    figure("automatic QC / a bare decode, CPU", ratio, "x", at_most=MOST)
    with capsys.disabled():
        print(f"\nautomatic QC of {SECONDS} s 1080p with sound, CPU seconds:")  # noqa: T201
        print(f"  ours, walls, pipes and verdicts  {min(ours):6.2f}   {SECONDS / min(walls):.1f} x real time")  # noqa: T201
        print(f"  a bare decode                    {min(plain):6.2f}   ours / bare = {ratio:.2f}")  # noqa: T201
    assert ratio <= MOST
