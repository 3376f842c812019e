"""How many bytes a project may hold: its masters and what is on its way, counted before anything is taken.

Counted under a lock on the project's row in the transaction that writes the upload's row, so that of twenty
uploads at once exactly those that fit begin (promise A9). Writes nothing.
"""

from __future__ import annotations

from typing import Any

from peewee import Expression, fn

from mam.core import Mam
from mam.errors import QuotaExceededError
from mam.models import Asset, Project, Table, Upload, Version, database
from mam.services import pressure
from mam.services.upload_state import ENDINGS, OPEN, PROMOTING, RECEIVING

_COUNTED = (OPEN, RECEIVING, PROMOTING, *ENDINGS)
"""States of uploads whose bytes are in staging, or may be."""


def reserve(mam: Mam, project_id: str, size: int) -> None:
    """Pass where the project has room for `size` more bytes; belongs before the insert of the upload's row.

    Holds the project's row until the transaction ends. Raises `QuotaExceededError`, and `StorageFullError`
    while the disk takes no new uploads.
    """
    pressure.admit_upload(mam)
    quota = mam.config.uploads.quota_bytes
    if not quota:
        return
    _hold(project_id)
    used = used_bytes(project_id)
    if used + size > quota:
        raise QuotaExceededError(
            f"The project may hold {quota} bytes and has {used}; {size} more do not fit. Uploads that are "
            "not finished count as well."
        )


def used_bytes(project_id: str) -> int:
    """Bytes of the project's masters, also of assets in the trash, and of its uploads that are not finished.

    A version that is linked to another's master or lies in place has no bytes of its own.
    """
    own = (Version.master_key == Version.id) & Version.in_place.is_null()
    # One statement, one moment: an upload that becomes a version between two would be in neither.
    both: Any = Project.select(_sum(Version, own), _sum(Upload, Upload.state.in_(_COUNTED)))
    masters, coming = both.where(Project.id == project_id).tuples().get()
    return int(masters) + int(coming)


def _sum(table: Any, where: Expression) -> Any:
    """Of the project of the query around it."""
    query = table.select(fn.COALESCE(fn.SUM(table.size), 0)).join(Asset)
    return query.where(Asset.project == Project.id, where)


def _hold(project_id: str) -> None:
    """Have other uploads of the project wait; on SQLite the transaction that writes is lock enough."""
    row: type[Table] = Project
    query = row.select(Project.id).where(Project.id == project_id)
    if database.obj.for_update:  # type: ignore[attr-defined]
        query.for_update().execute()
