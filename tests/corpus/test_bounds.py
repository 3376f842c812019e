"""The largest and the longest that is let in: shown or refused with a reason, in little memory and room."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from whole_box import WholeBox, largest_child

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def make(made: Path, picture: str, *arguments: str) -> Path:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", picture, *arguments, str(made)]
    subprocess.run(command, check=True, timeout=120)
    return made


@pytest.mark.parametrize(
    ("name", "encode"),
    [("a.mov", ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p")), ("b.mkv", ("-c:v", "png", "-pix_fmt", "gray"))],
)
def test_the_largest_picture_that_is_let_in_stays_in_bounds(
    whole_box: WholeBox, tmp_path: Path, name: str, encode: tuple[str, ...]
) -> None:
    """Promise B5: one frame of 139 million pixels in a small file; shown or refused, under 2 GiB."""
    film = make(tmp_path / name, "color=gray:s=11800x11800:r=25", "-frames:v", "1", *encode)
    assert film.stat().st_size < 16 << 20
    done = whole_box.settle(film)
    assert done.status in {"ready", "failed"}
    assert done.code in {"", "source_too_large"}
    assert largest_child() < 2 << 30


def test_a_gif_of_65535_pictures_takes_little_room(whole_box: WholeBox, tmp_path: Path) -> None:
    """Promise B7: whatever it is shown as."""
    done = whole_box.settle(make(tmp_path / "many.gif", "testsrc2=s=16x16:r=50", "-frames:v", "65535"))
    assert done.status == "ready", done.preview
    prefix = f"{done.version.id}/{done.version.preview_generation}/"
    assert sum(one.size for one in whole_box.mam.storage.list("previews", prefix)) < 64 << 20
    assert largest_child() < 2 << 30
