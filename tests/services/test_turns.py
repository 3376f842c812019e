"""Turns behind a long queue: one question for several, and still everybody's first job soon."""

from __future__ import annotations

from mam.core import Mam
from mam.models import Job, Project
from mam.services import jobs
from mam.services.turns import AHEAD, LONG, Turns


def take(turns: Turns, message: str) -> Job:
    """Spend a message; the job counts as running then."""
    picked = turns.pick(message)
    Job.update(state="running").where(Job.id == picked).execute()
    return Job.get_by_id(picked)


def test_a_long_queue_holds_nobody_up(box: Mam) -> None:
    """Promise C9: 600 jobs by A, then one by B while A's are worked off: B's is among the next few."""
    # Given a long queue of one project, and a worker that has asked already
    assert box
    one, other = Project.create(name="A").id, Project.create(name="B").id
    message = [jobs.enqueue("examine", project_id=one) for _ in range(LONG + 100)][-1].id
    turns = Turns()
    assert take(turns, message).project_id == one
    # When another project's first job comes
    late = jobs.enqueue("examine", project_id=other)
    # Then its turn is among the next few, and no job has two turns
    picked = [take(turns, message).id for _ in range(2 * AHEAD)]
    assert late.id in picked[: AHEAD + 1]
    assert len(set(picked)) == len(picked)


def test_behind_a_long_queue_the_oldest_goes_first(box: Mam) -> None:
    # Given two projects with long queues
    assert box
    projects = [Project.create(name=name).id for name in "AB"]
    made = [jobs.enqueue("examine", project_id=projects[n % 2]).id for n in range(LONG)]
    turns = Turns()
    # When a worker takes jobs, then the projects take turns, each from its oldest on
    assert [take(turns, made[-1]).id for _ in range(12)] == made[:12]


def test_a_job_that_was_moved_to_the_front_waits_for_few(box: Mam) -> None:
    # Given a long queue that a worker has asked about
    assert box
    project = Project.create(name="A").id
    made = [jobs.enqueue("examine", project_id=project).id for _ in range(LONG)]
    turns = Turns()
    take(turns, made[0])
    # When the last one is moved to the front
    Job.update(priority=100).where(Job.id == made[-1]).execute()
    # Then it is among the next few
    assert made[-1] in [take(turns, made[0]).id for _ in range(AHEAD)]
