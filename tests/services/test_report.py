"""The report tells what happened, by day, project, asset and person; its CSV is safe in a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from mam import metrics
from mam.core import Mam
from mam.errors import ForbiddenError
from mam.ids import new_id
from mam.models import Asset, AuditEntry, Job, Project, User, Version, now
from mam.services import audit, meters, report
from mam.types import SYSTEM, Actor


def version_of(project: Project, title: str, size: int, *, days_ago: int = 0) -> Version:
    asset = Asset.create(project=project, title=title)
    return Version.create(
        asset=asset, number=1, filename="a.mov", size=size, sha256="0" * 64, xxh128="0" * 32,
        master_key=new_id(), created_at=now() - timedelta(days=days_ago),
    )  # fmt: skip


def test_what_happened_is_told(box: Mam) -> None:
    """Given masters of two days, a render, looks and downloads, then each is under its day and name."""
    project = Project.create(name="=cmd()")
    ana = User.create(email="ana@example.org", display_name="Ana")
    film = version_of(project, "Film", 3000)
    version_of(project, "Old", 500, days_ago=3)
    version_of(project, "Older than asked", 70, days_ago=40)
    at = now()
    Job.create(
        kind="render", state="done", version_id=film.id, started_at=at - timedelta(seconds=8), finished_at=at
    )
    who = Actor(ana.id, ana.email, ana.display_name)
    for action in ("preview.signed", "preview.signed", "master.downloaded"):
        audit.record(box, who, action, kind="version", subject_id=film.id)
    metrics.take()
    metrics.cache("images", 10, hit=True)
    meters.flush(box)
    found = report.report(box, SYSTEM, 7)
    assert [one["bytes"] for one in found["growth"]] == [0, 0, 0, 500, 0, 0, 3000]
    assert [one["total_bytes"] for one in found["growth"]][-4:] == [570, 570, 570, 3570]
    assert (found["storage"][0]["masters_bytes"], found["storage"][0]["masters"]) == (3570, 3)
    today = found["activity"][-1]
    assert (today["uploads"], today["views"], today["downloads"]) == (1, 2, 1)
    assert (found["encodes"][-1]["films"], found["encodes"][-1]["median_seconds"]) == (1, 8.0)
    assert found["assets"] == [{"id": film.asset_id, "name": "Film", "views": 2, "downloads": 1}]
    assert (found["people"][0]["name"], found["people"][0]["actions"]) == ("Ana", 3)
    assert found["cache"][-1]["images_hit"] == 1


def test_the_csv_runs_nothing_and_is_noted(sqlite_box: Mam) -> None:
    """Promise H4: given a project named like a formula, then its cell is text; taking it away is audited."""
    version_of(Project.create(name="=cmd()"), "Film", 3000)
    rows = list(csv.reader(io.StringIO(report.begin_csv(sqlite_box, SYSTEM, 7))))
    assert rows[0] == ["section", "day", "id", "name", "figure", "value"]
    assert {row[3] for row in rows if row[0] == "storage"} == {"'=cmd()"}
    last = AuditEntry.select().order_by(AuditEntry.seq.desc()).first()
    assert (last.action, last.data) == ("report.exported", {"days": 7})


def test_members_get_none(sqlite_box: Mam) -> None:
    for call in (report.report, report.begin_csv):
        with pytest.raises(ForbiddenError):
            call(sqlite_box, Actor("somebody", roles=("member",)), 7)


def test_the_first_entry_is_found_by_halving(box: Mam) -> None:
    """Given entries of ten hours, when asked from each on, then it is that entry's number."""
    for _ in range(10):
        audit.record(box, SYSTEM, "thing.done")
    moment = now()
    rows = list(AuditEntry.select().order_by(AuditEntry.seq))
    for back, row in zip(range(len(rows), 0, -1), rows, strict=True):
        AuditEntry.update(at=moment - timedelta(hours=back)).where(AuditEntry.seq == row.seq).execute()
    for back, row in zip(range(len(rows), 0, -1), rows, strict=True):
        assert report.first_entry(moment - timedelta(hours=back)) == row.seq
    assert report.first_entry(moment) == rows[-1].seq + 1
