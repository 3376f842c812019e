"""What the tests of the clients share: where the packages are, and a box behind a real socket."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from mam.core import Mam

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "clients" / "python" / "src"
if str(SOURCE) not in sys.path:
    sys.path.append(str(SOURCE))

EMAIL = "ana@example.org"


@dataclass(frozen=True)
class Served:
    """A box behind a real socket: its address, somebody's key, an empty project of theirs."""

    url: str
    key: str
    project: str
    mam: Mam
