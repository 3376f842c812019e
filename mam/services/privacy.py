"""One person's data: everything about them in one zip, and their erasure.

Erasing replaces name and address, ends and removes every way in, and takes the memberships; notes stay, by
nobody who can be named. The audit log is not touched: it is chained, and kept by law or contract. Writes the
rows named in `erase`, and an audit entry that says how much went.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import orjson

from mam.core import Mam
from mam.errors import ConflictError, FieldError, NotFoundError, ValidationError
from mam.ids import is_id
from mam.models import (
    ApiKey,
    Asset,
    AuditEntry,
    Batch,
    Comment,
    Invitation,
    Member,
    Notification,
    OutsideLogin,
    Passkey,
    Project,
    RecoveryCode,
    SecondFactor,
    Session,
    User,
    UserRole,
    Version,
    connected,
    database,
)
from mam.services import access, approvals, audit, people, sessions
from mam.services.endings import end_keys
from mam.services.shapes import Shape, iso
from mam.types import Actor

ERASED = "Erased person"
"""The name that stands where theirs stood."""

_PAGE = 500
_ADDRESS = "erased.invalid"  # a domain that cannot be (RFC 2606)
_GONE: tuple[Any, ...] = (
    Session, ApiKey, Passkey, SecondFactor, RecoveryCode, OutsideLogin, Notification, UserRole, Member,
)  # fmt: skip


def plan(mam: Mam, actor: Actor, user_id: str) -> Shape:
    """What erasing would do, changing nothing: rows that go, notes and masters that stay. For administrators.

    Raises `NotFoundError`, `ForbiddenError`, `ConflictError` (`own_account`, `last_admin`, `already_erased`).
    """
    access.require(mam, actor, "box.admin")
    user = _person(user_id)
    if user.id == actor.user_id:
        raise ConflictError("You cannot erase yourself; another administrator can.", code="own_account")
    if user.email.endswith(f"@{_ADDRESS}"):
        raise ConflictError("This person was erased already.", code="already_erased")
    if people.active_admins() == {user.id}:
        raise ConflictError(
            "This is the last administrator; make somebody else one first.", code="last_admin"
        )
    goes = {table.__name__.lower(): table.select().where(table.user == user.id).count() for table in _GONE}
    return {
        "user_id": user.id,
        "name_becomes": ERASED,
        "removed": goes,
        "kept_notes": Comment.select().where(Comment.author == user.id).count(),
        "kept_masters": Version.select().where(Version.created_by == user.id).count(),
        "kept_audit_entries": AuditEntry.select().where(AuditEntry.actor_id == user.id).count(),
        "done": False,
    }


def erase(mam: Mam, actor: Actor, user_id: str, *, email: str) -> Shape:
    """Erase a person, all or nothing; answers the plan as it was carried out. `email` confirms who is meant.

    Raises what `plan` raises, and `ValidationError` where `email` is not theirs.
    """
    with database.atomic():
        people.lock_admins()
        told = plan(mam, actor, user_id)
        user = _person(user_id)
        if user.email != email.strip().lower():
            message = "The address of the person to erase, to confirm who is meant."
            raise ValidationError(f"email: {message}", (FieldError("email", message),))
        _end(mam, user)
        audit.record(
            mam, actor, "user.erased", kind="user", subject_id=user.id, data={"removed": told["removed"]}
        )
        approvals.access_changed(mam, actor, user.id)
    return {**told, "done": True}


def _end(mam: Mam, user: User) -> None:
    sessions.revoke_user(mam, user.id, "person erased")
    end_keys(mam, ApiKey.user == user.id)
    for table in _GONE:
        table.delete().where(table.user == user.id).execute()
    Invitation.update(email="").where(Invitation.email == user.email).execute()
    Batch.update(address="").where(Batch.user == user.id).execute()
    nobody: dict[str, object] = {"password_hash": None, "status": "disabled", "language": ""}
    people.change(user, email=f"{user.id}@{_ADDRESS}", display_name=ERASED, **nobody)


def export(mam: Mam, actor: Actor, user_id: str) -> Iterator[bytes]:
    """A zip, piece by piece, of everything about a person; each step opens a connection of its own.

    `person.json`, then JSON lines of notes, files, and what the audit log says they did. The first step looks
    who asks, raises `ForbiddenError` and `NotFoundError`, and notes that the data was taken away.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
        with connected():
            packed.writestr(
                "person.json", orjson.dumps(_told(mam, actor, user_id), option=orjson.OPT_INDENT_2)
            )
        yield sink.take()
        for name, table, key, whose, shape in _LISTS:
            with packed.open(f"{name}.jsonl", "w") as file:
                for rows in _pages(table, key, whose == user_id):
                    file.write(b"".join(orjson.dumps(shape(row)) + b"\n" for row in rows))
                    yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """Takes what the zip writes; it cannot be wound back, so nothing has to wait for the end."""

    def __init__(self) -> None:
        """Nothing was written."""
        self._waiting = bytearray()

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any) -> int:
        """Keep until taken."""
        self._waiting += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last call."""
        taken, self._waiting = bytes(self._waiting), bytearray()
        return taken


def _told(mam: Mam, actor: Actor, user_id: str) -> Shape:
    """The account and its doors: no secret, nor the hash of one."""
    access.require(mam, actor, "box.admin")
    user = _person(user_id)
    audit.record(mam, actor, "user.exported", kind="user", subject_id=user.id)
    places: Any = Member.select(Member.project, Project.name, Member.role, Member.created_at).join(Project)
    return {
        "id": user.id,
        "email": user.email,
        "display_name": user.display_name,
        "status": user.status,
        "language": user.language,
        "created_at": iso(user.created_at),
        "roles": sorted(people.roles_of([user.id])[user.id]),
        "projects": [
            {"id": project, "name": name, "role": role, "since": iso(since)}
            for project, name, role, since in places.where(Member.user == user.id).tuples()
        ],
        "sessions": _rows(Session, user, "created_at", "last_used_at", "address", "user_agent"),
        "api_keys": _rows(ApiKey, user, "name", "scopes", "created_at", "last_used_at", "last_address"),
        "passkeys": _rows(Passkey, user, "name", "created_at", "last_used_at"),
        "batches": _rows(Batch, user, "operation", "total", "state", "created_at", "address"),
        "outside_logins": _rows(OutsideLogin, user, "issuer", "subject", "created_at"),
    }


def _rows(table: Any, user: User, *names: str) -> list[Shape]:
    query = table.select().where(table.user == user.id)
    return [{name: _plain(getattr(row, name)) for name in names} for row in query]


def _plain(value: Any) -> Any:
    return iso(value) if hasattr(value, "isoformat") else value


def _note(row: Comment) -> Shape:
    return {
        "id": row.id, "asset_id": row.asset_id, "version_id": row.version_id, "frame": row.frame,
        "body": row.body, "drawing": row.drawing, "created_at": iso(row.created_at),
        "deleted_at": _plain(row.deleted_at),
    }  # fmt: skip


def _file(row: Version) -> Shape:
    return {
        "version_id": row.id, "asset_id": row.asset_id, "title": row.asset.title, "filename": row.filename,
        "size": row.size, "sha256": row.sha256, "created_at": iso(row.created_at),
    }  # fmt: skip


def _entry(row: AuditEntry) -> Shape:
    return {
        "seq": row.seq, "at": iso(row.at), "action": row.action, "subject_kind": row.subject_kind,
        "subject_id": row.subject_id, "address": row.address, "data": row.data,
    }  # fmt: skip


_LISTS: tuple[tuple[str, Any, Any, Any, Any], ...] = (
    ("notes", Comment.select, Comment.id, Comment.author, _note),
    ("files", lambda: Version.select(Version, Asset).join(Asset), Version.id, Version.created_by, _file),
    ("audit", AuditEntry.select, AuditEntry.seq, AuditEntry.actor_id, _entry),
)


def _pages(select: Any, key: Any, where: Any) -> Iterator[list[Any]]:
    """Rows in the order of their keys, some hundred at a time, each page with its own connection."""
    last = None
    while True:
        query = select().where(where if last is None else where & (key > last)).order_by(key).limit(_PAGE)
        with connected():
            rows = list(query)
        if not rows:
            return
        yield rows
        last = getattr(rows[-1], key.name)


def _person(user_id: str) -> User:
    user = User.get_or_none(User.id == user_id) if is_id(user_id) else None
    if user is None:
        raise NotFoundError
    return user
