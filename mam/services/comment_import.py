"""Notes out of a list of markers (table, EDL, Avid): shown first, then written, all or none of them.

What is there already is not written again. Whoever imports is the author; another name in the list stays as
text, for nobody writes in somebody else's name. Writes `comment`, `imported_note`, the asset's search text,
an audit entry; `import_undo` takes an import back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mam.core import Mam
from mam.errors import ConflictError, FieldError, ValidationError
from mam.ids import new_id
from mam.media.labels import Labels, places_of
from mam.media.marks import reading
from mam.media.marks.film import Film, MarkError
from mam.media.marks.spots import LONGEST, Found, Spot, Trouble
from mam.models import Asset, Comment, User, Version, database, now
from mam.services import access, assets, audit, comment_list, comments, events, import_undo
from mam.services.shapes import Shape
from mam.types import Actor

_WRITE = "comment.write"
_SHOWN = 500  # notes, and lines without one, that an answer names; the counts have all
_CHUNK = 500
_Key = tuple[int | None, int | None, str]


@dataclass(frozen=True)
class _New:
    """A spot as the note that it becomes; `standing` is new, there or repeated."""

    spot: Spot
    body: str
    standing: str


def read_notes(
    mam: Mam,
    actor: Actor,
    version_id: str,
    data: bytes,
    *,
    form: str = "auto",
    start: str | None = None,
    dry_run: bool = False,
) -> Shape:
    """Make notes of the markers in `data` (csv, edl, avid or auto); with `dry_run` only say which.

    `start` is the first frame's time code in the list, where that is not the version's own. Lines that are
    no notes are named and left out. Raises `ValidationError` for a file that is no list, `ConflictError`
    where a version would have too many notes, `NotFoundError`, `ForbiddenError`.
    """
    version, asset = access.require_version(mam, actor, _WRITE, version_id)
    thing = access.actor_thing(actor, "version", version.id, asset.project_id)
    manages = access.allowed(mam, actor, comment_list.MANAGE, thing)
    film = _film(version, start)
    found = _allowed(reading.read(data, form, film), manages=manages)
    if dry_run:
        return _shape(film, found, _plan(actor, version, found, internal=manages), imported=0)
    import_id = None
    with database.atomic():
        # The lock of whoever writes a note: of two imports at once the second finds the first one's notes
        Asset.update(status=Asset.status).where(Asset.id == asset.id).execute()
        plan = _plan(actor, version, found, internal=manages)
        wanted = [one for one in plan if one.standing == "new"]
        if wanted:
            import_id = _write(mam, actor, asset, version, wanted)
    return _shape(film, found, plan, imported=len(wanted), import_id=import_id)


def _film(version: Version, start: str | None) -> Film:
    places, media = places_of(version.media), version.media or {}
    if not isinstance(places, Labels):
        film = Film(None, places.count if places else None, 0, places)
    else:
        seconds = media.get("duration")
        film = Film(places, max(1, round(seconds * places.rate)) if seconds else None, places.start, places)
    if not start:
        return film
    try:
        return replace(film, first=film.parsed(start))
    except MarkError as error:
        raise ValidationError(f"start: {error}", (FieldError("start", str(error)),)) from error


def _allowed(found: Found, *, manages: bool) -> Found:
    """Without the internal notes of somebody who may not write any: they must not become public."""
    if manages:
        return found
    kept = Found(found.dialect, [one for one in found.spots if not one.internal], list(found.troubles))
    message = f"It is internal; internal notes need the right {comment_list.MANAGE}."
    kept.troubles += [Trouble(one.line, message) for one in found.spots if one.internal]
    kept.troubles.sort(key=lambda one: one.line)
    return kept


def _plan(actor: Actor, version: Version, found: Found, *, internal: bool) -> list[_New]:
    """What each spot is to become. The same place and words once more are `there`, or `repeated`."""
    by = User.get_or_none(User.id == actor.user_id)
    mine = _said(by.display_name) if by else ""
    there, met, plan = _there(version, internal=internal), set[_Key](), []
    for spot in found.spots:
        body = _body(spot, mine)
        keys = {_key(spot.frame, spot.last, words) for words in _spellings(spot, body)}
        standing = "there" if keys & there else "repeated" if keys & met else "new"
        met |= keys
        plan.append(_New(spot, body, standing))
    return plan


def _spellings(spot: Spot, body: str) -> tuple[str, ...]:
    """What a note that is the same says: somebody else's same words are another note."""
    signed = _signed(spot.author, spot.text)
    return (signed,) if body == spot.text and spot.author else (signed, body)


