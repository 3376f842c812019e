"""What somebody may not see does not exist; what they see but may not change is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from mam.core import Mam
from mam.errors import ForbiddenError, NotFoundError
from mam.ids import new_id
from mam.models import Asset, Member, Project, Upload, User, Version, database, now
from mam.services import access
from mam.types import SYSTEM, Actor

ASKS: dict[str, Callable[..., Any]] = {
    "project": access.require_project,
    "asset": access.require_asset,
    "version": access.require_version,
    "upload": access.require_upload,
}


@dataclass
class House:
    """A project with one of everything, and people who may more or less there."""

    ids: dict[str, str]
    people: dict[str, Actor]


@pytest.fixture
def house(box: Mam) -> House:
    return _house()


def _house() -> House:
    project = Project.create(name="Rushes")
    asset = Asset.create(project=project, title="A001")
    version = Version.create(
        asset=asset, number=1, filename="a", size=1, sha256="", xxh128="", master_key="k"
    )
    upload = Upload.create(
        asset=asset,
        filename="a",
        size=1,
        part_size=1,
        staging_key="s",
        store_ref="r",
        expires_at=now() + timedelta(1),
    )
    people = {role: _person(role) for role in ("owner", "editor", "reviewer", "viewer", "stranger")}
    for role in access.ROLES:
        Member.create(project=project, user=people[role].user_id, role=role)
    people["admin"] = Actor(_person("admin").user_id, roles=("admin",))
    ids = {"project": project.id, "asset": asset.id, "version": version.id, "upload": upload.id}
    return House(ids, people)


def _person(name: str) -> Actor:
    user = User.create(email=f"{name}@x.y", display_name=name, status="active")
    return Actor(user.id, roles=("member",))


@contextmanager
def _counted() -> Iterator[list[str]]:
    """The SQL of every query asked inside."""
    asked: list[str] = []
    real = database.obj.execute_sql  # type: ignore[attr-defined]

    def counting(sql: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(sql)
        return real(sql, *args, **kwargs)

    database.obj.execute_sql = counting  # type: ignore[attr-defined]
    try:
        yield asked
    finally:
        del database.obj.execute_sql  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", list(ASKS))
def test_foreign_ids_do_not_exist(box: Mam, house: House, kind: str) -> None:
    """Promise G2: another's id answers as an unknown one does, after the same one query."""
    # Given somebody without a role in the project
    stranger, ask = house.people["stranger"], ASKS[kind]
    for action in ("asset.read", "asset.delete", "project.delete"):
        # When a foreign id and one that nobody has are asked for
        with _counted() as foreign_sql, pytest.raises(NotFoundError) as foreign:
            ask(box, stranger, action, house.ids[kind])
        with _counted() as unknown_sql, pytest.raises(NotFoundError) as unknown:
            ask(box, stranger, action, new_id())
        # Then both say the same and cost the same
        assert foreign.value.detail == unknown.value.detail
        assert foreign_sql == unknown_sql
        assert len(foreign_sql) == 1


@pytest.mark.parametrize("kind", list(ASKS))
@pytest.mark.parametrize("text", ["", "1", "../etc", "x" * 5000, "nul\x00", "\ud800", "%00", "' OR 1=1 --"])
def test_a_text_that_is_no_id_is_never_asked_of_the_database(sqlite_box: Mam, kind: str, text: str) -> None:
    with _counted() as asked, pytest.raises(NotFoundError):
        ASKS[kind](sqlite_box, SYSTEM, "asset.read", text)
    assert asked == []


def test_members_see_and_are_refused_what_their_role_does_not_say(box: Mam, house: House) -> None:
    # Given a viewer and an editor
    viewer, editor = house.people["viewer"], house.people["editor"]
    # When they ask for what they may
    asset = access.require_asset(box, viewer, "asset.read", house.ids["asset"])
    version, of = access.require_version(box, editor, "preview.render", house.ids["version"])
    upload, of_upload = access.require_upload(box, editor, "upload.create", house.ids["upload"])
    # Then the rows come
    assert asset.id == of.id == of_upload.id == house.ids["asset"]
    assert (version.id, upload.id) == (house.ids["version"], house.ids["upload"])
    # And what they may not is refused, not hidden
    with pytest.raises(ForbiddenError):
        access.require_asset(box, viewer, "asset.write", house.ids["asset"])
    with pytest.raises(ForbiddenError):
        access.require_version(box, viewer, "master.download", house.ids["version"])
    for action in ("project.update", "project.delete", "member.manage"):
        with pytest.raises(ForbiddenError):
            access.require_project(box, editor, action, house.ids["project"])


@pytest.mark.parametrize("name", ["owner", "admin"])
def test_owners_and_administrators_may_everything_there(box: Mam, house: House, name: str) -> None:
    for kind, ask in ASKS.items():
        assert ask(box, house.people[name], "asset.delete", house.ids[kind])
    assert access.require_project(box, house.people[name], "member.manage", house.ids["project"])


def test_the_trash_hides_things_even_from_their_owner(box: Mam, house: House) -> None:
    # Given an asset in the trash
    owner, asset_id = house.people["owner"], house.ids["asset"]
    Asset.update(deleted_at=now()).where(Asset.id == asset_id).execute()
    # Then it, its versions and its uploads are gone, unless the trash is what was asked for
    for kind in ("asset", "version", "upload"):
        with pytest.raises(NotFoundError):
            ASKS[kind](box, owner, "asset.read", house.ids[kind])
    assert access.require_asset(box, owner, "asset.delete", asset_id, trashed=True).id == asset_id
    # And when the project is thrown away, so is everything in it
    Asset.update(deleted_at=None).where(Asset.id == asset_id).execute()
    Project.update(deleted_at=now()).where(Project.id == house.ids["project"]).execute()
    for kind, ask in ASKS.items():
        with pytest.raises(NotFoundError):
            ask(box, SYSTEM, "asset.read", house.ids[kind])


def test_visible_projects_are_the_own_ones_and_all_for_administrators(box: Mam, house: House) -> None:
    # Given a second project, of nobody
    Asset.create(project=Project.create(name="Other"), title="B001")
    # Then lists narrow to what one has a role in
    own = access.visible_projects(box, house.people["viewer"])
    assert [row.title for row in Asset.select().where(Asset.project.in_(own))] == ["A001"]
    none = access.visible_projects(box, house.people["stranger"])
    assert Asset.select().where(Asset.project.in_(none)).count() == 0
    assert access.visible_projects(box, house.people["admin"]) is None
    # And a thrown away project is in no list
    Project.update(deleted_at=now()).where(Project.id == house.ids["project"]).execute()
    assert list(access.visible_projects(box, house.people["viewer"]).tuples()) == []


def test_a_thing_of_a_row_that_is_held_already_carries_the_role(box: Mam, house: House) -> None:
    thing = access.actor_thing(house.people["editor"], "folder", "f", house.ids["project"])
    assert (thing.role, thing.project_id) == ("editor", house.ids["project"])
    assert access.actor_thing(SYSTEM, "folder", "f", house.ids["project"]).role is None


def test_the_box_is_visible_to_all_and_administered_by_administrators(sqlite_box: Mam) -> None:
    access.require(sqlite_box, Actor("u", roles=("member",)), "project.create")
    access.require(sqlite_box, SYSTEM, "box.admin")
    with pytest.raises(ForbiddenError):
        access.require(sqlite_box, Actor("u", roles=("member",)), "box.admin")
