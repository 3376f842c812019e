"""Home: the projects in reach with what is open in each, at a number of queries that does not grow."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from comment_stage import make_stage, make_version

from mam.core import Mam
from mam.ids import new_id
from mam.models import Asset, Comment, Member, Project, Rendition, User, Version
from mam.services import home
from mam.types import Actor


@contextmanager
def queries() -> Iterator[list[str]]:
    """The statements that are run meanwhile."""
    found: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(str(record.msg))  # type: ignore[method-assign]
    log = logging.getLogger("peewee")
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield found
    finally:
        log.setLevel(before)
        log.removeHandler(handler)


def make_project(name: str, actor: Actor, assets: int) -> str:
    project = Project.create(name=name)
    Member.create(project=project, user=actor.user_id, role="reviewer")
    for at in range(assets):
        asset = Asset.create(project=project, title=f"Shot {at}")
        version_id, generation = make_version(asset.id), new_id()
        Version.update(preview_generation=generation).where(Version.id == version_id).execute()
        Rendition.create(version=version_id, generation=generation, name="poster", kind="poster")
        Asset.update(current_version_id=version_id).where(Asset.id == asset.id).execute()
    return str(project.id)


def somebody() -> Actor:
    user = User.create(email="home@example.org", display_name="Hanna", status="active")
    return Actor(user.id, roles=("member",))


def test_a_row_says_what_is_open(box: Mam) -> None:
    # Given a project with an open, a resolved, an internal and a deleted note, and an asset in review
    stage = make_stage(box)
    stage.write(body="Open")
    stage.write("owner", body="Internal", internal=True)
    Comment.update(deleted_at=1).where(Comment.id == stage.write(body="Gone")["id"]).execute()
    Comment.update(resolved_at=1).where(Comment.id == stage.write(body="Done")["id"]).execute()
    Asset.update(current_version_id=stage.version_id).where(Asset.id == stage.asset_id).execute()
    Version.update(review_status="in_review", review_due_at=1).where(Version.id == stage.version_id).execute()
    # When an editor and a reviewer come home, then each is told of the notes that they may see
    for who, notes in (("editor", 2), ("reviewer", 1)):
        row = home.overview(box, stage.people[who])["items"][0]
        told = {key: row[key] for key in ("assets", "size", "notes", "reviews", "overdue", "people_count")}
        assert told == {
            "assets": 1, "size": 5, "notes": notes, "reviews": 1, "overdue": 1, "people_count": 4
        }  # fmt: skip
    assert home.overview(box, stage.people["stranger"])["items"] == []


def test_the_number_of_queries_does_not_grow(box: Mam) -> None:
    # Given one project, then thirty with posters and people
    actor = somebody()
    make_project("First", actor, 1)
    with queries() as few:
        home.overview(box, actor, limit=200)
    for at in range(29):
        make_project(f"Project {at}", actor, 2)
    # When home is read again
    with queries() as many:
        found = home.overview(box, actor, limit=200)
    # Then it asked as often as before, and every row is whole
    assert len(many) == len(few) <= 9
    assert {len(one["pictures"]) for one in found["items"]} == {1, 2}
    assert all(one["people"] == ["Hanna"] for one in found["items"])


def test_pages_go_by_activity_and_names_are_found(box: Mam) -> None:
    # Given projects of which the oldest was worked in last
    actor = somebody()
    ids = [make_project(name, actor, 1) for name in ("Übersee", "Hafen", "Ubahn 100%")]
    for id_ in (ids[1], ids[2], ids[0]):
        asset = Asset.get(Asset.project == id_)
        asset.updated_at = asset.updated_at.replace(year=2040 + [ids[1], ids[2], ids[0]].index(id_))
        asset.save()
    # When home is read two at a time
    first = home.overview(box, actor, limit=2)
    second = home.overview(box, actor, limit=2, cursor=first["next_cursor"])
    # Then the latest activity comes first and nothing twice
    assert [one["id"] for one in first["items"] + second["items"]] == [ids[0], ids[2], ids[1]]
    assert second["next_cursor"] is None

    # And names are found in any case, signs meaning themselves
    def names(q: str) -> list[Any]:
        return [one["name"] for one in home.overview(box, actor, q=q)["items"]]

    assert (names("üBER"), names("100%"), names("xyz")) == (["Übersee"], ["Ubahn 100%"], [])
