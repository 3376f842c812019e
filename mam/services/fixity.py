"""The scrub: every master and every copy is read again and compared, those proven longest ago first.

One scrubber in the whole box, by a lease in the database; each master that was read is a checkpoint, so a
restart goes on where it stopped. Spends `[fixity] bytes_per_second`. Writes `scrub`, `version`, `master_copy`
and audit rows, and heals by `mam.services.healing`.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from peewee import Expression, IntegrityError, fn

from mam.core import Mam
from mam.errors import CancelledWorkError, ChecksumMismatchError, NotFoundError, StorageError
from mam.errors import StorageUnreachableError as AwayError
from mam.models import MasterCopy, Scrub, Version, database, now
from mam.services import copies, healing, masters
from mam.services.leases import connected
from mam.services.pace import Pace
from mam.services.shapes import Shape, iso

LEASE_SECONDS = 30.0
"""A scrubber that was not heard of for this long is dead; another one goes on."""

ROUND_SECONDS = 60.0
"""How long one call goes on before it lets go, so that hours and configuration are looked at again."""

_BEAT_SECONDS = 3.0
_SHOWN = 100
_log = structlog.get_logger("mam.fixity")


def scrub(mam: Mam, holder: str) -> int:
    """Check what is due for a while; how many masters and copies were read. 0 where another scrubber works.

    Raises `StorageUnreachableError` where a store is away: nothing is called damaged for that.
    """
    settings = mam.config.fixity
    if not settings.enabled or not in_hours(settings.from_hour, settings.to_hour):
        return 0
    if not _take(holder):
        return 0
    try:
        return _go_on(mam, holder)
    except CancelledWorkError:
        return 0
    finally:
        with connected():
            Scrub.update(holder=None, lease_until=None, current="").where(Scrub.holder == holder).execute()


def in_hours(first: int, last: int, moment: datetime | None = None) -> bool:
    """Whether the local hour lies from `first` to before `last`, over midnight too; equal is all day."""
    hour = (moment or datetime.now().astimezone()).hour
    if first <= last:
        return first == last or first <= hour < last
    return hour >= first or hour < last


def status(mam: Mam) -> Shape:
    """How the scrub stands: the pass, what is read now, when it goes on, and what is damaged."""
    row = Scrub.get_or_none(Scrub.id == 1) or Scrub(id=1)
    running = row.lease_until is not None and row.lease_until > now()
    limit = _limit(mam)
    return {
        "enabled": mam.config.fixity.enabled,
        "running": running,
        "current": row.current if running else "",
        "pass_started_at": iso(row.pass_started_at),
        "pass_finished_at": iso(row.pass_finished_at),
        "next_at": iso(_next(mam)),
        "done": row.done,
        "bytes": row.bytes,
        "bad": row.bad,
        "due": Version.select().where(_due(Version, limit)).count() + _copies_due(limit).count(),
        "bytes_per_second": row.rate,
        "budget": mam.config.fixity.bytes_per_second,
        "interval_days": mam.config.fixity.interval_days,
        "damaged": _damaged(),
    }


# --- one scrubber --------------------------------------------------------------------------------


def _take(holder: str) -> bool:
    """The lease, if nobody alive has it."""
    moment = now()
    values = {"holder": holder, "lease_until": moment + timedelta(seconds=LEASE_SECONDS)}
    free = Scrub.holder.is_null() | Scrub.lease_until.is_null() | (Scrub.lease_until < moment)
    try:
        with connected(), database.atomic():
            if Scrub.select().where(Scrub.id == 1).exists():
                return bool(Scrub.update(**values).where(Scrub.id == 1, free).execute())
            Scrub.create(id=1, **values)
    except IntegrityError:  # another one wrote the first row at this moment
        return False
    return True


class _Beat:
    """Counts the bytes of one master, renews the lease while they are read, stops where it was lost."""

    def __init__(self, holder: str, current: str) -> None:
        self._holder, self._count = holder, 0
        self._began = self._told = time.monotonic()
        self._write(current=current)

    def __call__(self, count: int) -> None:
        self._count += count
        if time.monotonic() - self._told >= _BEAT_SECONDS:
            self.tell()

    def tell(self, **more: Any) -> None:
        """Write down how far it is."""
        self._told = time.monotonic()
        rate = self._count / max(self._told - self._began, 0.001)
        self._write(rate=rate, **more)

    def end(self, *, bad: bool) -> None:
        """The master or copy was read whole."""
        self.tell(done=Scrub.done + 1, bytes=Scrub.bytes + self._count, bad=Scrub.bad + int(bad))

    def _write(self, **values: Any) -> None:
        until = now() + timedelta(seconds=LEASE_SECONDS)
        with connected():
            ours = Scrub.update(lease_until=until, **values).where(Scrub.holder == self._holder).execute()
        if not ours:
            raise CancelledWorkError("Another worker scrubs now.")


def _go_on(mam: Mam, holder: str) -> int:
    until, count = time.monotonic() + ROUND_SECONDS, 0
    while time.monotonic() < until:
        with connected():
            one = _oldest(mam)
            _mark_pass(holder, over=one is None)
        if one is None:
            break
        _check(mam, holder, one)
        count += 1
    return count


def _mark_pass(holder: str, *, over: bool) -> None:
    """A pass begins with the first that is due and ends when nothing is."""
    row = Scrub.get(Scrub.id == 1)
    open_now = row.pass_started_at is not None and (
        row.pass_finished_at is None or row.pass_finished_at < row.pass_started_at
    )
    if over and open_now:
        Scrub.update(pass_finished_at=now()).where(Scrub.holder == holder).execute()
    if not over and not open_now:
        values = {"pass_started_at": now(), "done": 0, "bytes": 0, "bad": 0}
        Scrub.update(**values).where(Scrub.holder == holder).execute()


# --- what is due ---------------------------------------------------------------------------------


def _limit(mam: Mam) -> datetime:
    return now() - timedelta(days=mam.config.fixity.interval_days)


def _last(table: type[Version | MasterCopy]) -> Any:
    """When a row's bytes were last looked at, or came in."""
    return fn.COALESCE(table.checked_at, table.verified_at, table.created_at)


