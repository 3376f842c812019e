"""Open notes of one version onto another of the same asset: each once, and told where it came from.

A copy keeps author, words, drawing, files, mentions and the day it was written; its place is the same frame,
at another rate the same moment. What lies beyond the end becomes a note on the whole that tells its old
timecode; nothing is lost. Writes `comment`, what hangs on it, `carried_note`, one audit entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mam.core import Mam
from mam.errors import ConflictError, FieldError, NotFoundError, ValidationError
from mam.media.labels import places_of
from mam.media.retime import extent_of, mapped_range
from mam.models import Asset, CarriedNote, Comment, CommentMention, Version, database, now
from mam.services import access, assets, attachments, audit, carried, comment_list, events
from mam.services.comments import MOST
from mam.services.mentions import MANAGE, ids_in
from mam.services.shapes import Shape
from mam.types import Actor

_EARLIER = 20  # versions that are looked at for open notes


def carry(
    mam: Mam,
    actor: Actor,
    version_id: str,
    *,
    from_version_id: str,
    comment_ids: Sequence[str] | None = None,
    replies: bool = False,
) -> Shape:
    """Copy open notes of another version of the same asset onto this one; all, or those named.

    Answers `{carried, skipped: [{comment_id, reason}], unplaced}`: the copies; what was carried before or is
    resolved; how many stand on the whole because their frame is beyond the end. Raises `NotFoundError` for a
    version of another asset and for a note that is not on the other one, `ValidationError`, `ConflictError`.
    """
    version, asset = access.require_version(mam, actor, "comment.write", version_id)
    before = _other(version, from_version_id)
    manages = _manages(mam, actor, asset)
    with database.atomic():
        Asset.update(status=Asset.status).where(Asset.id == asset.id).execute()  # one at a time
        wanted = _wanted(asset.id, before.id, comment_ids, manages=manages)
        taken, skipped = _sorted_out(version.id, wanted)
        _check_room(version.id, taken, replies=replies)
        move = _Move(actor, before, version, replies=replies)
        copies = [move.copy(note, root) for note, root in taken]
        if copies:
            _done(mam, actor, asset, move, len(copies))
    return {
        "carried": comment_list.shapes(copies, internal=manages),
        "skipped": skipped,
        "unplaced": move.unplaced,
    }


def offer(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """The nearest earlier version with open notes that are not on this one: from_version_id, number, open.

    `from_version_id` and `number` are None where there is none. Raises `NotFoundError`.
    """
    version, asset = access.require_version(mam, actor, "comment.read", version_id)
    manages = _manages(mam, actor, asset)
    here = carried.roots_on(version.id, ())
    earlier = (Version.asset == asset.id) & (Version.number < version.number) & Version.removed_at.is_null()
    query = Version.select(Version.id, Version.number).where(earlier).order_by(Version.number.desc())
    for row in query.limit(_EARLIER):
        notes = _open_notes(asset.id, row.id, manages=manages)
        left = sum(root not in here for root in carried.roots(notes).values())
        if left:
            return {"from_version_id": row.id, "number": row.number, "open": left}
    return {"from_version_id": None, "number": None, "open": 0}


def _other(version: Version, from_version_id: str) -> Version:
    before = comment_list.check_version(from_version_id, version.asset_id)
    if before.id == version.id:
        raise _invalid("from_version_id", "Another version than the one that the notes are carried to.")
    return before


def _manages(mam: Mam, actor: Actor, asset: Asset) -> bool:
    thing = access.actor_thing(actor, "asset", asset.id, asset.project_id)
    return access.allowed(mam, actor, MANAGE, thing)


def _wanted(
    asset_id: str, version_id: str, comment_ids: Sequence[str] | None, *, manages: bool
) -> list[Comment]:
    """The notes that are to be carried, by frame; `NotFoundError` for one that is not there to be seen."""
    if comment_ids is None:
        return _open_notes(asset_id, version_id, manages=manages)
    query = comment_list.threads(asset_id, version_id, state="all", internal=manages)
    found = {row.id: row for row in query.where(Comment.id.in_(list(comment_ids)))}
    if set(comment_ids) - set(found):
        raise NotFoundError
    return [found[one] for one in dict.fromkeys(comment_ids)]


def _open_notes(asset_id: str, version_id: str, *, manages: bool) -> list[Comment]:
    query = comment_list.threads(asset_id, version_id, state="open", internal=manages)
    return list(query.order_by(Comment.frame, Comment.id))


def _sorted_out(version_id: str, notes: list[Comment]) -> tuple[list[tuple[Comment, str]], list[Shape]]:
    """The notes to be copied with their roots, and those that are not, with the reason."""
    known = carried.roots(notes)
    here = carried.roots_on(version_id, known.values())
    taken, skipped = [], []
    for note in notes:
        root = known[note.id]
        if note.resolved_at is not None:
            skipped.append({"comment_id": note.id, "reason": "resolved"})
        elif root in here:
            skipped.append({"comment_id": note.id, "reason": "already_there"})
        else:
            here.add(root)
            taken.append((note, root))
    return taken, skipped


def _check_room(version_id: str, taken: list[tuple[Comment, str]], *, replies: bool) -> None:
    living = Comment.select().where(Comment.deleted_at.is_null())
    more = len(taken)
    if replies:
        more += living.where(Comment.parent.in_([note.id for note, _ in taken])).count()
    if living.where(Comment.version == version_id).count() + more > MOST:
        raise ConflictError(f"A version may have {MOST} notes; carry fewer of them.")


@dataclass
class _Move:
    """Notes on their way from one version to another; `unplaced` counts those without a place there."""

    actor: Actor
    before: Version
    version: Version
    replies: bool
    unplaced: int = 0

    def copy(self, note: Comment, root: str) -> Comment:
        """The note on the other version, with its replies where those are wanted."""
        before = carried.gone_from(self.version.id, root)
        if before is not None:
            return _brought_back(before)
        frame, frame_out, lost = _placed(note, self.before, self.version)
        copy = self._again(note, frame=frame, frame_out=frame_out)
        if lost:
            self.unplaced += 1
            copy.drawing = None  # a drawing belongs to a picture that this version does not have
        copy.save(force_insert=True)
        _mention(copy)
        attachments.share(note, copy)
        self._remember(copy, note, root)
        if self.replies:
            self._answer(copy, note)
        return copy

    def _remember(self, copy: Comment, note: Comment, root: str) -> None:
        before, places = self.before, places_of(self.before.media)
        CarriedNote.create(
            comment=copy.id, version=self.version.id, root=root, from_version=before.id,
            from_number=before.number, frame=note.frame, frame_out=note.frame_out,
            timecode=_label(places, note.frame), timecode_out=_label(places, note.frame_out),
            carried_by=self.actor.user_id,
        )  # fmt: skip

    def _answer(self, copy: Comment, note: Comment) -> None:
        below = (Comment.parent == note.id) & Comment.deleted_at.is_null()
        for reply in Comment.select().where(below).order_by(Comment.created_at, Comment.id):
            answer = self._again(reply, parent=copy.id)
            answer.save(force_insert=True)
            _mention(answer)
            attachments.share(reply, answer)

    def _again(self, note: Comment, **more: Any) -> Comment:
        """The same words by the same person on the same day."""
        return Comment(
            asset=self.version.asset_id, version=self.version.id, author=note.author_id, body=note.body,
            guest_name=note.guest_name, share=note.share, guest=note.guest, drawing=note.drawing,
            internal=note.internal, created_at=note.created_at, updated_at=now(), edited_at=note.edited_at,
            **more,
        )  # fmt: skip


def _brought_back(copy: Comment) -> Comment:
    """A copy that was deleted, as it was then."""
    copy.deleted_at, copy.updated_at = None, now()
    copy.save(only=["deleted_at", "updated_at"])
    return copy


def _mention(note: Comment) -> None:
    """The people named in it stay named; nobody is told again."""
    for user_id in ids_in(note.body):
        CommentMention.get_or_create(comment=note.id, user=user_id)


def _placed(note: Comment, before: Version, version: Version) -> tuple[int | None, int | None, bool]:
    """First and last frame on the other version, and whether it has no such place."""
    if note.frame is None:
        return None, None, False
    if version.media is None:  # not examined yet: the number counts until it is known better
        return note.frame, note.frame_out, False
    first, second = extent_of(before.media), extent_of(version.media)
    if first is None or second is None:
        return None, None, True
    frame, frame_out = mapped_range(note.frame, note.frame_out, first, second)
    return frame, frame_out, frame is None


def _label(places: Any, frame: int | None) -> str | None:
    return None if places is None or frame is None else places.of(frame)


def _done(mam: Mam, actor: Actor, asset: Asset, move: _Move, count: int) -> None:
    assets.refresh_search(asset.id)
    before, version = move.before, move.version
    audit.record(
        mam, actor, "comment.carried", kind="version", subject_id=version.id, project_id=asset.project_id,
        data={"from_version_id": before.id, "from": before.number, "to": version.number, "notes": count},
    )  # fmt: skip
    events.publish(
        mam, "comment.carried", project_id=asset.project_id, asset_id=asset.id, version_id=version.id,
        data={"version_id": version.id, "comments": "carried"},
    )  # fmt: skip


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
