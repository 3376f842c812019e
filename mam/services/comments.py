"""Notes on versions: written, answered, edited, resolved, deleted, and taken back from that.

Whoever may write notes edits and deletes their own; who may manage notes deletes and resolves everybody's.
Writes `comment`, the asset's search text, audit entries; a change is told to every open page of the version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mam.core import Mam
from mam.errors import ConflictError, FieldError, ForbiddenError, NotFoundError, ValidationError
from mam.media import drawing as drawings
from mam.media.labels import Labels, Places, SoundLabels, places_of
from mam.models import Asset, Comment, CommentEdit, Version, database, now
from mam.services import access, assets, audit, comment_list, events, mentions, notifications
from mam.services.comment_list import check_version
from mam.services.mentions import MANAGE
from mam.services.shapes import Shape
from mam.types import Actor, Thing

MOST = 10_000
"""Notes, replies among them, that one version may have."""

MOST_REPLIES = 200
"""Replies that one note may have."""

MOST_EDITS = 200
"""Edits of one note's words, each of which is kept."""

_READ, _WRITE = "comment.read", "comment.write"


def create_comment(
    mam: Mam,
    actor: Actor,
    asset_id: str,
    *,
    version_id: str,
    body: str,
    frame: int | None = None,
    frame_out: int | None = None,
    drawing: Mapping[str, Any] | None = None,
    parent_id: str | None = None,
    internal: bool = False,
) -> Shape:
    """Write a note on a version: at a frame, from `frame` to `frame_out` inclusive, or on the whole.

    With `parent_id` it is a reply, which stands where its note stands, and is internal where that is. Raises
    `ValidationError` by field, `ConflictError` where there are too many, `NotFoundError` for what is not of
    this asset, `ForbiddenError`.
    """
    asset = access.require_asset(mam, actor, _WRITE, asset_id)
    version = check_version(version_id, asset_id)
    manages = _manages(mam, actor, asset)
    row = Comment(
        asset=asset_id, version=version_id, parent=parent_id, author=actor.user_id, body=body, frame=frame,
        frame_out=frame_out, drawing=_checked_drawing(drawing), internal=internal,
        guest_name=actor.display_name if actor.guest else None,
        share=actor.guest.share_id if actor.guest else None, guest=actor.guest.id if actor.guest else None,
    )  # fmt: skip
    if parent_id is not None:
        _reply(row, parent_id, manages=manages)
    _check_place(row, version)
    _check_internal(row, manages=manages)
    named = mentions.check(mam, actor, asset.project_id, body, internal=row.internal, before=set())
    with database.atomic():
        _one_at_a_time(asset_id)
        _check_room(row)
        row.save(force_insert=True)
        _say(mam, actor, row, named)
        _done(mam, actor, "created", row, asset.project_id)
    return _shape(row, internal=manages)


def get_comment(mam: Mam, actor: Actor, comment_id: str) -> Shape:
    """One note with the replies that `actor` sees; `NotFoundError` for a deleted or a hidden one."""
    row, manages = _found(mam, actor, comment_id)
    return _shape(row, internal=manages)


def update_comment(mam: Mam, actor: Actor, comment_id: str, given: Mapping[str, Any]) -> Shape:
    """Change one's own note: of body, frame, frame_out, drawing and internal those that are given.

    A note that becomes internal takes its replies along. Raises as `create_comment`.
    """
    row, manages = _found(mam, actor, comment_id)
    access.require(mam, actor, _WRITE, _thing(row))
    if not wrote(row, actor):
        raise ForbiddenError("A note is edited by whoever wrote it.")
    before = row.body
    for name, value in given.items():
        setattr(row, name, _checked_drawing(value) if name == "drawing" else value)
    if row.parent_id:
        _reply(row, row.parent_id, manages=manages)
    _check_place(row, Version.get_by_id(row.version_id))
    _check_internal(row, manages=manages)
    known = set(mentions.ids_in(before))
    named = mentions.check(
        mam, actor, str(_thing(row).project_id), row.body, internal=row.internal, before=known
    )
    row.edited_at = row.updated_at = now()
    with database.atomic():
        _one_at_a_time(row.asset_id)
        row.save(only=[*given, "internal", "edited_at", "updated_at"])
        if row.body != before:
            _keep_words(actor, row.id, before)
            _say(mam, actor, row, named)
        if row.internal:
            Comment.update(internal=True).where(Comment.parent == row.id).execute()
        _done(mam, actor, "updated", row)
    return _shape(row, internal=manages)


