"""The leash: a child ends when its parent is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

PARENT = """
import os, subprocess, sys, time
command = [sys.executable, "-m", "mam.leash", "sleep", "600"]
child = subprocess.Popen(command, env=os.environ | {"MAM_LEASH": str(os.getpid())})
print(child.pid, flush=True)
time.sleep(600)
"""


def is_sleeping(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == "sleep"
    except OSError:
        return False


def wait_until(condition: object, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_child_ends_with_its_killed_parent() -> None:
    # Given a parent whose child hangs on the leash
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    assert wait_until(lambda: is_sleeping(child))
    # When the parent is killed without a chance to clean up
    parent.kill()
    parent.wait()
    # Then the child ends
    assert wait_until(lambda: not is_sleeping(child))


def test_child_of_a_parent_already_dead_does_not_start() -> None:
    environment = os.environ | {"MAM_LEASH": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "mam.leash", "false"], env=environment, timeout=60, check=False
    )
    assert done.returncode == 0


def test_leash_without_a_command_is_usage() -> None:
    done = subprocess.run([sys.executable, "-m", "mam.leash"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
