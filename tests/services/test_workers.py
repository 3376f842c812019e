"""Machines that work for the box: tokens that hold once, what a machine is told, drained, removed."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from mam import __version__, models
from mam.config import Config, Database, Secret, Server, StorageConfig, Workers, load
from mam.core import Mam
from mam.errors import ConfigError, ConflictError, ForbiddenError, MamError, NotFoundError, RateLimitedError
from mam.models import AuditEntry, Job, WorkerBeat, WorkerNode, WorkerToken, now
from mam.services import accounts, jobs, sessions, worker_join, worker_nodes, worker_settings
from mam.testing import opened_box
from mam.types import SYSTEM, Actor

HERE = {"version": __version__, "host": "render1", "address": "127.0.0.1", "here": True}


@pytest.fixture
def shared(make_config: Callable[..., Config], postgres_url: str, tmp_path: Path) -> Iterator[Mam]:
    """A box whose database, queue and store other machines can reach."""
    (tmp_path / "nas").mkdir()
    database, storage = Database(url=Secret(postgres_url)), StorageConfig(path=str(tmp_path / "nas"))
    yield from opened_box(make_config(database=database, storage=storage))


def _token(box: Mam, **more: Any) -> str:
    return str(worker_join.invite(box, SYSTEM, base_url="https://box", **more)["token"])


def _actions() -> list[str]:
    return [row.action for row in AuditEntry.select().order_by(AuditEntry.seq) if "worker" in row.action]


def test_a_token_holds_once_and_is_stored_hashed(shared: Mam) -> None:
    # Given a token
    made = worker_join.invite(shared, SYSTEM, base_url="https://box")
    token = made["token"]
    assert made["command"] == f"mam worker join https://box {token}"
    assert token not in str(list(WorkerToken.select().dicts())) + str(list(AuditEntry.select().dicts()))

    # When eight machines bring it at once
    def bring(number: int) -> bool:
        with models.database.connection_context():
            try:
                worker_join.join(shared, token=token, **{**HERE, "host": f"render{number}"})
            except NotFoundError:
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(bring, range(8)))
    # Then one of them is taken in, and the log says who made it and who came
    assert sum(taken) == 1
    assert WorkerNode.select().count() == 1
    assert _actions()[0] == "worker.invited"
    assert _actions().count("worker.joined") == 1
    assert worker_join.list_tokens(shared, SYSTEM)["items"][0]["state"] == "used"


def test_a_token_that_ended_was_taken_back_or_guessed_is_refused(shared: Mam) -> None:
    ended, revoked = _token(shared), _token(shared)
    first = WorkerToken.select().order_by(WorkerToken.id).first()
    WorkerToken.update(expires_at=now() - timedelta(seconds=1)).where(WorkerToken.id == first.id).execute()
    worker_join.revoke(shared, SYSTEM, worker_join.list_tokens(shared, SYSTEM)["items"][0]["id"])
    for token in (ended, revoked, "x" * 43):
        with pytest.raises(NotFoundError, match="does not hold"):
            worker_join.join(shared, token=token, **HERE)
    assert _actions().count("worker.join_refused") == 3

    # And whoever guesses on has to wait
    def guess() -> type[Exception]:
        with pytest.raises((NotFoundError, RateLimitedError)) as refused:
            worker_join.join(shared, token="y", **HERE)
        return refused.type

    assert [guess() for _ in range(20)][-1] is RateLimitedError


def test_another_version_is_refused_and_keeps_its_token(shared: Mam) -> None:
    token = _token(shared)
    with pytest.raises(ConflictError, match=f"This box runs MAM {__version__} and the worker is MAM 0.0.1"):
        worker_join.join(shared, token=token, **{**HERE, "version": "0.0.1"})
    assert worker_join.join(shared, token=token, **HERE)["version"] == __version__


def test_a_box_that_shares_nothing_says_what_to_configure(box: Mam) -> None:
    # Given a box on embedded defaults, when a token is asked for, then one sentence names what is missing
    with pytest.raises(ConflictError) as refused:
        worker_join.invite(box, SYSTEM, base_url="https://box")
    assert refused.value.error_code == "not_shared"
    assert "storage_s3" in refused.value.detail
    is_file = box.config.database_url.startswith("sqlite")
    assert ("[database] url to a PostgreSQL" in refused.value.detail) is is_file
    assert WorkerToken.select().count() == 0


def test_addresses_of_this_machine_alone_are_not_for_another(shared: Mam) -> None:
    token = _token(shared)
    with pytest.raises(ConflictError, match=r"\[queue\] url names this machine only"):
        worker_join.join(shared, token=token, **{**HERE, "here": False})


def test_what_a_machine_is_told_is_a_configuration_that_works(shared: Mam, tmp_path: Path) -> None:
    # Given a box with a plugin whose secret stands in a file, and settings of its own
    secret = tmp_path / "key"
    secret.write_text("of the store")
    secret.chmod(0o600)
    tables = {
        "storage_s3": {"endpoint": "store:9000", "access_key": "a", "secret_key": {"file": str(secret)}}
    }
    config = replace(shared.config, plugin_tables=tables, server=Server(public_url="https://mam.local"))
    # When a machine is told what it needs
    told = worker_settings.settings(replace(shared, config=config, written=tables))
    file = tmp_path / "config.toml"
    file.write_text(tomlkit.dumps({"data": str(tmp_path / "w"), **told}), encoding="utf-8")
    # Then its configuration names the same database, queue and store
    found = load(file)
    assert (found.database, found.queue, found.storage) == (config.database, config.queue, config.storage)
    assert (found.media, found.plugins, found.server.public_url) == (
        config.media, config.plugins, "https://mam.local",
    )  # fmt: skip
    assert "backup" not in tomllib.loads(file.read_text(encoding="utf-8"))
    # And the keys of the box come with it
    assert {"delivery-keys.json", "auth-keys.json"} <= set(worker_settings.secrets(shared.config))


def _on(box: Mam, node: str) -> Mam:
    return replace(box, config=replace(box.config, workers=Workers(node=node)))


def test_a_joined_machine_reports_drains_and_is_removed(shared: Mam) -> None:
    # Given a machine that joined and was not heard of yet
    told = worker_join.join(shared, token=_token(shared), **HERE)
    node = told["node_id"]
    assert told["settings"]["workers"] == {"node": node}
    assert worker_nodes.get_node(shared, SYSTEM, node)["state"] == "waiting"
    # When it reports, then it is there as it is
    there = _on(shared, node)
    worker_nodes.admit(there)
    assert worker_nodes.report(there) == (worker_nodes.WORK, node)
    jobs.beat(shared, "w1", {"node": node, "queues": ["quick"], "threads": 1})
    found = worker_nodes.get_node(shared, SYSTEM, node)
    assert (found["state"], found["version"], found["version_differs"]) == ("idle", __version__, False)
    assert (found["processes"], found["queues"], found["keys_differ"]) == (1, ["quick"], False)
    assert found["cpus"] >= 1
    # When it works and is drained, then it takes no more and is told so once
    job = Job.create(kind="render", queue="render", state="running", worker="w1", percent=40)
    assert [one["id"] for one in worker_nodes.get_node(shared, SYSTEM, node)["jobs"]] == [job.id]
    assert worker_nodes.drain(shared, SYSTEM, node)["state"] == "draining"
    worker_nodes.drain(shared, SYSTEM, node)
    assert worker_nodes.report(there)[0] == worker_nodes.DRAIN
    Job.update(state="done").where(Job.id == job.id).execute()
    jobs.beat(shared, "w1", {"node": node, "drained": True})
    assert worker_nodes.get_node(shared, SYSTEM, node)["state"] == "drained"
    assert worker_nodes.resume(shared, SYSTEM, node)["state"] == "idle"
    assert worker_nodes.report(there)[0] == worker_nodes.WORK
    # When it is removed, then it stops, and does not start again
    worker_nodes.remove(shared, SYSTEM, node)
    assert worker_nodes.list_nodes(shared, SYSTEM)["items"] == []
    assert worker_nodes.report(there)[0] == worker_nodes.REMOVED
    with pytest.raises(ConfigError, match="removed from the box"):
        worker_nodes.admit(there)
    assert _actions()[-3:] == ["worker.drained", "worker.resumed", "worker.removed"]


def test_the_box_s_own_machine_and_others_that_differ(box: Mam) -> None:
    # Given the box's own machine, and one of another version with other keys
    mine = worker_nodes.report(box)[1]
    jobs.beat(box, "w1", {"node": mine})
    WorkerNode.create(
        key="old",
        host="zz-old",
        seen_at=now() - timedelta(minutes=5),
        facts={"version": "0.0.1", "keys": ["k"]},
    )
    # When they are listed, one a page
    first = worker_nodes.list_nodes(box, SYSTEM, limit=1)
    second = worker_nodes.list_nodes(box, SYSTEM, limit=1, cursor=first["next_cursor"])
    # Then each is as it is
    assert (first["items"][0]["id"], first["items"][0]["state"]) == (mine, "idle")
    old = second["items"][0]
    assert (old["state"], old["version_differs"], old["keys_differ"]) == ("away", True, True)
    # And a machine that is alive and never joined can only be drained
    with pytest.raises(ConflictError, match="stop its worker"):
        worker_nodes.remove(box, SYSTEM, mine)
    worker_nodes.remove(box, SYSTEM, worker_nodes.find(box, SYSTEM, "zz-old"))
    assert WorkerNode.select().count() == 1
    # And one that left in order is away
    WorkerBeat.delete().execute()
    assert worker_nodes.get_node(box, SYSTEM, mine)["state"] == "away"


def test_only_administrators_see_and_change_machines(sqlite_box: Mam) -> None:
    accounts.add_user(sqlite_box, email="ana@x.y", name="Ana", password="correct horse battery")
    given = sessions.login(sqlite_box, email="ana@x.y", password="correct horse battery")
    ana: Actor = sessions.actor_from_token(sqlite_box, given["access_token"])
    mine = worker_nodes.report(sqlite_box)[1]
    asked: list[Callable[[], object]] = [
        lambda: worker_nodes.list_nodes(sqlite_box, ana),
        lambda: worker_nodes.drain(sqlite_box, ana, mine),
        lambda: worker_nodes.remove(sqlite_box, ana, mine),
        lambda: worker_join.invite(sqlite_box, ana, base_url=""),
        lambda: worker_join.list_tokens(sqlite_box, ana),
    ]
    for ask in asked:
        with pytest.raises(ForbiddenError):
            ask()
    with pytest.raises(MamError, match="No worker is called"):
        worker_nodes.find(sqlite_box, SYSTEM, "nobody")
