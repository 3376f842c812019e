"""Find the plugin's package, installed or not, and transcode with it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import mam_transcode_cpu
import pytest

from mam.config import Config
from mam.testing_transcoders import Rendered, render_with


@pytest.fixture
def render(tmp_path: Path) -> Callable[[Path], Rendered]:
    """Transcode a film by this plugin, with the defaults."""

    def call(film: Path) -> Rendered:
        config = Config(data=tmp_path / "data")
        return render_with(mam_transcode_cpu.mam_transcode, config, film, tmp_path / "target")

    return call
