"""A change on the condition that its thing is still as the caller saw it: compared and changed in one step.

The thing's row is held first, so of two writers who saw the same state one changes it and the other is told;
what is read for the comparison is what is changed. Writes nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from mam.errors import ForbiddenError, NotFoundError, PreconditionFailedError
from mam.models import (
    ApiKey,
    Asset,
    Comment,
    CustomField,
    Folder,
    Passkey,
    Project,
    ProjectRole,
    Share,
    User,
    Version,
    Webhook,
    database,
)
from mam.models import Collection as SavedCollection
from mam.services import people
from mam.types import Actor

T = TypeVar("T")

ANY = "*"
"""The mark that every state of a thing fits."""

ROWS: dict[str, Any] = {
    "asset_id": Asset,
    "collection_id": SavedCollection,
    "comment_id": Comment,
    "field_id": CustomField,
    "folder_id": Folder,
    "key_id": ApiKey,
    "passkey_id": Passkey,
    "project_id": Project,
    "role_id": ProjectRole,
    "share_id": Share,
    "user_id": User,
    "version_id": Version,
    "webhook_id": Webhook,
}
"""The table of each thing that may be changed on a condition, by what its id is called."""


@dataclass(frozen=True)
class Condition:
    """One of `marks` is still the thing's; `name` is what its id is called, empty for the caller themself."""

    marks: Collection[str]
    name: str
    ident: str


def change_if(
    actor: Actor, wanted: Condition, mark: Callable[[], str], change: Callable[[], T], *, stays: bool
) -> tuple[T, str]:
    """What `change` answers and the thing's mark afterwards, in one transaction.

    There is no mark unless the thing `stays` and may still be seen. `mark` reads the thing as
    it is now. Raises `PreconditionFailedError` where none of the marks is its own,
    and whatever the two raise; nothing is changed then.
    """
    with database.atomic():
        _hold(wanted.name or "user_id", wanted.ident or actor.user_id or "")
        if ANY not in wanted.marks and mark() not in wanted.marks:
            raise PreconditionFailedError
        done = change()
        return done, _afterwards(mark) if stays else ""


def _afterwards(mark: Callable[[], str]) -> str:
    """The new mark; none where the change took the thing away from whoever made it."""
    try:
        return mark()
    except (NotFoundError, ForbiddenError):
        return ""


def _hold(name: str, ident: str) -> None:
    """Let nobody else change the row until the transaction ends.

    Notes and versions are changed under their asset's row everywhere, people under the administrators', so
    those are held before: else two could wait for each other. SQLite has one writer at a time: us.
    """
    if not database.obj.for_update:  # type: ignore[attr-defined]
        return
    table = ROWS[name]
    if table is User:
        people.lock_admins()
    if table in (Comment, Version):
        above = table.select(table.asset).where(table.id == ident)
        _lock(Asset.select(Asset.id).where(Asset.id.in_(above)))
    _lock(table.select(table.id).where(table.id == ident))


def _lock(rows: Any) -> None:
    """As an UPDATE would: rows that refer to these may be made meanwhile."""
    rows.for_update("FOR NO KEY UPDATE").execute()
