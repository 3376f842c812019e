"""A sequence of AVIF pictures: its first one is shown, and a note says that there are more."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mam.builtin.describe import mam_describe
from mam.config import Config
from mam.types import Source


@pytest.mark.parametrize("frames", [1, 4])
def test_an_animated_avif_says_that_one_picture_of_it_is_shown(tmp_path: Path, frames: int) -> None:
    # Given a still, or an animation
    made = tmp_path / "moving.avif"
    encode = ["-c:v", "libaom-av1", "-cpu-used", "8", "-pix_fmt", "yuv420p"]
    encode += ["-still-picture", "1"] if frames == 1 else []
    source = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=10", "-frames:v", str(frames)]
    subprocess.run(["ffmpeg", "-v", "error", *source, *encode, made], check=True, timeout=120)
    # When it is described
    told = mam_describe(config=Config(data=tmp_path / "data"), source=Source(made, "x.avif", 1, None))
    # Then it is a picture of that size, with a note where it moves
    assert told is not None
    assert (told.kind, told.previewable, told.width, told.height) == ("image", True, 64, 48)
    assert told.note == ("An animation; its first picture is shown." if frames > 1 else "")
