"""What ends together with a right: the signed addresses that were given for it, and API keys.

Takes addresses back after the commit. Where the store does not answer the right has ended all the same, and
the addresses run out by themselves within the hour. Writes `api_key` and the marks that edges read.
"""

from __future__ import annotations

import time
from typing import Any

import structlog

from mam import revocations
from mam.core import Mam
from mam.errors import StorageError
from mam.models import ApiKey, database, now

_log = structlog.get_logger("mam.delivery")


def end_addresses(mam: Mam, *tags: str) -> None:
    """Revoke every address signed with one of `tags` once the present transaction is committed."""

    def revoke() -> None:
        try:
            moment = time.time()
            for tag in tags:
                revocations.write(mam.storage, tag, moment)
        except StorageError as error:
            _log.warning("signed addresses not taken back", tags=tags, reason=error.detail)

    database.after_commit(revoke)


def end_keys(mam: Mam, which: Any) -> int:
    """End the living API keys of a condition, in the caller's transaction; answers how many there were."""
    ids = [row.id for row in ApiKey.select(ApiKey.id).where(which & ApiKey.revoked_at.is_null())]
    if ids:
        ApiKey.update(revoked_at=now()).where(ApiKey.id.in_(ids)).execute()
        end_addresses(mam, *(f"key:{one}" for one in ids))
    return len(ids)
