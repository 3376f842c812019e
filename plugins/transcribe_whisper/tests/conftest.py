"""Films in which something is said, and a box with the plugin."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parent))

import pytest
from speech_films import SPOKEN, run_ffmpeg

from mam.config import Config
from mam.core import Mam
from mam.testing import make_config, opened_box, valkey_url

__all__ = ["make_config", "valkey_url"]


@pytest.fixture
def speech_box(make_config: Callable[..., Config]) -> Iterator[Mam]:
    """A box with the plugin as it comes."""
    yield from opened_box(make_config(plugins=("transcribe_whisper", "transcode_cpu")))


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """8 s from 10:00:00:00 on; of two microphones one is silent, the other has words from 3 s on."""
    path = tmp_path_factory.mktemp("speech") / "talk.mov"
    mute = "anullsrc=r=48000:cl=mono:d=8"
    run_ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=8", "-f", "lavfi", "-i", mute, "-i", str(SPOKEN)),
        *("-filter_complex", "[2:a]aresample=48000,adelay=3000,apad=whole_dur=8[said]"),
        *("-map", "0:v", "-map", "1:a", "-map", "[said]", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", "-timecode", "10:00:00:00", str(path)),
    )
    return path
