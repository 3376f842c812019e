"""How many bytes a project and an organisation may hold: masters and uploads, counted before any is taken.

Counted under a lock on its row in the transaction that writes the upload's row, so that of twenty
uploads at once exactly those that fit begin (promise A9). Writes nothing.
"""

from __future__ import annotations

from typing import Any

from peewee import Expression, fn

from mam.core import Mam
from mam.errors import QuotaExceededError
from mam.models import Asset, Organisation, Project, Table, Upload, Version, database
from mam.services import pressure
from mam.services.upload_state import ENDINGS, OPEN, PROMOTING, RECEIVING

_COUNTED = (OPEN, RECEIVING, PROMOTING, *ENDINGS)
"""States of uploads whose bytes are in staging, or may be."""

_ID = 36  # characters of an id


def reserve(mam: Mam, project_id: str, size: int) -> None:
    """Pass where project and organisation have room for `size` more bytes, before the row is inserted.

    Holds the rows of those that have a quota until the transaction ends. Raises `QuotaExceededError`, and
    `StorageFullError` while the disk takes no new uploads.
    """
    pressure.admit_upload(mam)
    _reserve_of_organisation(project_id, size)
    quota = mam.config.uploads.quota_bytes
    if not quota:
        return
    _hold(Project, project_id)
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
    return _used(Project.id == project_id, Asset.project == Project.id)


def organisation_bytes(organisation_id: str) -> int:
    """The same of all projects of an organisation, also of those in the trash."""
    own = Project.select(Project.id).where(Project.organisation_id == organisation_id)
    return _used(Organisation.id == organisation_id, Asset.project.in_(own), Organisation)


def _reserve_of_organisation(project_id: str, size: int) -> None:
    """The same check for the organisation that the project belongs to."""
    same = Organisation.id == Project.organisation_id
    query: Any = Project.select(Organisation.id, Organisation.quota_bytes).join(Organisation, on=same)
    organisation_id, quota = query.where(Project.id == project_id).tuples().get()
    if quota is None:
        return
    _hold(Organisation, organisation_id)
    used = organisation_bytes(organisation_id)
    if used + size > quota:
        raise QuotaExceededError(
            f"Your organisation may hold {quota} bytes and has {used}; {size} more do not fit. Uploads that "
            "are not finished count as well."
        )


def _used(one: Expression, inside: Expression, table: Any = Project) -> int:
    """Bytes below the one row of `table`, of the assets that are `inside`."""
    key = Version.master_key  # the version's id behind the organisation's prefix, where it is its own
    own = fn.SUBSTR(key, fn.LENGTH(key) - _ID + 1) == Version.id
    # One statement, one moment: an upload that becomes a version between two would be in neither.
    both: Any = table.select(
        _sum(Version, inside & own & Version.in_place.is_null()),
        _sum(Upload, inside & Upload.state.in_(_COUNTED)),
    )
    masters, coming = both.where(one).tuples().get()
    return int(masters) + int(coming)


def _sum(table: Any, where: Expression) -> Any:
    return table.select(fn.COALESCE(fn.SUM(table.size), 0)).join(Asset).where(where)


def _hold(row: type[Table], row_id: str) -> None:
    """Have other uploads below the row wait; on SQLite the transaction that writes is lock enough."""
    query = row.select(row.id).where(row.id == row_id)  # type: ignore[attr-defined]
    if database.obj.for_update:  # type: ignore[attr-defined]
        query.for_update().execute()
