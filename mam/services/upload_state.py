"""Who works on an upload, and what its asset's status follows from: conditional updates of rows.

A claim is a token in the row, renewed by a thread while the work goes on; one that is not renewed belonged to
a process that died. Writes `upload` rows and the asset's status.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from peewee import Expression

from mam.ids import new_id
from mam.models import Asset, Unavailable, Upload, Version, now
from mam.services.leases import connected

BEAT_SECONDS = 2.0
STALE_SECONDS = 8.0
"""A claim this old without renewal is nobody's: three beats were missed."""

RECEIVING, OPEN, PROMOTING, PROMOTED = "receiving", "open", "promoting", "promoted"
ENDINGS = {"aborting": "aborted", "expiring": "expired"}
"""States of an upload whose bytes are being freed, and what they lead to."""

_STATUS_OF_PREVIEW = {"ready": "ready", "unsupported": "ready", "failed": "failed"}
_log = structlog.get_logger("mam.uploads")


def claim(upload_id: str, states: Sequence[str], to: str) -> str | None:
    """Take the upload from one of `states`, or from a dead claimant in `to`; the token, or None."""
    token = new_id()
    free = Upload.state.in_(states) | ((Upload.state == to) & stale())
    taken = (
        Upload.update(state=to, claim=token, claimed_at=now()).where(Upload.id == upload_id, free).execute()
    )
    return token if taken else None


def stale(moment: datetime | None = None) -> Expression:
    """The condition that nobody alive works on the upload."""
    oldest = (moment or now()) - timedelta(seconds=STALE_SECONDS)
    return Upload.claimed_at.is_null() | (Upload.claimed_at < oldest)


def holding(upload_id: str, token: str) -> Expression:
    """The condition of every write under a claim."""
    return (Upload.id == upload_id) & (Upload.claim == token)


def release(upload_id: str, token: str, state: str) -> bool:
    """End the claim and leave the upload in `state`; False where it was somebody else's by now."""
    values = {"state": state, "claim": None, "claimed_at": None, "turn": None}
    return bool(Upload.update(**values).where(holding(upload_id, token)).execute())


@contextmanager
def beating(upload_id: str, token: str) -> Iterator[None]:
    """Renew the claim until the block ends."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(upload_id, token, over), name="upload-beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(upload_id: str, token: str, over: threading.Event) -> None:
    while not over.wait(BEAT_SECONDS):
        try:
            with connected():
                Upload.update(claimed_at=now()).where(holding(upload_id, token)).execute()
        except Unavailable as error:
            _log.warning("claim not renewed", upload=upload_id, reason=str(error))


def settle(asset_id: str) -> None:
    """Set the asset's status by what there is: uploads on their way, else its current version, if any."""
    states = {row.state for row in Upload.select(Upload.state).where(Upload.asset == asset_id)}
    if PROMOTING in states:
        status = PROMOTING
    elif states & {OPEN, RECEIVING}:
        status = "uploading"
    else:
        status = _status_of_current(asset_id)
    Asset.update(status=status, updated_at=now()).where(Asset.id == asset_id).execute()


def _status_of_current(asset_id: str) -> str:
    version = (
        Version.select(Version.preview_status)
        .join(Asset, on=(Asset.current_version_id == Version.id))
        .where(Asset.id == asset_id)
        .first()
    )
    if version is None:
        return "awaiting_upload"
    return _STATUS_OF_PREVIEW.get(version.preview_status, "processing")
