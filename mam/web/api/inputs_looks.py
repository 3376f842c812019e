"""What the calls about how a project looks take."""

from __future__ import annotations

from typing import Any

from mam.web.api.inputs_shares import Accent, Studio
from mam.web.bodies import Input

_UNSENT: Any = None
"""Default of a field that may be left out but not be null."""


class ProjectLookPatch(Input):
    """The house's name, and the accent; null takes the accent away."""

    studio: Studio = _UNSENT
    accent: Accent | None = None
