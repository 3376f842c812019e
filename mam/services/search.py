"""Search across projects: ranked, with what was found marked in it; and what to suggest while somebody types.

Titles come before names, tags and metadata, those before notes and the words of files; within a rank the
newest first. Only what the actor sees, of notes only what everybody may read (promise G6). Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mam import search_words
from mam.core import Mam
from mam.models import Asset, AssetSearch, Comment, Project, Version
from mam.search_words import Term, first_hit, marked
from mam.services import access, asset_filter, mentions, pages, search_index, search_sql
from mam.services.asset_filter import Filter
from mam.services.search_sql import LAST, RANKS, Wanted
from mam.services.shapes import Shape, iso
from mam.types import Actor

SORT = "rank"
WIDTH = 160
"""Characters of a snippet."""

MOST_SNIPPETS = 4
"""Places of one asset that are shown."""

_MOST_PLACES = 50  # projects that are asked for by name; whoever belongs to more is looked after row by row
_LITTLE = 5000  # assets; whoever sees more than these finds fast without looking at where
_MOST_NOTES = 2000  # of a page of hits


def search(
    mam: Mam, actor: Actor, *, q: str, cursor: str | None = None, limit: int = 20, **filters: Any
) -> Shape:
    """A page of the assets that have every word of `q` and fit the filters, the best first, with snippets.

    Anything may be typed: what is no word is nothing, and nothing finds nothing. Raises as `asset_filter`.
    """
    wanted = Filter(q=q, **filters)
    terms = search_words.query(q)
    where = asset_filter.without_words(mam, actor, wanted)
    rank, before = _position(cursor)
    engine = search_sql.engine()
    places = _places(mam, actor, wanted.project_id)
    asked = Wanted(terms, places, common=bool(terms) and engine.common(terms))
    found = engine.ranked(asked, rank, where, before, limit + 1) if terms and rank < RANKS else []
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    following = pages.make_cursor(SORT, last[0], last[1]) if last else None
    return {"items": _hits([one[2] for one in shown], terms), "next_cursor": following}


def titles(
    mam: Mam, actor: Actor, terms: tuple[Term, ...], *, project_id: str | None, limit: int
) -> list[Shape]:
    """The newest assets with all terms in their title: `{asset_id, title, html, project_name}`."""
    where = asset_filter.without_words(mam, actor, Filter(project_id=project_id))
    engine = search_sql.engine()
    asked = Wanted(terms, _places(mam, actor, project_id), common=engine.common(terms))
    ids = [one[1] for one in engine.hits(asked, 0, where, LAST, limit)]
    rows = {one.id: one for one in Asset.select(Asset, Project).join(Project).where(Asset.id.in_(ids))}
    return [
        {"asset_id": one, "title": rows[one].title, "html": marked(rows[one].title, terms) or "",
         "project_name": rows[one].project.name}
        for one in ids
    ]  # fmt: skip


def _position(cursor: str | None) -> tuple[int, int]:
    """Rank and search id of the last hit shown."""
    if cursor is None:
        return 0, LAST
    rank, before = pages.position(cursor, SORT, number=True)
    if not isinstance(before, int) or not 0 <= rank < RANKS or abs(before) > LAST:
        return RANKS, 0
    return rank, before


def _places(mam: Mam, actor: Actor, project_id: str | None) -> tuple[str, ...]:
    """The actor's projects as words of the index, where little lies in them: then it looks nowhere else."""
    visible = access.visible_projects(mam, actor)
    if project_id is not None:
        own = [project_id]
    elif visible is None:
        return ()
    else:
        own = [row[0] for row in visible.limit(_MOST_PLACES + 1).tuples()]
    if (
        len(own) > _MOST_PLACES
        or Asset.select(Asset.id).where(Asset.project.in_(own)).limit(_LITTLE).count() == _LITTLE
    ):
        return ()
    return tuple(search_index.place(one) for one in own)


