"""Projects keep an owner; folders are a tree that loses nothing."""

from __future__ import annotations

import threading

import pytest

from mam import models
from mam.core import Mam
from mam.errors import ConflictError, MamError, NotFoundError, ValidationError
from mam.models import AuditEntry, Member
from mam.services import accounts, assets, folders, projects
from mam.types import Actor


@pytest.fixture
def ana(box: Mam) -> Actor:
    """A member."""
    return member(box, "ana")


def member(box: Mam, name: str) -> Actor:
    user = accounts.add_user(box, email=f"{name}@example.org", name=name, password="correct horse")
    return Actor(user["id"], user["email"], name, ("member",))


def test_whoever_makes_a_project_owns_it(box: Mam, ana: Actor) -> None:
    project = projects.create_project(box, ana, name="P")
    assert project["role"] == "owner"
    assert [one["user_id"] for one in project["members"]] == [ana.user_id]
    listed = projects.list_projects(box, ana)["items"]
    assert [(one["name"], one["role"], one["assets"]) for one in listed] == [("P", "owner", 0)]
    assert AuditEntry.select().where(AuditEntry.action == "project.created").count() == 1


def test_lists_have_pages(box: Mam, ana: Actor) -> None:
    for name in "cab":
        projects.create_project(box, ana, name=name)
    first = projects.list_projects(box, ana, sort="name", limit=2)
    second = projects.list_projects(box, ana, sort="name", limit=2, cursor=first["next_cursor"])
    assert [one["name"] for one in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next_cursor"] is None


def test_two_owners_cannot_both_leave(box: Mam, ana: Actor) -> None:
    """Given two owners, when both are removed at the same moment, then one stays."""
    ben = member(box, "ben")
    project_id = projects.create_project(box, ana, name="P")["id"]
    projects.set_member(box, ana, project_id, str(ben.user_id), "owner")
    together = threading.Barrier(2)
    refused: list[str] = []

    def leave(actor: Actor) -> None:
        with models.database.connection_context():
            together.wait()
            try:
                projects.remove_member(box, actor, project_id, str(actor.user_id))
            except MamError as error:
                refused.append(error.error_code)

    threads = [threading.Thread(target=leave, args=(actor,)) for actor in (ana, ben)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["last_owner"]
    assert Member.select().where(Member.role == "owner").count() == 1


def test_roles_and_people_have_to_exist(box: Mam, ana: Actor) -> None:
    project_id = projects.create_project(box, ana, name="P")["id"]
    with pytest.raises(ValidationError):
        projects.set_member(box, ana, project_id, str(ana.user_id), "god")
    for unknown in ("x", "01a1fd6e-4f2c-7d20-a5d5-c75965e44e3a"):
        with pytest.raises(NotFoundError):
            projects.set_member(box, ana, project_id, unknown, "viewer")
    with pytest.raises(NotFoundError):
        projects.remove_member(box, ana, project_id, str(member(box, "ben").user_id))


def test_a_folder_goes_and_its_contents_stay(box: Mam, ana: Actor) -> None:
    project_id = projects.create_project(box, ana, name="P")["id"]
    outer = folders.create_folder(box, ana, project_id, name="outer")
    inner = folders.create_folder(box, ana, project_id, name="inner", parent_id=outer["id"])
    below = folders.create_folder(box, ana, project_id, name="below", parent_id=inner["id"])
    asset = assets.create_asset(box, ana, project_id=project_id, folder_id=inner["id"], title="T")
    folders.delete_folder(box, ana, inner["id"])
    assert assets.get_asset(box, ana, asset["id"])["folder_id"] == outer["id"]
    found = {one["name"]: one["parent_id"] for one in folders.list_folders(box, ana, project_id)["items"]}
    assert found == {"outer": None, "below": outer["id"]}
    assert below["parent_id"] == inner["id"]


def test_a_folder_cannot_be_inside_itself(box: Mam, ana: Actor) -> None:
    project_id = projects.create_project(box, ana, name="P")["id"]
    outer = folders.create_folder(box, ana, project_id, name="outer")
    inner = folders.create_folder(box, ana, project_id, name="inner", parent_id=outer["id"])
    for parent in (outer["id"], inner["id"]):
        with pytest.raises(ValidationError):
            folders.update_folder(box, ana, outer["id"], parent_id=parent)
    assert folders.update_folder(box, ana, inner["id"], parent_id=None)["parent_id"] is None
    assert folders.update_folder(box, ana, inner["id"], name="renamed")["parent_id"] is None


def test_folders_stay_in_their_project(box: Mam, ana: Actor) -> None:
    """Promise G3: an id of another project is no parent here."""
    one = projects.create_project(box, ana, name="1")["id"]
    other = projects.create_project(box, ana, name="2")["id"]
    folder = folders.create_folder(box, ana, one, name="F")
    with pytest.raises(ValidationError):
        folders.create_folder(box, ana, other, name="G", parent_id=folder["id"])


def test_folders_have_a_floor(box: Mam, ana: Actor) -> None:
    project_id = projects.create_project(box, ana, name="P")["id"]
    parent = None
    for depth in range(folders.MAX_DEPTH):
        parent = folders.create_folder(box, ana, project_id, name=str(depth), parent_id=parent)["id"]
    with pytest.raises(ConflictError):
        folders.create_folder(box, ana, project_id, name="deeper", parent_id=parent)


def test_a_project_comes_back_from_the_trash(box: Mam, ana: Actor) -> None:
    # Given a project in the trash
    project_id = projects.create_project(box, ana, name="P")["id"]
    projects.delete_project(box, ana, project_id)
    with pytest.raises(NotFoundError):
        projects.get_project(box, ana, project_id)
    # When somebody who may not asks, then it does not exist; its owner gets it back
    with pytest.raises(NotFoundError):
        projects.restore_project(box, member(box, "ben"), project_id)
    assert projects.restore_project(box, ana, project_id)["name"] == "P"
    assert [one["id"] for one in projects.list_projects(box, ana)["items"]] == [project_id]
