"""Home: the projects that somebody sees, latest activity first, with what is open in each.

A page costs the same number of queries whatever it holds: a look into an index a project, not a scan of its
assets, wherever that is possible. Reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mam.core import Mam
from mam.models import database, now
from mam.models.base import UTCField
from mam.services import access, pages, reading, showcase
from mam.services.comment_list import MANAGE
from mam.services.shapes import Shape, iso
from mam.types import Actor, Thing

MOST_FOUND = 500
"""Projects that a search finds at most."""

_SORT = "-active"
_COLUMNS = ("id", "name", "description", "role", "active")
_MADE = "member.role IN (SELECT project_role.key FROM project_role)"
_PROJECTS = """FROM (
    SELECT id, name, description, role,
        CASE WHEN latest > updated_at THEN latest ELSE updated_at END AS active
    FROM (
        SELECT project.id, project.name, project.description, project.updated_at, member.role AS role,
            (SELECT MAX(asset.updated_at) FROM asset
             WHERE asset.project_id = project.id AND asset.deleted_at IS NULL) AS latest
        FROM project LEFT JOIN member ON member.project_id = project.id AND member.user_id = ?
        WHERE project.deleted_at IS NULL{more}
    ) AS found
) AS shown{beyond} ORDER BY active DESC, id DESC LIMIT ?"""


def overview(mam: Mam, actor: Actor, *, q: str = "", cursor: str | None = None, limit: int = 40) -> Shape:
    """A page of the projects that `actor` sees and whose names hold the words of `q`.

    Items are `{id, name, description, role, active_at, assets, size, notes, reviews, overdue, people,
    people_count, pictures}`; open notes only as far as `actor` may see them.
    """
    rows = _rows(mam, actor, q, cursor, limit)
    shown = rows[:limit]
    ids = [row[0] for row in shown]
    more = showcase.projects(mam, actor, ids)
    assets, notes, reviews = _assets(ids), _notes(ids), _reviews(ids)
    last = shown[-1] if len(rows) > limit else None
    following = pages.make_cursor(_SORT, last[4], last[0]) if last else None

    def shape(row: Sequence[Any]) -> Shape:
        project_id, name, description, role, active = row
        count, size = assets.get(project_id, (0, 0))
        seen, internal = notes.get(project_id, (0, 0))
        asked, late = reviews.get(project_id, (0, 0))
        manages = access.allowed(mam, actor, MANAGE, Thing("project", project_id, project_id, role))
        return {
            "id": project_id, "name": name, "description": description, "role": role,
            "active_at": iso(active), "assets": count, "size": int(size or 0),
            "notes": seen + (internal if manages else 0), "reviews": asked, "overdue": late,
            **{key: more[project_id][key] for key in ("people", "people_count", "pictures")},
        }  # fmt: skip

    return pages.listed(shown, shape, following)


def _rows(mam: Mam, actor: Actor, q: str, cursor: str | None, limit: int) -> list[Any]:
    """One more project than the page holds, so that it is known whether there is a next."""
    more, beyond = "", ""
    values: list[Any] = [actor.user_id or ""]
    if (home := access.leads(actor)) is not None:
        more += " AND project.organisation_id = ?"
        values.append(home)
    elif not access.allowed(mam, actor, "box.admin"):
        known = reading.one_of("member.role", access.ROLES)
        more += f" AND ({known} OR {_MADE})"
        values += access.ROLES
    if q.strip():
        named = _named(more, values, q)
        more += f" AND {reading.one_of('project.id', named or [''])}"
        values += named or [""]
    if cursor is not None:
        beyond = " WHERE (active, id) < (?, ?)"
        values += pages.position(cursor, _SORT, number=True)
    return reading.fetch(_COLUMNS, _PROJECTS.format(more=more, beyond=beyond), [*values, limit + 1])


def _named(more: str, values: Sequence[Any], q: str) -> list[str]:
    """The projects in reach whose names hold every word; compared here, where Ä is the capital of ä."""
    rest = "FROM project LEFT JOIN member ON member.project_id = project.id AND member.user_id = ? "
    rows = reading.fetch(("id", "name"), f"{rest}WHERE project.deleted_at IS NULL{more}", values)
    words = q.casefold().split()
    return [one for one, name in rows if all(word in name.casefold() for word in words)][:MOST_FOUND]


def _assets(ids: Sequence[str]) -> dict[str, Any]:
    """How many assets, and bytes of masters, by project."""
    return _grouped(
        ids,
        "COUNT(DISTINCT asset.id)",
        "SUM(version.size)",
        "FROM asset LEFT JOIN version ON version.asset_id = asset.id WHERE {inside}",
    )


def _notes(ids: Sequence[str]) -> dict[str, Any]:
    """How many open notes that everybody sees, and how many internal ones, by project."""
    return _grouped(
        ids,
        "SUM(CASE WHEN comment.internal THEN 0 ELSE 1 END)",
        "SUM(CASE WHEN comment.internal THEN 1 ELSE 0 END)",
        "FROM comment JOIN asset ON asset.id = comment.asset_id WHERE comment.parent_id IS NULL "
        "AND comment.resolved_at IS NULL AND comment.deleted_at IS NULL AND {inside}",
    )


def _reviews(ids: Sequence[str]) -> dict[str, Any]:
    """How many assets are in review, and how many of them overdue, by project."""
    late = int(UTCField().db_value(now()))
    return _grouped(
        ids,
        "COUNT(*)",
        f"SUM(CASE WHEN version.review_due_at < {late} THEN 1 ELSE 0 END)",
        "FROM version JOIN asset ON asset.id = version.asset_id AND asset.current_version_id = version.id "
        "WHERE version.review_status = 'in_review' AND {inside}",
    )


def _grouped(ids: Sequence[str], first: str, second: str, rest: str) -> dict[str, Any]:
    if not ids:
        return {}
    inside = f"{reading.one_of('asset.project_id', ids)} AND asset.deleted_at IS NULL"
    sql = f"SELECT asset.project_id, {first}, {second} {rest.format(inside=inside)} GROUP BY asset.project_id"
    rows = database.execute_sql(sql.replace("?", database.param), tuple(ids)).fetchall()
    return {project_id: (int(one or 0), int(other or 0)) for project_id, one, other in rows}
