"""Find the plugin's package, installed or not, and transcode with it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import mam_transcode_cpu
import pytest

from mam.config import Config
from mam.ladder_config import Ladder
from mam.testing_transcoders import Rendered, render_with


@pytest.fixture
def render(tmp_path: Path) -> Callable[..., Rendered]:
    """Transcode a film by this plugin, with the defaults but for the ladder's codec."""

    def call(film: Path, codec: str = "h264") -> Rendered:
        config = Config(data=tmp_path / "data", ladder=Ladder(codec=codec))
        return render_with(mam_transcode_cpu.mam_transcode, config, film, tmp_path / "target")

    return call