def _there(version: Version, *, internal: bool) -> set[_Key]:
    """Places and words of the version's notes, also as our own lists spell them: with the author before."""
    query = comment_list.threads(version.asset_id, version.id, state="all", internal=internal)
    columns = (Comment.frame, Comment.frame_out, Comment.body, Comment.author, Comment.guest_name)
    rows = list(query.select(*columns))  # without drawings, which may be large
    ids = sorted({row.author_id for row in rows if row.author_id})
    names = {
        user.id: user.display_name for user in User.select(User.id, User.display_name).where(User.id.in_(ids))
    }
    found = set()
    for row in rows:
        author = row.guest_name or names.get(row.author_id) or ""
        for words in (row.body, _signed(author, row.body)):
            found.add(_key(row.frame, row.frame_out, words))
    return found


def _key(frame: int | None, last: int | None, words: str) -> _Key:
    """Where and what, as one line: lists for editing systems know no other."""
    return frame, None if last == frame else last, _said(words)


def _signed(author: str, words: str) -> str:
    return f"{author}: {words}" if author else words


def _body(spot: Spot, mine: str) -> str:
    """The words, with whom they are from, unless that is whoever imports, or is said already."""
    if not spot.author or _said(spot.author) == mine or spot.text.startswith("From "):
        return spot.text
    return f"From {spot.author}: {spot.text}"[:LONGEST]


def _said(text: str) -> str:
    return " ".join(text.split())


def _write(mam: Mam, actor: Actor, asset: Any, version: Version, wanted: list[_New]) -> str:
    """In the transaction: the notes, what is searched, recorded, told; answers the id to undo it by."""
    import_id, rows = new_id(), list(_rows(actor, version, wanted))
    living = Comment.select().where((Comment.version == version.id) & Comment.deleted_at.is_null())
    if living.count() + len(rows) > comments.MOST:
        raise ConflictError(f"A version may have {comments.MOST} notes; these would be more.")
    for start in range(0, len(rows), _CHUNK):
        Comment.insert_many(rows[start : start + _CHUNK]).execute()
    import_undo.remember(import_id, [row["id"] for row in rows])
    assets.refresh_search(asset.id)
    audit.record(
        mam, actor, "comment.imported", kind="version", subject_id=version.id, project_id=asset.project_id,
        data={"notes": len(wanted), "internal": sum(one.spot.internal for one in wanted)},
    )  # fmt: skip
    events.publish(
        mam, "comment.imported", project_id=asset.project_id, asset_id=asset.id, version_id=version.id,
        data={"version_id": version.id, "comments": "imported"},
    )  # fmt: skip
    return import_id


def _rows(actor: Actor, version: Version, wanted: Iterable[_New]) -> Iterable[dict[str, Any]]:
    """A row for each note, and one below it for what was answered."""
    at, notes = now(), list(wanted)
    ids = sorted(new_id() for _ in notes)  # notes on one frame stay in the list's order
    for one, note_id in zip(notes, ids, strict=True):
        spot = one.spot
        yield _row(actor, version, at, id=note_id, body=one.body, frame=spot.frame, frame_out=spot.last,
                   internal=spot.internal, resolved_at=at if spot.done else None,
                   resolved_by=actor.user_id if spot.done else None)  # fmt: skip
        if spot.replies:
            yield _row(
                actor, version, at, id=new_id(), body=spot.replies, parent=note_id, internal=spot.internal
            )


def _row(actor: Actor, version: Version, at: datetime, **more: Any) -> dict[str, Any]:
    empty = {"parent": None, "frame": None, "frame_out": None, "resolved_at": None, "resolved_by": None}
    return {
        "asset": version.asset_id, "version": version.id, "author": actor.user_id, "created_at": at,
        "updated_at": at, **empty, **more,
    }  # fmt: skip


def _shape(
    film: Film, found: Found, plan: list[_New], *, imported: int, import_id: str | None = None
) -> Shape:
    counts = {name: sum(one.standing == name for one in plan) for name in ("new", "there", "repeated")}
    return {
        "dialect": found.dialect,
        "first_timecode": film.label(0) if film.labels else None,
        **counts,
        "unreadable": len(found.troubles),
        "imported": imported,
        "import_id": import_id,
        "notes": [_note(film, one) for one in plan[:_SHOWN]],
        "problems": [{"line": one.line, "message": one.message} for one in found.troubles[:_SHOWN]],
    }


def _note(film: Film, one: _New) -> Shape:
    spot = one.spot
    return {
        "line": spot.line,
        "frame": spot.frame,
        "frame_out": spot.last,
        "timecode": None if spot.frame is None else film.label(spot.frame),
        "timecode_out": None if spot.last is None else film.label(spot.last),
        "author": spot.author,
        "body": one.body,
        "internal": spot.internal,
        "resolved": spot.done,
        "standing": one.standing,
    }
