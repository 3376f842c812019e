"""A `mam up` of a test: started, spoken to from outside, ended."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import psutil

from mam.testing import free_port


class Box:
    """A `mam up` of this test."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_port()
        self.process = subprocess.Popen(
            self.command("up", "--port", str(self.port)),
            stdout=subprocess.PIPE,
            stderr=(data.parent / f"{data.name}.log").open("wb"),
            text=True,
        )
        self.greeting = self._read_greeting()
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def set_up_link(self) -> str:
        """The one-time link that was printed."""
        return re.search(r"Set-up\s+(\S+)", self.greeting).group(1)

    def command(self, *arguments: str) -> list[str]:
        """A command line for this box."""
        return [sys.executable, "-m", "mam.cli", *arguments, "--data", str(self.data)]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this box's data folder."""
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, timeout=180, check=False
        )

    def family(self) -> list[psutil.Process]:
        """Every process of the box but the supervisor."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def role(self, name: str) -> list[psutil.Process]:
        """The processes of one role: `web` or `worker`."""
        return [one for one in self.family() if name in _words(one)]

    def _read_greeting(self) -> str:
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("Stop with"):
                return "".join(lines)
        raise AssertionError(f"the box did not come up: {''.join(lines)}")

    def end(self) -> None:
        """Ask it to stop and wait."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


def _words(process: psutil.Process) -> list[str]:
    """The command line of a process; nothing of one that ended just now."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []
