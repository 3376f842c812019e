"""Share links: made, changed, renewed, taken back; listed by project.

The link's secret leaves once, when it is made or renewed; stored is its hash. Every change ends the signed
addresses that guests hold: players ask for new ones and get what holds now. Writes `share`, `share_asset`,
audit entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from peewee import Case, fn

from mam import passwords
from mam.core import Mam
from mam.errors import ConflictError, FieldError, ValidationError
from mam.models import Share, ShareAsset, ShareLogo, ShareVisit, database, now
from mam.services import (
    access,
    approvals,
    audit,
    collections,
    events,
    folders,
    pages,
    tokens,
    watermarks,
)
from mam.services.endings import end_addresses
from mam.services.shapes import Shape, iso
from mam.services.share_visits import required
from mam.types import Actor

MOST_ASSETS = 200
"""Assets that one share of kind `assets` may name."""

MOST = 1000
"""Shares of one project that hold at a time."""

_PLAIN = (
    "title", "studio", "max_views", "allow_comments", "all_versions", "allow_decide", "decision_required",
)  # fmt: skip

LONGEST = timedelta(days=5 * 366)
"""How far away a share's end may lie."""

SETTINGS = (
    "title", "studio", "expires_at", "password", "max_views", "allow_comments", "allow_download",
    "watermark", "all_versions", "allow_decide", "decision_required", "accent",
)  # fmt: skip
"""What a share may be made with and changed to."""


def create(
    mam: Mam,
    actor: Actor,
    *,
    asset_ids: Iterable[str] | None = None,
    project_id: str | None = None,
    folder_id: str | None = None,
    collection_id: str | None = None,
    filters: Mapping[str, Any] | None = None,
    base_url: str = "",
    **settings: Any,
) -> Shape:
    """Make a link to some assets, a folder, a saved collection or a project; its `url` is told here alone.

    What it shows is looked up when somebody looks; `filters` narrow a folder or a project. Raises
    `ValidationError` by field, `NotFoundError`, `ForbiddenError`, `ConflictError` where there are too many.
    """
    named = {
        "asset_ids": asset_ids,
        "project_id": project_id,
        "folder_id": folder_id,
        "collection_id": collection_id,
    }
    row = _aimed(mam, actor, named)
    row.filters = dict(filters or {})
    if row.filters and row.kind in ("assets", "collection"):
        raise _invalid("filters", "For a project or a folder alone.")
    _apply(row, settings)
    secret = tokens.new_secret()
    row.token_hash, row.created_by_id = tokens.hashed(secret), actor.user_id
    with database.atomic():
        _check_room(row.project_id)
        row.save(force_insert=True)
        chosen = list(dict.fromkeys(asset_ids or ()))
        if chosen:
            ShareAsset.insert_many([{"share": row.id, "asset": one} for one in chosen]).execute()
        _done(mam, actor, "created", row)
        if row.decision_required:
            approvals.clients_changed(mam, actor, row.id)
    return {**shapes([row])[0], "url": _url(base_url, secret)}


def get(mam: Mam, actor: Actor, share_id: str) -> Shape:
    """One share, whether it still holds or not."""
    return shapes([required(mam, actor, share_id)])[0]


def list_shares(
    mam: Mam, actor: Actor, project_id: str, *, cursor: str | None = None, limit: int = 50
) -> Shape:
    """A page of a project's shares, newest first, those that have ended among them."""
    access.require_project(mam, actor, "share.manage", project_id)
    query = Share.select().where(Share.project == project_id)
    rows, following = pages.page(query, "-id", {"id": Share.id}, Share.id, cursor=cursor, limit=limit)
    return {"items": shapes(rows), "next_cursor": following}


def update(mam: Mam, actor: Actor, share_id: str, given: Mapping[str, Any]) -> Shape:
    """Change what is given of a share that is not taken back; guests notice with their next look."""
    row = _held(mam, actor, share_id)
    asked = row.decision_required
    _apply(row, given)
    row.updated_at = now()
    with database.atomic():
        row.save()
        _done(mam, actor, "updated", row, changed=sorted(given))
        if {"watermark", "title"} & set(given):
            watermarks.forget(row.id)
        if asked or row.decision_required:
            approvals.clients_changed(mam, actor, row.id)
        end_addresses(mam, f"share:{row.id}")
    return shapes([row])[0]


