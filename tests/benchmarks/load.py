"""Requests at once against a server on loopback: by `wrk` where it is installed, else by Python alone.

The figures are the same; what a server's processor time buys does not depend on who asks. Python's own way
takes more of the machine's second core, so that answers a second may be a little fewer.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ASKERS = 32
SCRIPT = """
done = function(s, l, r) io.write(string.format('P95 %.3f\\n', l:percentile(95) / 1000)) end
"""
CHILD = Path(__file__).parent / "load_child.py"


@dataclass(frozen=True)
class Load:
    """What came back: answers a second, how many in all, and the 95th percentile in ms."""

    rate: float
    count: int
    p95_ms: float


def asker() -> str:
    """Who asks, in words for the table."""
    return "wrk" if shutil.which("wrk") else "Python (wrk is not installed)"


def load(port: int, paths: Sequence[str], *, seconds: int, headers: Mapping[str, str] | None = None) -> Load:
    """Ask for `paths` in turn, 32 at once. An answer other than 2xx is an `AssertionError`."""
    kept = dict(headers or {})
    way = _wrk if shutil.which("wrk") else _python
    return way(port, paths, seconds, kept)


def _wrk(port: int, paths: Sequence[str], seconds: int, headers: dict[str, str]) -> Load:
    listed = ", ".join(f'"{one}"' for one in paths)
    script = f"{SCRIPT}local paths, n = {{{listed}}}, 0\n"
    script += 'request = function() n = n + 1; return wrk.format("GET", paths[n % #paths + 1]) end\n'
    extra = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script if len(paths) > 1 else SCRIPT)
        file.flush()
        command = ["wrk", "-t1", f"-c{ASKERS}", f"-d{seconds}s", "-s", file.name, *extra]
        url = f"http://127.0.0.1:{port}{paths[0]}"
        said = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    words = (r"Requests/sec:\s+([\d.]+)", r"(\d+) requests in", r"P95 ([\d.]+)")
    rate, count, slow = (float(re.findall(word, said)[0]) for word in words)
    return Load(rate, int(count), slow)


def _python(port: int, paths: Sequence[str], seconds: int, headers: dict[str, str]) -> Load:
    extra = [f"{name}: {value}" for name, value in headers.items()]
    command = [sys.executable, str(CHILD), str(port), str(ASKERS), str(seconds), str(len(paths)), *paths]
    said = subprocess.run([*command, *extra], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    count, took, slow = said.stdout.split()
    return Load(int(count) / float(took), int(count), float(slow))
