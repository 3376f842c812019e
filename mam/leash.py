"""`python -m mam.leash COMMAND…`: run a command that ends when whoever started it ends, also by SIGKILL.

Asks the kernel for SIGTERM at the parent's death (prctl PR_SET_PDEATHSIG, kept over exec), then becomes the
command. Imports nothing of ours, so that it costs milliseconds.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(command: list[str]) -> None:
    """Tie this process to its parent and become `command`; exit status 2 without one."""
    if not command:
        print("usage: python -m mam.leash COMMAND [ARGUMENT…]", file=sys.stderr)
        sys.exit(2)
    parent = os.environ.get("MAM_LEASH")
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if parent is not None and parent != str(os.getppid()):
        sys.exit(0)  # the parent died before the kernel was asked
    os.execvp(command[0], command)  # noqa: S606 - becoming the command is the purpose; no shell is involved


if __name__ == "__main__":
    main(sys.argv[1:])
