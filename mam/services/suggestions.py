"""What somebody who types may mean: titles, tags and people, of what they may see. Reads only."""

from __future__ import annotations

from typing import Any

from mam import search_words
from mam.core import Mam
from mam.models import Asset, AssetTag, Member, User
from mam.search_words import Term
from mam.services import access, search
from mam.services.shapes import Shape
from mam.types import Actor

MOST = 5
"""Suggestions of a kind."""

_MOST_PEOPLE = 1000


def suggest(mam: Mam, actor: Actor, *, q: str, project_id: str | None = None) -> Shape:
    """`{titles, tags, people}` for what was typed, a few of each; `NotFoundError` for a foreign project."""
    if project_id is not None:
        access.require_project(mam, actor, "asset.read", project_id)
    terms = search_words.query(q)
    if not terms:
        return {"titles": [], "tags": [], "people": []}
    return {
        "titles": search.titles(mam, actor, terms, project_id=project_id, limit=MOST),
        "tags": _tags(mam, actor, terms, project_id),
        "people": _people(mam, actor, terms, project_id),
    }


def _tags(mam: Mam, actor: Actor, terms: tuple[Term, ...], project_id: str | None) -> list[Shape]:
    """Tags that begin with what was typed; those of assets in the trash are left out."""
    begins = " ".join(word for term in terms for word in term.words)
    query = AssetTag.select(AssetTag.name).join(Asset).where(Asset.deleted_at.is_null())
    query = query.where((AssetTag.folded >= begins) & (AssetTag.folded < begins + "\U0010ffff"))
    rows = query.where(_within(mam, actor, AssetTag.project, project_id)).distinct().limit(MOST)
    return [{"name": row.name, "html": _html(row.name, terms)} for row in rows]


def _people(mam: Mam, actor: Actor, terms: tuple[Term, ...], project_id: str | None) -> list[Shape]:
    """Members of the projects in reach."""
    mine = Member.select(Member.user).where(_within(mam, actor, Member.project, project_id)).distinct()
    people = User.select().where(User.id.in_(mine)).order_by(User.display_name).limit(_MOST_PEOPLE)
    found = ((one, search_words.marked(one.display_name, terms)) for one in people)
    shapes = [
        {"user_id": one.id, "display_name": one.display_name, "html": html} for one, html in found if html
    ]
    return shapes[:MOST]


def _within(mam: Mam, actor: Actor, column: Any, project_id: str | None) -> Any:
    if project_id is not None:
        return column == project_id
    visible = access.visible_projects(mam, actor)
    return column.is_null(False) if visible is None else column.in_(visible)


def _html(text: str, terms: tuple[Term, ...]) -> str:
    return search_words.marked(text, terms) or search_words.escape(text)