def _hits(asset_ids: list[str], terms: Sequence[Term]) -> list[Shape]:
    """The assets in their order with what was found in each, in six queries whatever their number."""
    if not asset_ids:
        return []
    assets = {
        one.id: one for one in Asset.select(Asset, Project).join(Project).where(Asset.id.in_(asset_ids))
    }
    names = _grouped(
        Version.select()
        .where(Version.asset.in_(asset_ids) & Version.removed_at.is_null())
        .order_by(Version.number.desc())
    )
    notes = _grouped(_read(_open_notes(asset_ids)))
    texts = {
        row.asset_id: row.text
        for row in AssetSearch.select(AssetSearch.asset, AssetSearch.text).where(
            AssetSearch.asset.in_(asset_ids)
        )
    }
    heard = search_index.words_of_plugins(asset_ids)
    return [
        _hit(
            assets[one],
            terms,
            names.get(one, []),
            notes.get(one, []),
            [texts.get(one, ""), *heard.get(one, ())],
        )
        for one in asset_ids
    ]


def _open_notes(asset_ids: list[str]) -> Any:
    open_to_all = Comment.asset.in_(asset_ids) & Comment.deleted_at.is_null() & ~Comment.internal
    return Comment.select().where(open_to_all).order_by(Comment.id.desc()).limit(_MOST_NOTES)


def _read(notes: Iterable[Comment]) -> list[Comment]:
    """Notes with the names of the people whom they name, as they are read."""
    rows = list(notes)
    names = mentions.names_of([row.body for row in rows])
    for row in rows:
        row.body = mentions.plain(row.body, names)
    return rows


def _grouped(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.asset_id, []).append(row)
    return found


def _hit(
    asset: Asset, terms: Sequence[Term], versions: list[Any], notes: list[Any], texts: Sequence[str]
) -> Shape:
    snippets = [
        *_snippets(
            "filename",
            ((one.filename, {"version_id": one.id, "version_number": one.number}) for one in versions),
            terms,
        ),
        *_snippets("tag", ((tag, {}) for tag in asset.tags), terms),
        *_snippets("metadata", ((line, {}) for line in _lines(asset.metadata)), terms),
        *_snippets("note", ((one.body, _place(one, versions)) for one in notes), terms),
        *_snippets("text", (one for text in texts for one in _texts(text, terms)), terms),
    ]
    current = next((one for one in versions if one.id == asset.current_version_id), None)
    media = (current.media if current else None) or {}
    return {
        "asset_id": asset.id,
        "project_id": asset.project_id,
        "project_name": asset.project.name,
        "folder_id": asset.folder_id,
        "title": asset.title,
        "title_html": marked(asset.title, terms) or search_words.escape(asset.title),
        "kind": asset.kind,
        "status": asset.status,
        "version_id": asset.current_version_id,
        "blurhash": current.blurhash if current else None,
        "width": media.get("width"),
        "height": media.get("height"),
        "duration": media.get("duration"),
        "created_at": iso(asset.created_at),
        "snippets": snippets[:MOST_SNIPPETS],
    }


def _snippets(
    field: str, texts: Iterable[tuple[str, Mapping[str, Any]]], terms: Sequence[Term]
) -> Iterable[Shape]:
    empty = {"version_id": None, "version_number": None, "comment_id": None, "frame": None, "page": None}
    for text, place in texts:
        html = marked(text, terms, WIDTH)
        if html is not None:
            yield {"field": field, "html": html, **empty, **place}


def _place(note: Comment, versions: list[Any]) -> Shape:
    number = next((one.number for one in versions if one.id == note.version_id), None)
    return {
        "version_id": note.version_id,
        "version_number": number,
        "comment_id": note.id,
        "frame": note.frame,
    }


def _texts(text: str, terms: Sequence[Term]) -> Iterable[tuple[str, Shape]]:
    """The first page of a file's words with a hit; pages end with a form feed where the reader knew them."""
    if not text:
        return
    bodies = text.split("\f")
    for number, body in enumerate(bodies, 1):
        if first_hit(body, terms) is not None:
            yield " ".join(body.split()), {"page": number if len(bodies) > 1 else None}
            return


def _lines(metadata: Mapping[str, Any]) -> Iterable[str]:
    return (f"{key}: {', '.join(search_index.texts(value))}" for key, value in metadata.items())