def delete_comment(mam: Mam, actor: Actor, comment_id: str) -> None:
    """Take a note away, with the replies below it; `restore_comment` brings them back."""
    row, manages = _found(mam, actor, comment_id)
    _require_own(mam, actor, row, manages=manages)
    with database.atomic():
        _one_at_a_time(row.asset_id)
        Comment.update(deleted_at=now()).where(Comment.id == row.id).execute()
        _done(mam, actor, "deleted", row)


def restore_comment(mam: Mam, actor: Actor, comment_id: str) -> Shape:
    """Bring back a note that was deleted; for whoever may delete it."""
    row, manages = _found(mam, actor, comment_id, deleted=True)
    _require_own(mam, actor, row, manages=manages)
    row.deleted_at = None
    with database.atomic():
        _one_at_a_time(row.asset_id)
        _check_room(row)
        row.save(only=["deleted_at"])
        _done(mam, actor, "restored", row)
    return _shape(row, internal=manages)


def resolve_comment(mam: Mam, actor: Actor, comment_id: str) -> Shape:
    """Mark a note as done; again changes nothing. For its author, and for who manages notes."""
    return _set_resolved(mam, actor, comment_id, resolved=True)


def unresolve_comment(mam: Mam, actor: Actor, comment_id: str) -> Shape:
    """Open a note again."""
    return _set_resolved(mam, actor, comment_id, resolved=False)


def visible(mam: Mam, actor: Actor, comment_id: str, *, writing: bool = False) -> Comment:
    """A note that `actor` sees and that is not deleted; else `NotFoundError`.

    With `writing` `ForbiddenError` for whoever may not write notes there.
    """
    row = _found(mam, actor, comment_id)[0]
    if writing:
        access.require(mam, actor, _WRITE, _thing(row))
    return row


def own(mam: Mam, actor: Actor, comment_id: str, *, managing: bool = False) -> Comment:
    """A note that `actor` wrote and may still change, or may because of `managing` notes.

    Raises `NotFoundError`, `ForbiddenError`.
    """
    row, manages = _found(mam, actor, comment_id)
    _require_own(mam, actor, row, manages=manages and managing)
    return row


def shown(mam: Mam, actor: Actor, row: Comment) -> Shape:
    """A note that was found for `actor`, as they see it."""
    return _shape(row, internal=access.allowed(mam, actor, MANAGE, _thing(row)))


def _set_resolved(mam: Mam, actor: Actor, comment_id: str, *, resolved: bool) -> Shape:
    row, manages = _found(mam, actor, comment_id)
    _require_own(mam, actor, row, manages=manages)
    if row.parent_id:
        raise _invalid("comment_id", "A reply is not resolved; the note above it is.")
    if (row.resolved_at is not None) is not resolved:
        row.updated_at = now()
        row.resolved_at = row.updated_at if resolved else None
        row.resolved_by_id = actor.user_id if resolved else None
        with database.atomic():
            _one_at_a_time(row.asset_id)
            row.save(only=["resolved_at", "resolved_by", "updated_at"])
            _done(mam, actor, "resolved" if resolved else "unresolved", row)
    return _shape(row, internal=manages)


def _found(mam: Mam, actor: Actor, comment_id: str, *, deleted: bool = False) -> tuple[Comment, bool]:
    """The note, and whether `actor` manages notes; `NotFoundError` for what may not be seen or is deleted."""
    row = access.require_comment(mam, actor, _READ, comment_id)
    manages = access.allowed(mam, actor, MANAGE, _thing(row))
    above = row.parent if row.parent_id else None
    hidden = (row.internal or (above is not None and above.internal)) and not manages
    if hidden or (row.deleted_at is not None) is not deleted or (above and above.deleted_at is not None):
        raise NotFoundError
    return row, manages


def _thing(row: Any) -> Thing:
    return Thing("comment", row.id, row.in_project, row.actor_role, row.in_share)


def _manages(mam: Mam, actor: Actor, asset: Any) -> bool:
    return access.allowed(mam, actor, MANAGE, Thing("asset", asset.id, asset.in_project, asset.actor_role))


def _require_own(mam: Mam, actor: Actor, row: Comment, *, manages: bool) -> None:
    """Pass for who manages notes, and for the author who may still write any."""
    if manages:
        return
    access.require(mam, actor, _WRITE, _thing(row))
    if not wrote(row, actor):
        raise ForbiddenError(f"This is somebody else's note; it needs the right {MANAGE}.")


def wrote(row: Comment, actor: Actor) -> bool:
    """Whether it is this caller's own: a guest is known by who was let in, never by the name given."""
    if actor.guest is not None:
        return bool(row.guest == actor.guest.id)
    return actor.user_id is not None and row.author_id == actor.user_id


