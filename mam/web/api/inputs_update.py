"""What the calls about updates take."""

from __future__ import annotations

from pydantic import Field

from mam.web.bodies import Input


class InstallIn(Input):
    """What is to be installed: the bundle that was taken in."""

    older: bool = Field(False, description="Also where the bundle is older than the version that runs.")
