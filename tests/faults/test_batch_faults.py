"""A batch whose worker is killed again and again: no item is lost, none is done twice."""

from __future__ import annotations

import os
import signal

import pytest
from faults_bench import Bench, wait_for

from mam.models import Asset, AuditEntry, Batch, BatchItem, Job, Member, Project, User
from mam.services import batches
from mam.types import Actor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ITEMS = 300


def test_a_killed_worker_loses_no_item_and_does_none_twice(any_bench: Bench) -> None:
    bench = any_bench
    # Given a batch that makes assets
    user = User.create(email="ana@example.org", display_name="Ana", status="active")
    project = Project.create(name="Rushes")
    Member.create(project=project, user=user, role="editor")
    items = [{"title": f"A{number}"} for number in range(ITEMS)]
    options = {"project_id": project.id}
    made = batches.create(bench.mam, Actor(user.id), operation="create", items=items, options=options)
    # When its worker is killed in the middle, three times
    for kill in (1, 2, 3):
        worker = bench.start_worker()
        wait_for(lambda least=kill * ITEMS // 5: Batch.get_by_id(made["id"]).done >= least, 240)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(60)
    bench.start_worker()
    wait_for(lambda: Batch.get_by_id(made["id"]).state == "done", 240)
    # Then each item has its asset, each asset its item, and the log an entry of each
    results = [row.result_id for row in BatchItem.select().order_by(BatchItem.place)]
    titles = {row.id: row.title for row in Asset.select()}
    assert [titles.pop(one) for one in results] == [one["title"] for one in items]
    assert titles == {}
    assert AuditEntry.select().where(AuditEntry.action == "asset.created").count() == ITEMS
    assert AuditEntry.select().where(AuditEntry.action == "batch.finished").count() == 1
    assert Batch.get_by_id(made["id"]).done == ITEMS
    assert Job.get(Job.kind == "batch").state == "done"
