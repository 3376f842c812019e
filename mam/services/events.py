"""Tell whoever listens that something happened: live listeners over Redis, plugins over `mam_event`.

Only after the commit, so that nobody hears of what is then rolled back. What integrators hear of is written
into the outbox within the transaction; the rest writes nothing, and an event that is lost loses no truth, for
every listener can ask the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mam.core import Mam
from mam.models import database
from mam.services import outbox
from mam.types import Event


def publish(
    mam: Mam,
    name: str,
    *,
    project_id: str | None,
    asset_id: str | None = None,
    version_id: str | None = None,
    data: Mapping[str, Any] | None = None,
    live_only: bool = False,
) -> None:
    """Send the event once the transaction is committed (at once where there is none).

    `live_only` leaves the plugins out: for progress, which comes every second.
    """
    body = dict(data or {})
    message = {
        "name": name,
        "project_id": project_id,
        "version_id": version_id,
        "asset_id": asset_id,
        "data": body,
    }
    subject = version_id or asset_id or project_id or ""

    def tell() -> None:
        mam.queue.publish(message)
        if not live_only:
            mam.hooks.all("mam_event", event=Event(name, subject, project_id, None, body))

    outbox.from_live(name, outbox.Subject("version", version_id, project_id, asset_id, version_id), body)
    database.after_commit(tell)
