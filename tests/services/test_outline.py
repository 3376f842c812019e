"""The outline of a long list: its windows cover every asset once, also while assets come and go."""

from __future__ import annotations

import pytest

from mam.core import Mam
from mam.errors import NotFoundError, ValidationError
from mam.ids import new_id
from mam.models import Asset, database
from mam.services import accounts, assets, outline, projects
from mam.types import SYSTEM, Actor


@pytest.fixture
def project(box: Mam) -> str:
    """A project of 130 assets: two windows and a rest, titles in pairs."""
    project_id = str(projects.create_project(box, SYSTEM, name="Rushes")["id"])
    rows = [{"id": new_id(), "project": project_id, "title": f"take {n // 2:02}"} for n in range(130)]
    with database.atomic():
        Asset.insert_many(rows).execute()
    return project_id


def _windows(box: Mam, project_id: str, sort: str) -> list[list[str]]:
    found = outline.outline(box, SYSTEM, sort=sort, project_id=project_id)
    starts = [None, *found["cursors"]]
    pieces = [
        assets.list_assets(
            box, SYSTEM, sort=sort, project_id=project_id, cursor=start, until=until, limit=200
        )
        for start, until in zip(starts, found["cursors"], strict=False)
    ]
    return [[one["id"] for one in piece["items"]] for piece in pieces]


@pytest.mark.parametrize("sort", ["-created_at", "title", "-title", "kind", "-kind"])
def test_windows_cover_the_list_once_in_its_order(box: Mam, project: str, sort: str) -> None:
    Asset.update(kind="video").where(Asset.title < "take 20").execute()  # nothing is known of the others yet
    # Given the list as it is read page by page
    whole = assets.list_assets(box, SYSTEM, sort=sort, project_id=project, limit=200)["items"]
    # When its outline is asked for, then its windows are the list, and the ids are too
    assert outline.outline(box, SYSTEM, sort=sort, project_id=project)["count"] == 130
    windows = _windows(box, project, sort)
    assert [len(one) for one in windows] == [60, 60, 10]
    expected = [one["id"] for one in whole]
    assert len(set(expected)) == 130
    assert [one for window in windows for one in window] == expected
    assert [one[0] for one in outline.ids(box, SYSTEM, sort=sort, project_id=project)["items"]] == expected


def test_a_window_stays_true_while_assets_come_and_go(box: Mam, project: str) -> None:
    # Given an outline, and the cursors between which its second window lies
    found = outline.outline(box, SYSTEM, sort="title", project_id=project)
    span = {
        "sort": "title",
        "project_id": project,
        "cursor": found["cursors"][0],
        "until": found["cursors"][1],
    }
    before = [one["id"] for one in assets.list_assets(box, SYSTEM, limit=200, **span)["items"]]
    # When one in the first window goes, one of the second goes, and one comes into the second
    first = outline.ids(box, SYSTEM, sort="title", project_id=project)["items"][3][0]
    assets.delete_asset(box, SYSTEM, first)
    assets.delete_asset(box, SYSTEM, before[5])
    new = assets.create_asset(box, SYSTEM, project_id=project, title="take 45 again")["id"]
    # Then the second window is what it was, without the one and with the other, and no neighbour's card
    after = [one[0] for one in outline.ids(box, SYSTEM, **span)["items"]]
    assert set(after) == {*before, new} - {before[5]}
    # And after the last cursor nothing follows
    rest = outline.outline(box, SYSTEM, sort="title", project_id=project, cursor=found["cursors"][-1])
    assert (rest["count"], rest["cursors"]) == (0, [])


def test_more_ids_than_fit_come_in_pieces(box: Mam, project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "MOST", 50)
    found: list[str] = []
    cursor = None
    while True:
        piece = outline.ids(box, SYSTEM, project_id=project, cursor=cursor)
        found += [one[0] for one in piece["items"]]
        cursor = piece["next_cursor"]
        if cursor is None:
            break
    assert len(found) == len(set(found)) == 130


def test_a_foreign_project_and_a_bad_cursor_are_refused(box: Mam, project: str) -> None:
    user = accounts.add_user(box, email="a@example.org", name="A", password="correct horse battery")
    stranger = Actor(user["id"], "a@example.org", "A", ("member",))
    for ask in (outline.outline, outline.ids):
        with pytest.raises(NotFoundError):
            ask(box, stranger, project_id=project)
        with pytest.raises(ValidationError):
            ask(box, SYSTEM, project_id=project, cursor="nonsense")
        with pytest.raises(ValidationError):
            ask(box, SYSTEM, project_id=project, sort="moon")
    with pytest.raises(ValidationError):
        outline.ids(box, SYSTEM, project_id=project, until="nonsense")