def _due(table: type[Version | MasterCopy], limit: datetime) -> Expression:
    found: Expression = _last(table) <= table.created_at.db_value(limit)
    return found


def _copies_due(limit: datetime) -> Any:
    return MasterCopy.select().where(_due(MasterCopy, limit), MasterCopy.copy_key.is_null(False))


def _oldest(mam: Mam) -> Version | MasterCopy | None:
    """The master or copy that was proven longest ago, where it is due."""
    limit, stores = _limit(mam), copies.names(mam)
    version = Version.select().where(_due(Version, limit)).order_by(_last(Version), Version.id).first()
    copy = _copies_due(limit).where(MasterCopy.store.in_(stores)).order_by(_last(MasterCopy)).first()
    found = [one for one in (version, copy) if one is not None]
    return min(found, key=lambda one: one.checked_at or one.verified_at or one.created_at, default=None)


def _next(mam: Mam) -> datetime | None:
    """When the next one is due; None without masters."""
    interval = timedelta(days=mam.config.fixity.interval_days)
    rows = [table.select().order_by(_last(table)).first() for table in (Version, MasterCopy)]
    seen = [one.checked_at or one.verified_at or one.created_at for one in rows if one is not None]
    return min(seen) + interval if seen else None


# --- one check -----------------------------------------------------------------------------------


def _check(mam: Mam, holder: str, one: Version | MasterCopy) -> None:
    """Read one and note what was found; healed is well again."""
    named = f"{one.filename} ({one.id})" if isinstance(one, Version) else f"{one.store}: {one.master_key}"
    beat = _Beat(holder, named)
    pace = Pace(mam.config.fixity.bytes_per_second, beat)
    try:
        if isinstance(one, Version):
            healing.verify(mam, one, pace=pace)
        else:
            _check_copy(mam, one, pace)
    except AwayError:
        raise
    except (ChecksumMismatchError, NotFoundError, StorageError) as error:
        _log.error("fixity failed", what=named, reason=error.detail)
        _note_unread(one, error)
        beat.end(bad=True)
    else:
        beat.end(bad=False)


def _check_copy(mam: Mam, copy: MasterCopy, pace: Pace) -> None:
    """Prove a copy; one that is damaged is made again from its master."""
    with connected():
        version = Version.select().where(Version.master_key == copy.master_key).first()
        if version is None:  # its master is no more; what is left there is kept, and not asked about again
            MasterCopy.update(checked_at=now()).where(MasterCopy.id == copy.id).execute()
            return
    try:
        copies.verify(mam, copy, version, pace=pace)
    except ChecksumMismatchError:
        copies.make(mam, copy, version, pace=pace)


def _note_unread(
    one: Version | MasterCopy, error: StorageError | ChecksumMismatchError | NotFoundError
) -> None:
    """What could not be read at all is told of too, and does not hold up the others."""
    if not isinstance(error, StorageError):
        return
    detail = error.detail[: masters.LONGEST_REASON]
    said = {"damage": detail} if isinstance(one, Version) else {"error": detail}
    with connected():
        type(one).update(checked_at=now(), **said).where(type(one).id == one.id).execute()


def _damaged() -> list[Shape]:
    """Masters and copies that are not well, at most 100 of each."""
    bad = Version.select().where(Version.damage.is_null(False)).order_by(Version.checked_at.desc())
    found = [_told(row, "", row.damage or "", row.checked_at) for row in bad.limit(_SHOWN)]
    unwell = (MasterCopy.state == copies.DAMAGED) | MasterCopy.error.is_null(False)
    for copy in MasterCopy.select().where(unwell).limit(_SHOWN):
        version = Version.select().where(Version.master_key == copy.master_key).first()
        if version is not None:
            at = copy.checked_at or copy.created_at
            found.append(_told(version, copy.store, copy.error or "", at))
    return found


def _told(version: Version, store: str, reason: str, at: datetime | None) -> Shape:
    return {
        "version_id": version.id,
        "asset_id": version.asset_id,
        "name": version.filename,
        "store": store,
        "reason": reason,
        "at": iso(at),
    }
