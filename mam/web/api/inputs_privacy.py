"""What the calls about one person's data take."""

from __future__ import annotations

from mam.web.api.inputs import Email
from mam.web.bodies import Input


class ErasureIn(Input):
    """Whom to erase, by their address as a confirmation; with `dry_run` it is only told what would happen."""

    email: Email
    dry_run: bool = False
