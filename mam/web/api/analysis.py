"""Automatic QC of a version: what was found, and look again."""

from __future__ import annotations

from typing import Any

from mam.services import analysis
from mam.web.routes import Call


async def get_analysis(call: Call[Any], version_id: str) -> Any:
    """What automatic QC found in a version's master, as markers on the preview's frames."""
    return await call.run(analysis.get, version_id)


async def analyse(call: Call[Any], version_id: str) -> Any:
    """Look at a version's master again; where that is being done already, the same job is answered."""
    return await call.run(analysis.request, version_id)
