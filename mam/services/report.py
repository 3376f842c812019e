"""What the box did in the last days, for administrators: stores, activity, queue, encodes, assets, people.

Asked of the rows and the audit log; only how often a cache was hit comes from the sums at the queue, and is
left out where that does not answer. Also as CSV. Writes nothing but the audit's line that a CSV was taken.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from peewee import SQL, fn

from mam import metrics
from mam.core import Mam
from mam.errors import QueueUnavailableError
from mam.models import Asset, AuditEntry, Comment, Job, Project, Rendition, User, Version, now
from mam.services import access, audit
from mam.services.audit_log import cell
from mam.services.meters import day_name
from mam.services.shapes import Shape, iso
from mam.types import Actor

MOST = 20
"""Projects, assets and people that are named, the largest first."""

_MOST_ENCODES = 20_000
_DAY = SQL("86400000000")  # microseconds, as moments are stored; as text, so that it groups on PostgreSQL too
_VIEWED, _DOWNLOADED = "preview.signed", "master.downloaded"
_CACHES = ("edge", "images")


def report(mam: Mam, actor: Actor, days: int = 30) -> Shape:
    """The last `days` days until now, today among them; days are those of UTC."""
    access.require(mam, actor, "box.admin")
    until = now()
    first = until.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    named = [f"{first + timedelta(days=number):%Y-%m-%d}" for number in range(days)]
    seq = first_entry(first)
    return {
        "days": days,
        "from": iso(first),
        "to": iso(until),
        "storage": _storage(),
        "growth": _growth(first, named),
        "activity": _activity(first, seq, named),
        "queue": _queue(until),
        "encodes": _encodes(first, named),
        "assets": _assets(seq),
        "cache": _cache(mam, named),
        "people": _people(seq),
    }


def first_entry(since: datetime) -> int:
    """The number of the first audit entry not before `since`, found by halving: times have no index."""
    low, high = 1, (AuditEntry.select(fn.MAX(AuditEntry.seq)).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = (
            AuditEntry.select(AuditEntry.at).where(AuditEntry.seq >= middle).order_by(AuditEntry.seq).first()
        )
        if found is not None and found.at < since:
            low = middle + 1
        else:
            high = middle
    return low


def begin_csv(mam: Mam, actor: Actor, days: int) -> str:
    """The report as CSV, one figure a line; noted in the audit log. No cell is a formula (promise H4)."""
    found = report(mam, actor, days)
    audit.record(mam, actor, "report.exported", data={"days": days})
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["section", "day", "id", "name", "figure", "value"])
    writer.writerows([cell(value) for value in line] for line in lines(found))
    return out.getvalue()


def lines(found: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Section, day, id, name, figure and value of everything in a report."""
    yield from (("queue", "", "", "", name, value) for name, value in found["queue"].items())
    for section in ("storage", "growth", "activity", "encodes", "assets", "cache", "people"):
        for row in found[section]:
            head = (section, row.get("day", ""), row.get("id", ""), row.get("name", ""))
            figures = ((name, value) for name, value in row.items() if name not in ("day", "id", "name"))
            yield from ((*head, name, value) for name, value in figures)


# --- inside --------------------------------------------------------------------------------------


def _storage() -> list[Shape]:
    """Bytes by project, the largest first; trash included, for it is on the disk."""
    masters: Any = Version.select(Asset.project, fn.SUM(Version.size), fn.COUNT(Version.id)).join(Asset)
    masters = masters.where(Version.in_place.is_null()).group_by(Asset.project).tuples()
    previews: Any = Rendition.select(Asset.project, fn.SUM(Rendition.bytes)).join(Version).join(Asset)
    drawn = {project: int(size or 0) for project, size in previews.group_by(Asset.project).tuples()}
    rows = {project: (int(size or 0), count) for project, size, count in masters}
    projects: Any = Project.select(Project.id, Project.name).tuples()
    names = dict(projects)
    found = [
        {
            "id": project,
            "name": names.get(project, ""),
            "masters": rows.get(project, (0, 0))[1],
            "masters_bytes": rows.get(project, (0, 0))[0],
            "previews_bytes": drawn.get(project, 0),
        }
        for project in rows.keys() | drawn.keys()
    ]
    return sorted(found, key=lambda one: (-one["masters_bytes"], one["id"]))[:MOST]


def _growth(first: datetime, days: list[str]) -> list[Shape]:
    """Bytes of masters that came in on each day, and those held at its end."""
    stored = Version.in_place.is_null()
    held = int(
        Version.select(fn.SUM(Version.size)).where(stored & (Version.created_at < first)).scalar() or 0
    )
    came = _by_day(Version, Version.created_at, first, fn.SUM(Version.size), stored)
    found = []
    for day in days:
        held += came.get(day, 0)
        found.append({"day": day, "bytes": came.get(day, 0), "total_bytes": held})
    return found


def _activity(first: datetime, seq: int, days: list[str]) -> list[Shape]:
    everything = Version.id.is_null(False)
    uploads = _by_day(Version, Version.created_at, first, fn.COUNT(Version.id), everything)
    notes = _by_day(Comment, Comment.created_at, first, fn.COUNT(Comment.id), Comment.deleted_at.is_null())
    told: dict[str, dict[str, int]] = {}
    for name, action in (("views", _VIEWED), ("downloads", _DOWNLOADED), ("logins", "login.succeeded")):
        wanted = (AuditEntry.seq >= seq) & (AuditEntry.action == action)
        told[name] = _by_day(AuditEntry, AuditEntry.at, first, fn.COUNT(AuditEntry.seq), wanted)
    told |= {"uploads": uploads, "notes": notes}
    order = ("uploads", "notes", "views", "downloads", "logins")
    return [{"day": day, **{name: told[name].get(day, 0) for name in order}} for day in days]


