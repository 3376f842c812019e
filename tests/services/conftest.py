"""The steps that tests of services share lie beside them; pictures and films beside those of media."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent / "media")]
