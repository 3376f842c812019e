"""Fixtures of the fault tests; the processes behind them are made in `faults_bench`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # the helpers beside this file

from faults_bench import any_bench, bench, clip, small_clip

__all__ = ["any_bench", "bench", "clip", "small_clip"]
