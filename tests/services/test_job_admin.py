"""Jobs in an administrator's hands: who goes first, what is stopped together, what the list says."""

from __future__ import annotations

import threading

import pytest

from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, NotFoundError, ValidationError
from mam.ids import new_id
from mam.models import Asset, AuditEntry, Job, Project, Version
from mam.queue import EXPRESS
from mam.services import job_admin, jobs, priority
from mam.services.turns import Turns
from mam.types import SYSTEM, Actor

NOBODY = Actor(user_id=new_id(), roles=())


def version_of(title: str) -> Version:
    asset = Asset.create(project=Project.create(name="Rushes"), title=title, status="processing")
    return Version.create(
        asset=asset, number=1, filename="a.mov", size=1, sha256="0" * 64, xxh128="0" * 32, master_key=new_id()
    )


def render(version: Version | None = None, rank: int = 0, parent: Job | None = None) -> Job:
    return jobs.enqueue(
        "render_piece" if parent else "render",
        version_id=version.id if version else None,
        queue="render",
        priority=rank,
        parent_id=parent.id if parent else None,
        payload={"number": 2, "of": 9} if parent else {},
    )


def test_the_highest_rank_goes_first_then_the_project_that_waited(box: Mam) -> None:
    """Promise C9 within a rank: a project's turn; across ranks: short things before long tails."""
    # Given pieces of a long film, and after them a film and a short film
    pieces = [render(rank=priority.PIECE) for _ in range(3)]
    film, short = render(rank=priority.NORMAL), render(rank=priority.SHORT)
    order, turns = [], Turns()
    # When messages of pieces are spent
    for _ in range(5):
        picked = turns.pick(pieces[0].id)
        Job.update(state="done").where(Job.id == picked).execute()
        order.append(picked)
    # Then
    assert order[:2] == [short.id, film.id]
    assert set(order[2:]) == {piece.id for piece in pieces}


def test_the_lane_of_short_films_takes_nothing_else(box: Mam) -> None:
    # Given a long film, and a short one that is sent
    film, short = render(), render(rank=priority.SHORT)
    jobs.send(box, film.id, "render", film.priority)
    jobs.send(box, short.id, "render", short.priority)
    # Then only the short one is told to the lane, and the lane picks only that
    assert box.queue.waiting(EXPRESS) == 1
    turns = Turns()
    assert turns.pick(film.id, priority.SHORT) == short.id
    Job.update(state="done").where(Job.id == short.id).execute()
    assert turns.pick(short.id, priority.SHORT) is None
    # And a message of the lane that comes too late starts nothing
    jobs.run_next(box, short.id, turns, worker="w", draining=threading.Event(), lane=EXPRESS)
    assert Job.get_by_id(film.id).state == "queued"


def test_a_film_is_moved_with_its_pieces(box: Mam) -> None:
    # Given a film with a piece
    film = render(version_of("The long one"))
    piece = render(version_of("x"), priority.PIECE, film)
    # When the piece is moved to the front, which is to move the film
    answer = job_admin.prioritise(box, SYSTEM, piece.id, priority.FRONT)
    # Then both are there, the film before its piece, and it is written down
    assert (answer["id"], answer["priority"], answer["title"]) == (film.id, 100, "The long one")
    assert Job.get_by_id(piece.id).priority == 90
    entry = AuditEntry.get(AuditEntry.action == "job.priority")
    assert (entry.subject_id, entry.data) == (film.id, {"priority": 100})


def test_what_cannot_be_moved_is_said(box: Mam) -> None:
    done = render()
    Job.update(state="done").where(Job.id == done.id).execute()
    with pytest.raises(ConflictError, match="this one is done"):
        job_admin.prioritise(box, SYSTEM, done.id, 1)
    with pytest.raises(NotFoundError):
        job_admin.prioritise(box, SYSTEM, new_id(), 1)
    with pytest.raises(ValidationError):
        job_admin.prioritise(box, SYSTEM, done.id, 5000)
    with pytest.raises(ForbiddenError):
        job_admin.prioritise(box, NOBODY, done.id, 1)


def test_everything_of_a_version_is_stopped_at_once(box: Mam) -> None:
    # Given a film with pieces that run and wait, and a job of another version
    version, other = version_of("a"), render(version_of("b"))
    film = render(version)
    pieces = [render(version, priority.PIECE, film) for _ in range(2)]
    Job.update(state="running").where(Job.id.in_([film.id, pieces[0].id])).execute()
    # When its work is stopped
    stopped = job_admin.cancel_version(box, SYSTEM, version.id)["items"]
    # Then all of it is, once each, and nothing else
    assert [one["id"] for one in stopped] == [film.id]
    assert {Job.get_by_id(one.id).state for one in (film, *pieces)} == {"cancelled"}
    assert Job.get_by_id(other.id).state == "queued"
    assert job_admin.cancel_version(box, SYSTEM, version.id)["items"] == []


def test_the_list_says_what_each_job_is_about(box: Mam) -> None:
    # Given a film, its piece, and housekeeping
    version = version_of("Take 7")
    film = render(version)
    piece = render(version, priority.PIECE, film)
    tidy = jobs.enqueue("tidy")
    # Then each says its asset, and pieces their number
    items = {one["id"]: one for one in job_admin.list_jobs(box, SYSTEM)["items"]}
    assert (items[film.id]["title"], items[film.id]["asset_id"]) == ("Take 7", version.asset_id)
    assert (items[piece.id]["piece"], items[piece.id]["pieces"]) == (2, 9)
    assert items[piece.id]["parent_id"] == film.id
    assert (items[tidy.id]["title"], items[tidy.id]["asset_id"]) == ("", None)
    # And the list can be narrowed
    assert job_admin.kinds(box, SYSTEM) == ["render", "render_piece", "tidy"]
    narrow = job_admin.list_jobs(box, SYSTEM, kind="render", version_id=version.id)["items"]
    assert [one["id"] for one in narrow] == [film.id]
