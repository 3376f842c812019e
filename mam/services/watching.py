"""Watch folders: files that appear are noted, waited for until they stand still, and taken in as units.

One process a folder, by a lock in the work folder. A camera card is one unit and waits for its last file. The
database remembers every file, so that a restart takes nothing in twice. Writes `watched_file` rows and what
`mam.services.offload` writes; the folder itself is only read.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from peewee import fn

from mam.config import Watch
from mam.core import Mam
from mam.errors import (
    ChecksumMismatchError,
    MamError,
    NotFoundError,
    SourceError,
    StorageFullError,
    ValidationError,
)
from mam.media.cards import find_cards
from mam.models import WatchedFile, database, now
from mam.services import access, ingest, offload
from mam.services.leases import connected
from mam.services.shapes import Shape, watched_file_shape
from mam.types import SYSTEM, Actor

_log = structlog.get_logger("mam.watching")

UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", "~")
"""Endings that programs give a file while they write it."""

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)
_SHOWN = 100
_LONGEST_PATH = 2000
_FINAL = (ValidationError, SourceError)
"""What another try would not change; the file waits for a change of its own, or for somebody to say so."""


def look(mam: Mam, watch: Watch) -> int:
    """One look at a folder: note what is there, take in what stands still; how many files were taken in.

    Does nothing where another process looks at this moment. Raises `NotFoundError` where the folder is away,
    `StorageFullError` where the store is full; other failures are noted with their files.
    """
    with _alone(mam, watch) as ours:
        if not ours:
            return 0
        if not watch.path.is_dir():
            raise NotFoundError(f"The watch folder {str(watch.path)!a} is not there.")
        found = {one.path: one for one in _scan(watch.path)}
        _note(watch, found)
        return sum(_take(mam, watch, unit) for unit in _due(watch, found))


def status(mam: Mam, actor: Actor) -> Shape:
    """Every watch folder of this configuration with counts by state, and the files that failed."""
    access.require(mam, actor, "box.admin")
    return {"items": [_status(watch) for watch in mam.config.watch], "next_cursor": None}


def retry(mam: Mam, actor: Actor, file_id: str) -> Shape:
    """Try a file again that could not be taken in. Raises `NotFoundError` for any other."""
    access.require(mam, actor, "box.admin")
    again = {"state": "waiting", "tries": 0, "try_after": None, "error_code": None, "error_detail": None}
    troubled = WatchedFile.state.in_(("waiting", "failed")) & WatchedFile.error_code.is_null(False)
    if not WatchedFile.update(**again).where(WatchedFile.id == file_id, troubled).execute():
        raise NotFoundError
    return watched_file_shape(WatchedFile.get_by_id(file_id))


def _status(watch: Watch) -> Shape:
    mine = WatchedFile.folder == str(watch.path)
    counted = WatchedFile.select(WatchedFile.state, fn.COUNT(WatchedFile.id)).where(mine)
    rows: Any = counted.group_by(WatchedFile.state).tuples()
    counts: dict[str, int] = dict(rows)
    troubled = WatchedFile.select().where(mine, WatchedFile.error_code.is_null(False)).limit(_SHOWN)
    return {
        "path": str(watch.path),
        "project": watch.project,
        "mode": watch.mode,
        "copies": [str(path) for path in watch.copies],
        "present": watch.path.is_dir(),
        "counts": {state: counts.get(state, 0) for state in ("waiting", "taking", "done", "failed")},
        "troubled": [watched_file_shape(row) for row in troubled],
    }


# --- what is there -------------------------------------------------------------------------------


@contextmanager
def _alone(mam: Mam, watch: Watch) -> Iterator[bool]:
    """Whether nobody else on this machine looks at the folder while the block lasts."""
    name = hashlib.sha256(os.fsencode(watch.path.absolute())).hexdigest()[:16]
    mam.config.work.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (mam.config.work / f"watch-{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@dataclass(frozen=True)
class _Seen:
    """A file as it is now: `path` as text, `real` as the disk spells it; bytes, nanoseconds."""

    path: str
    real: str
    size: int
    modified: int


def _scan(folder: Path) -> Iterator[_Seen]:
    """Every file below; links, hidden and unfinished files are left out."""
    for place, names, files in os.walk(folder):
        names[:] = [name for name in names if not name.startswith(".") and name != "ascmhl"]
        for name in files:
            if name.startswith(".") or name.lower().endswith(UNFINISHED):
                continue
            path = Path(place) / name
            try:
                found = path.stat(follow_symlinks=False)
            except OSError:  # gone again
                continue
            real = path.relative_to(folder).as_posix()
            text = offload.as_text(real)
            if stat.S_ISREG(found.st_mode) and len(text) <= _LONGEST_PATH:
                yield _Seen(text, real, found.st_size, found.st_mtime_ns)


def _note(watch: Watch, found: Mapping[str, _Seen]) -> None:
    """Write down what is new or changed; forget what went before it was taken in."""
    mine, new = WatchedFile.folder == str(watch.path), dict(found)
    with connected(), database.atomic():
        for row in WatchedFile.select().where(mine):
            seen = new.pop(row.path, None)
            if seen is None and row.state != "done":
                row.delete_instance()
            elif seen and ((seen.size, seen.modified) != (row.size, row.modified) or row.state == "taking"):
                _changed(row, seen.size, seen.modified)
        for seen in new.values():
            WatchedFile.create(folder=str(watch.path), path=seen.path, size=seen.size, modified=seen.modified)


def _changed(row: WatchedFile, size: int, modified: int) -> None:
    """The file is another one than it was, or a process died over it: wait until it stands still."""
    row.size, row.modified, row.changed_at, row.state = size, modified, now(), "waiting"
    row.tries, row.try_after, row.error_code, row.error_detail = 0, None, None, None
    row.save()


# --- what is taken in ----------------------------------------------------------------------------


def _due(watch: Watch, found: Mapping[str, _Seen]) -> list[offload.Unit]:
    """The units that stand still: each card whose files all do, and all loose files together."""
    still = now() - timedelta(seconds=watch.stable_seconds)
    with connected():
        rows = list(
            WatchedFile.select().where(
                WatchedFile.folder == str(watch.path), WatchedFile.state.in_(("waiting", "failed"))
            )
        )
    tops = [card.relative_to(watch.path).as_posix() for card in find_cards(watch.path)]
    units = []
    for top in ("", *sorted(top for top in tops if top != ".")):
        mine = [row for row in rows if _top_of(row.path, tops) == top]
        ready = [row for row in mine if row.state == "waiting" and row.changed_at <= still and _may_try(row)]
        whole = bool(top) or "." in tops  # the watch folder may be a card itself
        if ready and (not whole or len(ready) == len(mine)):
            units.append(_unit(watch, ready, top, found))
    return units


def _top_of(path: str, tops: Sequence[str]) -> str:
    return next((top for top in tops if path.startswith(f"{top}/")), "")


def _may_try(row: WatchedFile) -> bool:
    return row.try_after is None or row.try_after <= now()


def _unit(watch: Watch, rows: Sequence[WatchedFile], top: str, found: Mapping[str, _Seen]) -> offload.Unit:
    files = {row.path: found[row.path].real for row in sorted(rows, key=lambda row: row.path)}
    return offload.Unit(watch.path, files, top, {row.path: row.asset_id for row in rows if row.asset_id})


def _take(mam: Mam, watch: Watch, unit: offload.Unit) -> int:
    """Take a unit in and write down what became of each file; how many are in."""
    _update(watch, tuple(unit.files), state="taking")
    try:
        with connected():
            project_id = ingest.ensure_project(mam, SYSTEM, watch.project)
        to = offload.Destination(project_id, watch.copies, in_place=watch.mode == "index")
        outcome = offload.take(mam, SYSTEM, unit, to)
    except MamError as error:
        outcome = offload.Outcome(failed=dict.fromkeys(unit.files, error))
    for path, version in outcome.taken.items():
        done = {"asset_id": version["asset_id"], "version_id": version["id"], "state": "done"}
        _update(watch, (path,), **done, error_code=None, error_detail=None)
    for path, reason in outcome.failed.items():
        _failed(watch, path, reason)
    full = next((one for one in outcome.failed.values() if isinstance(one, StorageFullError)), None)
    if full is not None:
        raise full
    _log.info("taken in", folder=str(watch.path), card=unit.top, files=len(outcome.taken))
    return len(outcome.taken)


def _failed(watch: Watch, path: str, error: MamError) -> None:
    """Note why, and when it is tried again: later each time, never for what only a change can mend."""
    _log.warning(
        "not taken in", folder=str(watch.path), path=path, code=error.error_code, reason=error.detail
    )
    with connected():
        row = WatchedFile.get((WatchedFile.folder == str(watch.path)) & (WatchedFile.path == path))
    pause = min(_FIRST_PAUSE * 2 ** min(row.tries, 10), _LONGEST_PAUSE)
    values: dict[str, Any] = {"state": "waiting", "try_after": now() + pause}
    if isinstance(error, _FINAL) and not isinstance(error, ChecksumMismatchError):
        values = {"state": "failed", "try_after": None}
    why = {"error_code": error.error_code, "error_detail": error.detail, "tries": row.tries + 1}
    _update(watch, (path,), **values, **why)


def _update(watch: Watch, paths: Sequence[str], **values: Any) -> None:
    with connected(), database.atomic():
        for start in range(0, len(paths), 500):
            mine = (WatchedFile.folder == str(watch.path)) & WatchedFile.path.in_(paths[start : start + 500])
            WatchedFile.update(**values).where(mine).execute()
