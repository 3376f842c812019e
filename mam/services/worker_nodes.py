"""The machines that work for the box: what they say of themselves, drained and taken back, removed.

A worker reports with each beat and is told what it is to do. A drained machine takes no new job and ends what
it does; one that joined by a token and was removed stops working. Writes `worker_node`, `audit_entry`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from mam import __version__
from mam.core import Mam
from mam.errors import ConfigError, ConflictError, NotFoundError
from mam.models import Asset, Job, Version, WorkerBeat, WorkerNode, connected, database, now
from mam.services import access, audit, pages, worker_facts
from mam.services.shapes import Shape, iso, job_shape
from mam.types import Actor

WORK, DRAIN, REMOVED = "work", "drain", "removed"
"""What a worker is told: take jobs, take no new ones, stop for good."""

ALIVE = timedelta(seconds=30)
"""A worker that was not heard of for this long is away."""

FORGET = timedelta(days=7)
"""A machine that never joined by a token, is not drained and was not seen for so long is forgotten."""

_SORTS: dict[str, Any] = {"host": WorkerNode.host}
_REMOVED = (
    "This machine was removed from the box, or is not known to it: an administrator makes a token on the "
    "page Workers, then `mam worker join --again` takes it in."
)


# --- a worker's side -----------------------------------------------------------------------------


def admit(mam: Mam) -> None:
    """Pass where this machine may work; `ConfigError` where it joined once and was removed."""
    node = mam.config.workers.node
    with connected():
        row = WorkerNode.get_or_none(WorkerNode.key == node) if node else None
    if node and (row is None or row.removed_at):
        raise ConfigError(_REMOVED)


def report(mam: Mam) -> tuple[str, str]:
    """Say how this machine is; answers what it is to do (`WORK`, `DRAIN`, `REMOVED`) and its id."""
    found, moment = worker_facts.facts(mam), now()
    key = mam.config.workers.node or found["host"]
    with connected(), database.atomic():
        seen = WorkerNode.update(facts=found, host=found["host"], seen_at=moment)
        if not seen.where(WorkerNode.key == key).execute():
            if mam.config.workers.node:
                return REMOVED, ""
            new = WorkerNode.insert(key=key, host=found["host"], facts=found, seen_at=moment)
            new.on_conflict_ignore().execute()
        node = WorkerNode.get(WorkerNode.key == key)
        _forget(moment - FORGET)
    return (REMOVED if node.removed_at else DRAIN if node.drained_at else WORK), node.id


def _forget(before: Any) -> None:
    gone = WorkerNode.joined_at.is_null() & WorkerNode.drained_at.is_null() & (WorkerNode.seen_at < before)
    WorkerNode.delete().where(gone).execute()


# --- an administrator's side ---------------------------------------------------------------------


def list_nodes(mam: Mam, actor: Actor, *, cursor: str | None = None, limit: int = 50) -> Shape:
    """The machines by name: how each is, what it does now, when it was last seen."""
    access.require(mam, actor, "box.admin")
    query = WorkerNode.select().where(WorkerNode.removed_at.is_null())
    rows, following = pages.page(query, "host", _SORTS, WorkerNode.id, cursor=cursor, limit=limit)
    return {"items": _shapes(mam, rows), "next_cursor": following}


def get_node(mam: Mam, actor: Actor, node_id: str) -> Shape:
    """One machine."""
    access.require(mam, actor, "box.admin")
    return _shapes(mam, [_node(node_id)])[0]


def drain(mam: Mam, actor: Actor, node_id: str) -> Shape:
    """Have a machine take no new job; what it does now it ends. Again changes nothing."""
    return _set(mam, actor, node_id, drained=True)


def resume(mam: Mam, actor: Actor, node_id: str) -> Shape:
    """Have a drained machine take jobs again. Again changes nothing."""
    return _set(mam, actor, node_id, drained=False)


def remove(mam: Mam, actor: Actor, node_id: str) -> None:
    """Take a machine off the list; one that joined stops working. `ConflictError` for another, alive."""
    access.require(mam, actor, "box.admin")
    node, moment = _node(node_id), now()
    if node.joined_at is None and _is_alive(node):
        raise ConflictError(
            "This machine runs with the box's own configuration: stop its worker there, or drain it.",
            code="worker_alive",
        )
    with database.atomic():
        if node.joined_at is None:
            WorkerNode.delete().where(WorkerNode.id == node.id).execute()
        else:
            WorkerNode.update(removed_at=moment).where(WorkerNode.id == node.id).execute()
        _note(mam, actor, "worker.removed", node)


def find(mam: Mam, actor: Actor, name: str) -> str:
    """The id of a machine by its id or name; `NotFoundError`, `ConflictError` where two have that name."""
    access.require(mam, actor, "box.admin")
    named = (WorkerNode.id == name) | (WorkerNode.host == name)
    found = list(WorkerNode.select().where(named, WorkerNode.removed_at.is_null()).limit(2))
    if not found:
        raise NotFoundError(f"No worker is called {name}; `mam worker list` shows all.")
    if len(found) > 1:
        raise ConflictError(f"Several workers are called {name}; name one by its id.")
    return str(found[0].id)


def _set(mam: Mam, actor: Actor, node_id: str, *, drained: bool) -> Shape:
    access.require(mam, actor, "box.admin")
    node = _node(node_id)
    other = WorkerNode.drained_at.is_null() if drained else WorkerNode.drained_at.is_null(False)
    with database.atomic():
        change = WorkerNode.update(drained_at=now() if drained else None)
        if change.where((WorkerNode.id == node.id) & other).execute():
            _note(mam, actor, "worker.drained" if drained else "worker.resumed", node)
    return _shapes(mam, [_node(node_id)])[0]


def _node(node_id: str) -> WorkerNode:
    node: WorkerNode | None = WorkerNode.get_or_none(
        (WorkerNode.id == node_id) & WorkerNode.removed_at.is_null()
    )
    if node is None:
        raise NotFoundError
    return node


def _note(mam: Mam, actor: Actor, action: str, node: WorkerNode) -> None:
    audit.record(mam, actor, action, kind="worker", subject_id=node.id, data={"host": node.host})


def _is_alive(node: WorkerNode) -> bool:
    return node.seen_at is not None and node.seen_at > now() - ALIVE


# --- shapes --------------------------------------------------------------------------------------


def _shapes(mam: Mam, nodes: Iterable[WorkerNode]) -> list[Shape]:
    """Machines with the processes that beat on them and the jobs that those hold."""
    beats: dict[str, list[WorkerBeat]] = {}
    for beat in WorkerBeat.select().where(WorkerBeat.seen_at > now() - ALIVE):
        beats.setdefault(str(beat.info.get("node", "")), []).append(beat)
    jobs = _running({beat.id for some in beats.values() for beat in some})
    ours = worker_facts.keys(mam)
    shapes = []
    for node in nodes:
        here = beats.get(node.id, [])
        held = [job for beat in here for job in jobs.get(beat.id, ())]
        shapes.append(_shape(node, here, ours, held))
    return shapes


def _shape(node: WorkerNode, beats: list[WorkerBeat], ours: set[str], jobs: list[Shape]) -> Shape:
    told, version = node.facts, str(node.facts.get("version", ""))
    return {
        "id": node.id,
        "host": node.host,
        "joined": node.joined_at is not None,
        "joined_at": iso(node.joined_at),
        "state": _state(node, beats, jobs),
        "drained_at": iso(node.drained_at),
        "seen_at": iso(node.seen_at),
        "version": version,
        "version_differs": bool(version) and version != __version__,
        "keys_differ": bool(told) and not ours <= set(told.get("keys", ())),
        "cpus": told.get("cpus"),
        "load": told.get("load"),
        "memory_bytes": told.get("memory_bytes"),
        "memory_free_bytes": told.get("memory_free_bytes"),
        "gpus": told.get("gpus", []),
        "encoders": told.get("encoders", []),
        "processes": len(beats),
        "queues": sorted({queue for beat in beats for queue in beat.info.get("queues", ())}),
        "jobs": jobs,
    }


def _state(node: WorkerNode, beats: list[WorkerBeat], jobs: list[Shape]) -> str:
    """One word: waiting (it joined and never came), away, draining, drained, working or idle."""
    if node.seen_at is None:
        return "waiting"
    if not beats:
        return "away"
    if node.drained_at:
        ended = all(beat.info.get("drained") for beat in beats) and not jobs
        return "drained" if ended else "draining"
    return "working" if jobs else "idle"


def _running(workers: set[str]) -> dict[str, list[Shape]]:
    """What the processes of these names hold now."""
    held: dict[str, list[Shape]] = {}
    rows = list(Job.select().where(Job.state == "running", Job.worker.in_(workers)).order_by(Job.id))
    wanted = {job.version_id for job in rows if job.version_id}
    found = Version.select(Version, Asset).join(Asset).where(Version.id.in_(wanted)) if wanted else ()
    versions = {version.id: version for version in found}
    for job in rows:
        shape = job_shape(job, versions.get(job.version_id or ""))
        kept = ("id", "kind", "percent", "asset_id", "title")
        held.setdefault(job.worker, []).append({name: shape[name] for name in kept})
    return held
