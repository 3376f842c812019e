"""The reference `ascmhl` tool, in an environment of its own: it pins a Click that is not ours."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import venv
from pathlib import Path

VERSION = "1.2"
HOME = Path(__file__).resolve().parents[1] / ".venv" / f"ascmhl-{VERSION}"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the tool, which is installed the first time."""
    program = _installed()
    line = [str(program), *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)


def _installed() -> Path:
    program = HOME / "bin" / "ascmhl"
    HOME.parent.mkdir(exist_ok=True)
    with (HOME.parent / f".{HOME.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            venv.create(HOME, with_pip=True, clear=True)
            line = [HOME / "bin" / "pip", "install", "--quiet", f"ascmhl=={VERSION}"]
            subprocess.run(line, check=True, timeout=300, stdout=sys.stderr)
    return program
