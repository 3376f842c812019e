"""The computer that the tests share lies beside them; servers of other tests are theirs, too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "tests" / "faults"), str(ROOT / "plugins" / "storage_s3" / "tests")]
