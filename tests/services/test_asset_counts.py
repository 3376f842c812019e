"""Counting the assets of projects: exact for small ones, remembered for large ones."""

from __future__ import annotations

import time

import pytest

from mam.core import Mam
from mam.ids import new_id
from mam.models import Asset, Project, database, now
from mam.services import asset_counts


def add(project: Project, number: int) -> None:
    rows = [{"id": new_id(), "project": project.id, "title": f"{one}"} for one in range(number)]
    with database.atomic():
        for at in range(0, number, 100):
            Asset.insert_many(rows[at : at + 100]).execute()


def test_a_small_project_is_counted_every_time(box: Mam) -> None:
    # Given a project with some assets, one of them in the trash, and one without any
    project, empty = Project.create(name="Small"), Project.create(name="Empty")
    add(project, 3)
    Asset.update(deleted_at=now()).where(Asset.title == "0").execute()
    assert asset_counts.asset_counts([project.id, empty.id]) == {project.id: 2}
    # When another comes
    add(project, 1)
    # Then it is counted
    assert asset_counts.asset_counts([project.id]) == {project.id: 3}


def test_a_large_project_is_counted_again_after_some_seconds(
    box: Mam, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a project as large as it takes
    monkeypatch.setattr(asset_counts, "LARGE", 50)
    project = Project.create(name="Large")
    add(project, 60)
    assert asset_counts.asset_counts([project.id]) == {project.id: 60}
    # When another comes at once, and when some seconds have passed
    add(project, 1)
    soon = asset_counts.asset_counts([project.id])
    later = time.monotonic() + asset_counts.SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    # Then the number follows a little later
    assert soon == {project.id: 60}
    assert asset_counts.asset_counts([project.id]) == {project.id: 61}
