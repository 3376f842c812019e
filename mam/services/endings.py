"""What ends together with a right: the signed addresses that were given for it.

Takes them back after the commit. Where the store does not answer the right has ended all the same, and the
addresses run out by themselves within the hour.
"""

from __future__ import annotations

import structlog

from mam.core import Mam
from mam.errors import StorageError
from mam.models import database
from mam.services import delivery

_log = structlog.get_logger("mam.delivery")


def end_addresses(mam: Mam, *tags: str) -> None:
    """Revoke every address signed with one of `tags` once the present transaction is committed."""

    def revoke() -> None:
        try:
            delivery.revoke(mam, *tags)
        except StorageError as error:
            _log.warning("signed addresses not taken back", tags=tags, reason=error.detail)

    database.after_commit(revoke)
