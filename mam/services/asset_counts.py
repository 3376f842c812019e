"""How many assets projects have: counted, large ones not again within some seconds.

PostgreSQL takes 35 ms to count 100 000 rows, which made every read of a large project forty times as dear as
that of a small one (measured, tests/benchmarks/test_metadata.py). Reads only; remembers in this process.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from peewee import fn

from mam.models import Asset

LARGE = 5_000
"""From so many assets on a count may be some seconds old; below it is exact."""

SECONDS = 10.0
"""How old."""

_MOST = 1_000  # projects remembered
_known: dict[str, tuple[float, int]] = {}


def asset_counts(project_ids: Sequence[str]) -> dict[str, int]:
    """Living assets by project; a project without any is left out."""
    moment = time.monotonic()
    fresh = {one: _known[one][1] for one in project_ids if one in _known and _known[one][0] > moment}
    asked = [one for one in project_ids if one not in fresh]
    counted = _counted(asked) if asked else {}
    if len(_known) > _MOST:
        _known.clear()
    _known.update({one: (moment + SECONDS, number) for one, number in counted.items() if number >= LARGE})
    return fresh | counted


def _counted(project_ids: Sequence[str]) -> dict[str, int]:
    living = Asset.project.in_(project_ids) & Asset.deleted_at.is_null()
    query: Any = Asset.select(Asset.project_id, fn.COUNT(Asset.id)).where(living).group_by(Asset.project_id)
    return dict(query.tuples())
