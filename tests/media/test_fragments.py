"""Segments of pieces on the film's clock: what moves, what stays, what is refused."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from mam.media import fragments


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of 23.976 in segments of one second, as the ladder's muxer writes them."""
    folder = tmp_path_factory.mktemp("fragments")
    picture = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=24000/1001:d=2.002"]
    encode = ["-c:v", "libx264", "-bf", "0", "-g", "24", "-keyint_min", "24", "-sc_threshold", "0"]
    muxer = ["-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", "1.000999", "-hls_playlist_type", "event"]
    names = ["-hls_segment_filename", "%05d.m4s", "index.m3u8"]
    subprocess.run(
        ["ffmpeg", "-v", "error", *picture, *encode, "-pix_fmt", "yuv420p", *muxer, *names],
        check=True,
        cwd=folder,
    )
    return folder


def times(folder: Path, init: bytes, *segments: bytes) -> list[float]:
    joined = folder / "joined.mp4"
    joined.write_bytes(init + b"".join(segments))
    command = ["ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", str(joined)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(line.strip(",")) for line in done.stdout.split()]


def test_a_moved_segment_is_the_same_but_later(made: Path) -> None:
    # Given the second segment of a film
    init, second = (made / "init.mp4").read_bytes(), (made / "00001.m4s").read_bytes()
    ticks = fragments.ticks_of_a_frame(init, Fraction(24000, 1001))
    # When it is moved by 1200 frames
    moved = fragments.moved(second, 52, 1200 * ticks)
    # Then only its times and its number differ, and it begins 24 + 1200 frames after the film
    assert len(moved) == len(second)
    assert sum(a != b for a, b in zip(moved, second, strict=True)) < 24
    assert moved[moved.index(b"mdat") :] == second[second.index(b"mdat") :]
    shown = times(made, init, moved)
    assert shown[0] == pytest.approx(1224 * 1001 / 24000, abs=1e-6)
    assert len(shown) == fragments.frames_in(moved) == 24


def test_what_is_no_segment_is_refused(made: Path) -> None:
    init, first = (made / "init.mp4").read_bytes(), (made / "00000.m4s").read_bytes()
    for length in range(0, 400, 3):
        with pytest.raises(ValueError, match=r"segment|fragment|frames|box"):
            fragments.moved(first[:length], 1, 1)
    with pytest.raises(ValueError, match="no frames"):
        fragments.frames_in(init)
    with pytest.raises(ValueError, match="do not fit"):
        fragments.ticks_of_a_frame(init, Fraction(30_011, 1000))
    with pytest.raises(ValueError, match="mdhd"):
        fragments.ticks_of_a_frame(first, Fraction(25))