def _keep_words(actor: Actor, comment_id: str, body: str) -> None:
    """Keep what an edit replaces; `ConflictError` after `MOST_EDITS`."""
    if CommentEdit.select().where(CommentEdit.comment == comment_id).count() >= MOST_EDITS:
        raise ConflictError(f"A note is edited {MOST_EDITS} times at most; answer it with a new one.")
    CommentEdit.create(comment=comment_id, user=actor.user_id, body=body)


def _say(mam: Mam, actor: Actor, row: Comment, named: set[str]) -> None:
    """Keep whom the words name, tell them, and whom the note answers."""
    mentions.save(row.id, row.body)
    notifications.notify(mam, actor, row, named)


def _reply(row: Comment, parent_id: str, *, manages: bool) -> None:
    """Hang a reply below a note of the same version that its writer sees; one level deep."""
    here = (Comment.id == parent_id) & (Comment.version == row.version_id) & Comment.deleted_at.is_null()
    parent = Comment.get_or_none(here)
    if parent is None or (parent.internal and not manages):
        raise NotFoundError
    if parent.parent_id is not None:
        raise _invalid("parent_id", "A note, not a reply: threads are one level deep.")
    if row.frame is not None or row.frame_out is not None:
        raise _invalid("frame", "A reply stands where its note stands: leave it out.")
    row.internal = bool(row.internal or parent.internal)


def _check_place(row: Comment, version: Version) -> None:
    if row.frame_out is not None and (row.frame is None or row.frame_out < row.frame):
        raise _invalid("frame_out", "The last frame of a range that begins with frame, not before it.")
    if row.frame is not None and version.media is not None:
        _check_frames(row, places_of(version.media))
    if row.drawing is not None:
        _check_drawn(row, places_of(version.media))


def _check_frames(row: Comment, places: Places | None) -> None:
    """Frames of a film are as many as its encode will have; pages and moments are known beforehand."""
    if places is None:
        raise _invalid("frame", "This version has no frames: leave it out.")
    for name in ("frame", "frame_out"):
        given = getattr(row, name)
        if given is not None and not isinstance(places, Labels) and given >= places.count:
            last = places.of(places.count - 1)
            raise _invalid(name, f"This version ends with {last}: {places.count - 1} at most.")


def _check_drawn(row: Comment, places: Places | None) -> None:
    """A drawing lies on one frame or page; of what has only one picture it lies on that."""
    if isinstance(places, SoundLabels):
        raise _invalid("drawing", "This version has no picture to draw on.")
    if places is not None and row.frame is None and row.parent_id is None:
        raise _invalid("drawing", "A drawing lies on a frame: give its frame, too.")


def _check_internal(row: Comment, *, manages: bool) -> None:
    if row.internal and not manages:
        raise ForbiddenError(f"Internal notes need the right {MANAGE}.")


def _checked_drawing(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if value is None else drawings.check(value)


def _check_room(row: Comment) -> None:
    living = Comment.select().where(Comment.deleted_at.is_null())
    if living.where(Comment.version == row.version_id).count() >= MOST:
        raise ConflictError(f"A version may have {MOST} notes.")
    if row.parent_id and living.where(Comment.parent == row.parent_id).count() >= MOST_REPLIES:
        raise ConflictError(f"A note may have {MOST_REPLIES} replies.")


def _one_at_a_time(asset_id: str) -> None:
    """Of two notes at once the second waits, so that limits hold and the search text has both."""
    Asset.update(status=Asset.status).where(Asset.id == asset_id).execute()


def _done(mam: Mam, actor: Actor, what: str, row: Any, project_id: str | None = None) -> None:
    """In the transaction: what is searched, what is recorded, what is told."""
    project_id = project_id or row.in_project
    assets.refresh_search(row.asset_id)
    audit.record(
        mam, actor, f"comment.{what}", kind="comment", subject_id=row.id, project_id=project_id,
        data={"version_id": row.version_id, "frame": row.frame, "internal": bool(row.internal)},
    )  # fmt: skip
    tell(mam, what, row, project_id)
    if what != "created":  # which may show or hide what people were told of
        notifications.ring(mam, notifications.told_about(row.id))


def tell(mam: Mam, what: str, row: Any, project_id: str) -> None:
    """Tell the version's open pages that a note is another now, never its words."""
    events.publish(
        mam, f"comment.{what}", project_id=project_id, asset_id=row.asset_id, version_id=row.version_id,
        data={"version_id": row.version_id, "comment_id": row.id, "comments": what},
    )  # fmt: skip


def _shape(row: Comment, *, internal: bool) -> Shape:
    return comment_list.shapes([row], internal=internal)[0]


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
