"""Places where a test ends the process at once, to prove that the next start mends what was left.

`MAM_FAILPOINT=promote.hashed` makes `reach("promote.hashed")` end the process without any clean-up, as
SIGKILL would. Without the variable nothing happens. Writes nothing.
"""

from __future__ import annotations

import os

EXIT_STATUS = 77
"""How a process ends at its failpoint; no other part of the product uses this status."""


def reach(name: str) -> None:
    """End the process here if `MAM_FAILPOINT` names this place."""
    if os.environ.get("MAM_FAILPOINT") == name:
        os._exit(EXIT_STATUS)
