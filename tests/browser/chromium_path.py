"""Which Chromium the browser tests drive: the system's, or what `make setup-test` let Playwright fetch.

Ubuntu has Chromium as a snap alone, which keeps away from other programs' folders; Playwright's runs there.
"""

from __future__ import annotations

import shutil
from pathlib import Path


def executable() -> str | None:
    """The system's Chromium or Chrome; None for Playwright's own."""
    for name in ("chromium", "google-chrome"):
        found = shutil.which(name)
        if found and "snap" not in Path(found).resolve().parts:
            return found
    return None
