"""Who has a version's page open now: seats in Redis that run out unless their stream renews them.

A seat is one open stream; a person may have several. Nothing is kept in the database, and nobody is told of
anybody whom they could not meet on that page: only streams of the version hear it. Where Redis does not
answer nobody is known to be there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import redis

from mam.core import Mam
from mam.ids import new_id
from mam.models import User
from mam.services.shapes import Shape
from mam.types import Actor

SECONDS = 9.0
"""How long a seat lasts that is not renewed; streams renew theirs every 4 s."""

MOST = 50
"""People who are told of on one page."""


@dataclass
class Seat:
    """One open page of a version."""

    version_id: str
    id: str = field(default_factory=new_id)
    user_id: str | None = None
    known: bool = False

    @property
    def key(self) -> str:
        """Where the seats of this version lie in Redis."""
        return f"mam:presence:{self.version_id}"


def stay(mam: Mam, actor: Actor, seat: Seat) -> list[Shape]:
    """Take the seat or renew it; answers who is there, by name. Others are told of somebody new."""
    if actor.user_id is None:
        return []
    seat.user_id = actor.user_id
    moment = time.time()
    line = mam.queue.redis.pipeline()
    line.zremrangebyscore(seat.key, 0, moment)
    line.zadd(seat.key, {f"{seat.id}:{seat.user_id}": moment + SECONDS})
    line.expire(seat.key, int(SECONDS) + 1)
    line.zrange(seat.key, 0, -1)
    try:
        members = line.execute()[-1]
    except (redis.RedisError, OSError):
        return []
    people = _people(members)
    if not seat.known:
        seat.known = True
        _tell(mam, seat.version_id, people)
    return people


def leave(mam: Mam, seat: Seat) -> None:
    """Give the seat up; the others are told at once."""
    if not seat.known:
        return
    line = mam.queue.redis.pipeline()
    line.zrem(seat.key, f"{seat.id}:{seat.user_id}")
    line.zrangebyscore(seat.key, time.time(), "+inf")
    try:
        members = line.execute()[-1]
    except (redis.RedisError, OSError):
        return
    _tell(mam, seat.version_id, _people(members))


def _people(members: list[bytes]) -> list[Shape]:
    ids = sorted({member.decode().rpartition(":")[2] for member in members})[:MOST]
    rows: Any = User.select(User.id, User.display_name).where(User.id.in_(ids))
    found = [{"id": row.id, "display_name": row.display_name} for row in rows]
    return sorted(found, key=lambda one: (one["display_name"].casefold(), one["id"]))


def _tell(mam: Mam, version_id: str, people: list[Shape]) -> None:
    data = {"version_id": version_id, "presence": people}
    mam.queue.publish({"name": "presence", "version_id": version_id, "project_id": None, "data": data})