def _by_day(table: Any, moment: Any, first: datetime, what: Any, where: Any) -> dict[str, int]:
    """A sum or count by day of UTC; a moment is a whole number, and so is its division, on both databases."""
    day = moment / _DAY
    rows = table.select(day, what).where(where & (moment >= first)).group_by(day).tuples()
    return {f"{_day(number):%Y-%m-%d}": int(value or 0) for number, value in rows}


def _day(number: Any) -> datetime:
    """A day of the division above: a number, or what the column made of it."""
    if isinstance(number, datetime):
        number = (number - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=int(number))


def _queue(moment: datetime) -> Shape:
    rows: Any = Job.select(Job.state, fn.COUNT(Job.id)).where(Job.state.in_(("queued", "running", "dead")))
    states = dict(rows.group_by(Job.state).tuples())
    oldest = Job.select(Job.run_after).where((Job.state == "queued") & (Job.run_after <= moment))
    first = oldest.order_by(Job.run_after).first()
    return {
        "waiting": states.get("queued", 0),
        "running": states.get("running", 0),
        "dead": states.get("dead", 0),
        "oldest_seconds": 0.0 if first is None else round((moment - first.run_after).total_seconds(), 1),
    }


def _encodes(first: datetime, days: list[str]) -> list[Shape]:
    """Renders that ended on each day, and how many seconds they took from start to end."""
    done = (
        (Job.kind == "render") & (Job.state == "done") & (Job.finished_at >= first) & Job.error_code.is_null()
    )
    query: Any = Job.select(Job.started_at, Job.finished_at).where(done).order_by(Job.id.desc())
    took: dict[str, list[float]] = defaultdict(list)
    for start, end in query.limit(_MOST_ENCODES).tuples():
        if start is not None:
            took[f"{end:%Y-%m-%d}"].append((end - start).total_seconds())
    return [
        {
            "day": day,
            "films": len(took[day]),
            "median_seconds": round(median(took[day]), 1) if took[day] else None,
            "longest_seconds": round(max(took[day]), 1) if took[day] else None,
        }
        for day in days
    ]


def _assets(seq: int) -> list[Shape]:
    """What was looked at and taken away most."""
    counts = _counts(seq, AuditEntry.subject_id, (_VIEWED, _DOWNLOADED))
    ranked = sorted(counts, key=lambda one: (-sum(counts[one].values()), one))[: 5 * MOST]
    rows: Any = Version.select(Version.id, Asset.id, Asset.title).join(Asset)
    named = {version: (asset, title) for version, asset, title in rows.where(Version.id.in_(ranked)).tuples()}
    found: dict[str, Shape] = {}
    for version in ranked:
        if version in named:
            asset, title = named[version]
            row = found.setdefault(asset, {"id": asset, "name": title, "views": 0, "downloads": 0})
            row["views"] += counts[version].get(_VIEWED, 0)
            row["downloads"] += counts[version].get(_DOWNLOADED, 0)
    return sorted(found.values(), key=lambda one: (-one["views"] - one["downloads"], one["id"]))[:MOST]


def _people(seq: int) -> list[Shape]:
    """Who did most; what people did by API keys is theirs."""
    did = AuditEntry.actor_id
    counts = _counts(seq, did, (_VIEWED, _DOWNLOADED, "upload.promoted"))
    query: Any = AuditEntry.select(did, fn.COUNT(AuditEntry.seq), fn.MAX(AuditEntry.at))
    query = query.where((AuditEntry.seq >= seq) & did.is_null(False)).group_by(did)
    rows = list(query.order_by(fn.COUNT(AuditEntry.seq).desc(), AuditEntry.actor_id).limit(MOST).tuples())
    people: Any = User.select(User.id, User.display_name).where(User.id.in_([row[0] for row in rows]))
    names = dict(people.tuples())
    return [
        {
            "id": person,
            "name": names.get(person, ""),
            "actions": number,
            "views": counts[person].get(_VIEWED, 0),
            "downloads": counts[person].get(_DOWNLOADED, 0),
            "uploads": counts[person].get("upload.promoted", 0),
            "last_at": iso(last if isinstance(last, datetime) else AuditEntry.at.python_value(last)),
        }
        for person, number, last in rows
    ]


def _counts(seq: int, column: Any, actions: Iterable[str]) -> dict[str, dict[str, int]]:
    """How often each action was done, by subject or by actor."""
    query: Any = AuditEntry.select(column, AuditEntry.action, fn.COUNT(AuditEntry.seq))
    wanted = (AuditEntry.seq >= seq) & AuditEntry.action.in_(tuple(actions)) & column.is_null(False)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for one, action, number in query.where(wanted).group_by(column, AuditEntry.action).tuples():
        found[one][action] = number
    return found


def _cache(mam: Mam, days: list[str]) -> list[Shape]:
    """Looks into the caches by day; days that nobody knows anything of are left out."""
    found = []
    for day in days:
        try:
            sums = mam.queue.sums(day_name(datetime.fromisoformat(day)))
        except QueueUnavailableError:
            return []
        row: Shape = {"day": day}
        for cache in _CACHES:
            for result in ("hit", "miss"):
                key = metrics.SEPARATOR.join(("mam_cache_requests", cache, result))
                row[f"{cache}_{result}"] = int(sums.get(key, 0))
        if any(value for name, value in row.items() if name != "day"):
            found.append(row)
    return found
