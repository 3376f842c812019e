"""The sweep of uploads: ends those past their time, finishes what a crash interrupted, frees staging.

Safe to run anywhere at any time, also several at once: every step is a conditional update. Never touches a
master; a promotion it finishes is the one the client asked for.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from mam.core import Mam
from mam.errors import MamError
from mam.models import Asset, Upload, database, now
from mam.services import audit, masters, promotion, upload_state
from mam.services.leases import connected
from mam.services.promotion import free_staging
from mam.services.upload_state import ENDINGS, OPEN, PROMOTED, PROMOTING, RECEIVING
from mam.types import SYSTEM, StrayStorage

ORPHAN_SECONDS = 3600
"""A staging object without a row is removed at this age; a younger one may be just arriving."""

_AT_ONCE = 200
_NEEDED = (OPEN, PROMOTING, RECEIVING)
_log = structlog.get_logger("mam.uploads")


def sweep(mam: Mam) -> dict[str, int]:
    """Do all of it once; how many uploads were expired, freed, promoted, dropped, strays removed."""
    return {
        "expired": _expire(mam),
        "dropped": _drop_dead(mam),
        "freed": _free(mam),
        "promoted": _promote(mam),
        "strays": _remove_strays(mam),
        "copies": masters.sweep_copies(mam),
    }


def _expire(mam: Mam) -> int:
    """Open uploads past their time take nothing more; `_free` then frees their bytes."""
    where = (Upload.state == OPEN) & (Upload.expires_at < now())
    count = 0
    for upload in _rows(where):
        with connected(), database.atomic():
            taken = Upload.update(state="expiring").where(Upload.id == upload.id, where).execute()
            if taken:
                count += 1
                upload_state.settle(upload.asset_id)
                project_id = Asset.get_by_id(upload.asset_id).project_id
                audit.record(
                    mam, SYSTEM, "upload.expired", kind="upload", subject_id=upload.id, project_id=project_id
                )
    return count


def _drop_dead(_mam: Mam) -> int:
    """Bodies in one piece whose receiver died: their clients saw the connection break."""
    where = (Upload.state == RECEIVING) & upload_state.stale()
    count = 0
    for upload in _rows(where):
        with connected(), database.atomic():
            taken = Upload.update(state="aborting", claim=None).where(Upload.id == upload.id, where).execute()
            count += taken
            upload_state.settle(upload.asset_id)
    return count


def _free(mam: Mam) -> int:
    """Free what the store keeps of ended uploads, then say so."""
    untidy = (Upload.state == PROMOTED) & Upload.claim.is_null(False) & upload_state.stale()
    count = 0
    for upload in _rows(Upload.state.in_(list(ENDINGS)) | untidy):
        try:
            free_staging(mam, upload)
        except MamError as error:
            _log.warning("staging not freed", upload=upload.id, reason=error.detail)
            continue
        with connected():
            ended = Upload.update(state=ENDINGS.get(upload.state, PROMOTED), claim=None)
            count += ended.where(Upload.id == upload.id, Upload.state == upload.state).execute()
    return count


def _promote(mam: Mam) -> int:
    """Finish promotions whose process died. One that cannot be finished is open again, for its client."""
    count = 0
    for upload in _rows((Upload.state == PROMOTING) & upload_state.stale()):
        try:
            promotion.promote(mam, SYSTEM, upload.id)
        except MamError as error:
            _log.warning(
                "promotion not finished", upload=upload.id, code=error.error_code, reason=error.detail
            )
        else:
            count += 1
    return count


def _remove_strays(mam: Mam) -> int:
    """Remove staging objects that no upload needs: no row at this age, or one that has ended."""
    oldest = now() - timedelta(seconds=ORPHAN_SECONDS)
    count = 0
    for info in mam.storage.list("staging"):
        state = _state_of(info.key)
        if info.modified < oldest if state is None else state not in _NEEDED:
            mam.storage.delete("staging", info.key)
            count += 1
    if isinstance(mam.storage, StrayStorage):
        # `begin` runs inside the transaction of a repeatable call: killed there, it leaves an upload, no row
        count += mam.storage.drop_strays(oldest, lambda key: _state_of(key) is not None)
    return count


def _state_of(key: str) -> str | None:
    """The state of the upload with this staging key; None where there is no row."""
    with connected():
        row = Upload.select(Upload.state).where(Upload.staging_key == key).first()
    return None if row is None else str(row.state)


def _rows(where: object) -> list[Upload]:
    with connected():
        return list(Upload.select().where(where).order_by(Upload.id).limit(_AT_ONCE))
