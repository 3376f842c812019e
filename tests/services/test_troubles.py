"""Error trackers hear of what nobody expected, beside the work; a broken one harms nobody."""

from __future__ import annotations

import queue
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from quart import Quart

from mam import hookimpl, metrics
from mam.core import Mam
from mam.errors import NotFoundError
from mam.plugins import Hooks, Plugin, State
from mam.services import jobs, troubles
from mam.types import Trouble
from mam.web.app import create_app


@pytest.fixture
def heard() -> queue.Queue[Trouble]:
    """What a tracker was told."""
    return queue.Queue()


@pytest.fixture
def tracked(sqlite_box: Mam, heard: queue.Queue[Trouble]) -> Mam:
    """A box with two trackers: the first falls over, the second listens."""

    @hookimpl
    def falls_over(trouble: Trouble) -> None:
        raise RuntimeError(trouble.route)

    @hookimpl
    def listens(trouble: Trouble) -> None:
        heard.put(trouble)

    plugins = dict(sqlite_box.hooks.plugins)
    for name, answer in (("tracker", listens), ("broken", falls_over)):  # the last registered is asked first
        plugins[name] = Plugin(name, State.ENABLED, module=SimpleNamespace(mam_error=answer))
        sqlite_box.hooks.manager.register(plugins[name].module, name=name)
    return replace(sqlite_box, hooks=Hooks(sqlite_box.config, plugins, sqlite_box.hooks.manager))


async def test_a_request_that_fails_is_told(
    tracked: Mam, heard: queue.Queue[Trouble], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a route that fails and a broken tracker, then the other hears of it with the id of the answer."""

    def fail(_mam: Mam) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr("mam.services.health.check", fail)
    app: Quart = create_app(tracked)
    answer = await app.test_client().get("/api/health")
    assert answer.status_code == 500
    told = heard.get(timeout=60)
    assert isinstance(told.error, ZeroDivisionError)
    assert (told.service, told.route) == ("web", "/api/health")
    assert told.request_id == (await answer.get_json())["request_id"]
    assert tracked.hooks.plugins["broken"].failures == 1


def test_a_job_that_fails_is_told_and_expected_failures_are_not(
    tracked: Mam, heard: queue.Queue[Trouble], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a job that fails as expected and one that does not, then only the second is news."""

    def fail(_mam: Mam, lease: jobs.Lease) -> None:
        raise KeyError if lease.payload else NotFoundError

    monkeypatch.setitem(jobs.KINDS, "fails", jobs.Kind(fail))
    metrics.take()
    jobs.run(tracked, jobs.enqueue("fails").id)
    with pytest.raises(KeyError):
        jobs.run(tracked, jobs.enqueue("fails", payload={"odd": True}).id)
    told = heard.get(timeout=60)
    assert (type(told.error), told.service, told.about) == (KeyError, "worker", "fails")
    assert heard.empty()
    assert metrics.take()[metrics.SEPARATOR.join(("mam_errors", "worker"))] == 1


def test_only_so_many_wait(tracked: Mam, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a tracker that is stuck, when errors rain, then those beyond the limit are let go."""
    line = troubles._Line()  # noqa: SLF001 - one whose thread never begins
    monkeypatch.setattr(line, "begin", lambda: None)
    monkeypatch.setattr(troubles, "_line", line)
    trouble = Trouble(ValueError(), "web")
    told = [troubles.tell(tracked, trouble) for _ in range(troubles.MOST + 1)]
    assert told == [True] * troubles.MOST + [False]