def renew(mam: Mam, actor: Actor, share_id: str, *, base_url: str = "") -> Shape:
    """A new link for a share, in place of the one before, which ends; whoever was let in is out."""
    row = _held(mam, actor, share_id)
    secret = tokens.new_secret()
    row.token_hash, row.generation, row.updated_at = tokens.hashed(secret), row.generation + 1, now()
    with database.atomic():
        row.save()
        _done(mam, actor, "renewed", row)
        end_addresses(mam, f"share:{row.id}")
    return {**shapes([row])[0], "url": _url(base_url, secret)}


def revoke(mam: Mam, actor: Actor, share_id: str) -> None:
    """Take a link back: at once for pages, within ten seconds for what plays; again changes nothing."""
    row = required(mam, actor, share_id)
    if row.revoked_at is not None:
        return
    with database.atomic():
        Share.update(revoked_at=now(), updated_at=now()).where(Share.id == row.id).execute()
        _done(mam, actor, "revoked", row)
        if row.decision_required:
            approvals.clients_changed(mam, actor, row.id)
        end_addresses(mam, f"share:{row.id}")


def shapes(rows: Iterable[Share]) -> list[Shape]:
    """Shares as the API tells them, in four queries; the link's secret is not among them."""
    listed = list(rows)
    ids = [row.id for row in listed]
    named: dict[str, list[str]] = {one: [] for one in ids}
    for pair in ShareAsset.select().where(ShareAsset.share.in_(ids)).order_by(ShareAsset.asset):
        named[pair.share_id].append(pair.asset_id)
    seen = _seen(ids)
    logos = {one.share_id for one in ShareLogo.select(ShareLogo.share).where(ShareLogo.share.in_(ids))}
    return [_shape(row, named[row.id], seen.get(row.id, (0, None)), row.id in logos) for row in listed]


# --- inside --------------------------------------------------------------------------------------


def _aimed(mam: Mam, actor: Actor, named: Mapping[str, Any]) -> Share:
    """A share of what was named: exactly one of the four."""
    given = {name: value for name, value in named.items() if value is not None}
    if len(given) != 1:
        raise _invalid("asset_ids", f"Exactly one of {', '.join(named)}.")
    ((name, value),) = given.items()
    if name == "project_id":
        access.require_project(mam, actor, "share.manage", value)
        return Share(project=value, kind="project")
    if name == "folder_id":
        folder = folders.require_folder(mam, actor, "share.manage", value)
        return Share(project=folder.project_id, kind="folder", folder=folder.id)
    if name == "collection_id":
        saved = collections.get_collection(mam, actor, value)
        access.require_project(mam, actor, "share.manage", saved["project_id"])
        return Share(project=saved["project_id"], kind="collection", collection_id=saved["id"])
    chosen = list(dict.fromkeys(value))
    if not 0 < len(chosen) <= MOST_ASSETS:
        raise _invalid("asset_ids", f"1 to {MOST_ASSETS} assets.")
    projects = {access.require_asset(mam, actor, "share.manage", one).project_id for one in chosen}
    if len(projects) > 1:
        raise _invalid("asset_ids", "Assets of one project: a share belongs to one.")
    return Share(project=projects.pop(), kind="assets")


def _apply(row: Share, given: Mapping[str, Any]) -> None:
    """Take over checked settings; `ValidationError` for what cannot be."""
    for name in _PLAIN:
        if name in given:
            setattr(row, name, given[name])
    if "accent" in given:
        row.accent = (given["accent"] or "").lower()
    if row.decision_required and not (row.allow_decide and row.kind == "assets"):
        message = "For a link to named assets whose guests may decide: else nobody knows who is waited for."
        raise _invalid("decision_required", message)
    if "expires_at" in given:
        row.expires_at = _checked_end(given["expires_at"])
    if "allow_download" in given:
        row.download = _download(given["allow_download"])
    if "watermark" in given:
        row.watermark = _watermark(given["watermark"])
    if row.watermark and row.download != "none":
        message = "A link with a watermark hands out no files: they would be without it."
        raise _invalid("watermark" if "watermark" in given else "allow_download", message)
    if "password" in given:
        password = given["password"]
        row.password_hash = None if password is None else passwords.hash_password(password)
        row.generation = (row.generation or 0) + 1


