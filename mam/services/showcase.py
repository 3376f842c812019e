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
from mam.models import Asset, Member, Rendition, User, Version, database
from mam.services import access, delivery
from mam.services.shapes import Shape, iso
from mam.types import Actor

STEADY_SECONDS = 900
"""How long a poster keeps one address. Its grant lives `signing.MAX_SECONDS`: 45 minutes are always left."""

STRIP = 4
"""Posters of a project on the home page."""

LOOKED_AT = 24
"""Newest assets of a project that are looked at for posters: not every file has one."""

_AT_ONCE = 200  # SELECTs in one statement; SQLite takes 500

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
    people, active, strips = _people(ids), _active(ids), _strips(mam, actor, ids)
    return {
        one: {
            "active_at": iso(active[one]) if active.get(one) else None,
            "people": people[one][:PEOPLE],
            "people_count": len(people[one]),
            "pictures": strips.get(one, []),
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


def _strips(mam: Mam, actor: Actor, project_ids: list[str]) -> dict[str, list[Shape]]:
    """The newest posters of each project, in two queries: which they are, and all of them at once."""
    found: dict[str, list[Shape]] = defaultdict(list)
    newest = _newest(project_ids)
    if not newest:
        return found
    query = _with_poster(mam, actor).where(Version.id.in_(newest)).order_by(Asset.created_at.desc())
    for row in query:
        strip = found[row.asset.project_id]
        if len(strip) < STRIP:
            strip.append(
                {"url": _address(mam, actor, row), "blurhash": row.blurhash, "media": row.media or {}}
            )
    return found


def _newest(project_ids: list[str]) -> list[str]:
    """Current versions of each project's newest assets: one statement, a look into the index a project."""
    one = (
        "SELECT id FROM (SELECT current_version_id AS id FROM asset "
        "WHERE project_id = ? AND deleted_at IS NULL AND current_version_id IS NOT NULL "
        "ORDER BY created_at DESC LIMIT ?) AS newest"
    )
    found: list[str] = []
    for at in range(0, len(project_ids), _AT_ONCE):
        some = project_ids[at : at + _AT_ONCE]
        sql = " UNION ALL ".join([one] * len(some)).replace("?", database.param)
        values = [value for project_id in some for value in (project_id, LOOKED_AT)]
        found += [row[0] for row in database.execute_sql(sql, tuple(values)).fetchall()]
    return found


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
