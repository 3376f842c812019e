"""What the home and project pages show beside the contract's shapes: posters, people, last activity.

A page of fifty assets costs one query and fifty HMACs. Poster addresses stay the same for some minutes, so
that a browser keeps the pictures it has. Reads only.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from peewee import fn

from mam import signing
from mam.core import Mam
from mam.models import Asset, Member, Rendition, User, Version
from mam.services import access, delivery
from mam.services.shapes import Shape, iso
from mam.types import Actor

STEADY_SECONDS = 900
"""How long a poster keeps one address. Its grant lives `signing.MAX_SECONDS`: 45 minutes are always left."""

STRIP = 4
"""Posters of a project on the home page."""

PEOPLE = 5
"""Members of a project named on the home page."""


def posters(mam: Mam, actor: Actor, version_ids: Iterable[str]) -> dict[str, str]:
    """Signed addresses of the posters of those versions that have one and that `actor` may see."""
    wanted = list(version_ids)
    if not wanted:
        return {}
    query = _with_poster(mam, actor).where(Version.id.in_(wanted))
    return {row.id: _address(mam, actor, row) for row in query}


def projects(mam: Mam, actor: Actor, project_ids: Iterable[str]) -> dict[str, Shape]:
    """`{active_at, people, people_count, pictures: [{url, blurhash, media}]}` of visible projects."""
    ids = list(project_ids)
    people, active = _people(ids), _active(ids)
    return {
        one: {
            "active_at": iso(active[one]) if active.get(one) else None,
            "people": people[one][:PEOPLE],
            "people_count": len(people[one]),
            "pictures": _strip(mam, actor, one),
        }
        for one in ids
    }


def _with_poster(mam: Mam, actor: Actor) -> Any:
    """Versions with a poster in the generation they show, in projects that `actor` sees."""
    drawn = (Rendition.version == Version.id) & (Rendition.generation == Version.preview_generation)
    query = Version.select(Version, Asset).join(Asset).switch(Version)
    query = query.join(Rendition, on=drawn).where(Rendition.kind == "poster")
    visible = access.visible_projects(mam, actor)
    return query if visible is None else query.where(Asset.project.in_(visible))


def _address(mam: Mam, actor: Actor, version: Version) -> str:
    """A poster's address; a new one after the asset changed, for the old may have been revoked then."""
    now = time.time()
    steady = now - now % STEADY_SECONDS
    changed = version.asset.updated_at.timestamp() + 1
    issued = min(now, max(steady, changed))
    grant = signing.make_grant(
        mam.keys,
        version_id=version.id,
        expires_in=signing.MAX_SECONDS,
        tags=delivery.tags_of(actor, version.asset),
        now=issued,
    )
    return f"/s/{grant}/{version.id}/{version.preview_generation}/poster.jpg"


def _strip(mam: Mam, actor: Actor, project_id: str) -> list[Shape]:
    query = _with_poster(mam, actor).where(Asset.project == project_id, Asset.deleted_at.is_null())
    current = query.where(Asset.current_version_id == Version.id).order_by(Asset.created_at.desc())
    return [
        {"url": _address(mam, actor, row), "blurhash": row.blurhash, "media": row.media or {}}
        for row in current.limit(STRIP)
    ]


def _people(project_ids: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    query = Member.select(Member.project, User.display_name).join(User).where(Member.project.in_(project_ids))
    rows: Any = query.order_by(Member.created_at, User.display_name).tuples()
    for project_id, name in rows:
        found[project_id].append(name)
    return found


def _active(project_ids: list[str]) -> dict[str, Any]:
    inside = Asset.project.in_(project_ids) & Asset.deleted_at.is_null()
    latest = fn.MAX(Asset.updated_at).coerce(True)
    query: Any = Asset.select(Asset.project, latest.converter(Asset.updated_at.python_value)).where(inside)
    return dict(query.group_by(Asset.project).tuples())