def _checked_end(end: datetime | None) -> datetime | None:
    if end is None:
        return None
    moment = end if end.tzinfo else end.replace(tzinfo=UTC)
    if not now() < moment < now() + LONGEST:
        raise _invalid("expires_at", "A moment to come, within five years.")
    return moment


def _download(asked: bool | str) -> str:
    """Yes means the original, no nothing; or the word itself."""
    if isinstance(asked, bool):
        return "original" if asked else "none"
    return asked


def _watermark(asked: bool | str | None) -> str:
    """The words to burn in; yes means the guest's name and the day."""
    if isinstance(asked, bool):
        return watermarks.STANDARD if asked else ""
    return asked or ""


def _held(mam: Mam, actor: Actor, share_id: str) -> Share:
    """The share, if it is not taken back; what was cannot be brought back."""
    row = required(mam, actor, share_id)
    if row.revoked_at is not None:
        raise ConflictError("This link was taken back; make a new one.", code="share_revoked")
    return row


def _check_room(project_id: str) -> None:
    if Share.select().where((Share.project == project_id) & Share.revoked_at.is_null()).count() >= MOST:
        raise ConflictError(f"A project may have {MOST} links at a time; take some back.")


def _seen(ids: list[str]) -> dict[str, tuple[int, int | None]]:
    """Downloads and the last visit of each share, in microseconds since 1970."""
    taken = fn.SUM(Case(None, [(ShareVisit.action == "downloaded", 1)], 0))
    last = fn.MAX(ShareVisit.created_at).coerce(False)
    query: Any = ShareVisit.select(ShareVisit.share, taken, last)
    rows = query.where(ShareVisit.share.in_(ids)).group_by(ShareVisit.share).tuples()
    return {share_id: (int(count or 0), last) for share_id, count, last in rows}


def _shape(row: Share, asset_ids: list[str], seen: tuple[int, int | None], has_logo: bool) -> Shape:
    return {
        "id": row.id,
        "project_id": row.project_id,
        "kind": row.kind,
        "asset_ids": asset_ids,
        "folder_id": row.folder_id,
        "collection_id": row.collection_id,
        "filters": row.filters,
        "title": row.title,
        "studio": row.studio,
        "url": None,
        "has_password": row.password_hash is not None,
        "expires_at": iso(row.expires_at),
        "max_views": row.max_views,
        "views": row.views,
        "downloads": seen[0],
        "last_visit_at": iso(seen[1]),
        "allow_comments": bool(row.allow_comments),
        "allow_download": row.download,
        "watermark": row.watermark or None,
        "all_versions": bool(row.all_versions),
        "allow_decide": bool(row.allow_decide),
        "decision_required": bool(row.decision_required),
        "accent": row.accent or None,
        "has_logo": has_logo,
        "state": _state(row),
        "created_by": row.created_by_id,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "revoked_at": iso(row.revoked_at),
    }


def _state(row: Share) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_at is not None and row.expires_at <= now():
        return "expired"
    used_up = row.max_views is not None and row.views >= row.max_views
    return "used_up" if used_up else "active"


def _url(base_url: str, secret: str) -> str:
    return f"{base_url}/r/{secret}"


def _done(mam: Mam, actor: Actor, what: str, row: Share, **data: Any) -> None:
    about = {"kind": row.kind, "download": row.download, "guarded": row.password_hash is not None, **data}
    audit.record(
        mam, actor, f"share.{what}", kind="share", subject_id=row.id, project_id=row.project_id, data=about
    )
    events.publish(mam, f"share.{what}", project_id=row.project_id, data={"share_id": row.id})


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
