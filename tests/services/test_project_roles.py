"""Roles that administrators make: in force at once, never climbing, deleted without leaving anybody bare."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mam import revocations
from mam.builtin.roles import FLOOR, GRANTABLE, PROJECT, mam_allow
from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, NotFoundError, ValidationError
from mam.models import AuditEntry, Invitation, Member, ProjectRole, User, now
from mam.services import access, delivery, home, invitations, projects, roles
from mam.types import SYSTEM, Actor, KeyLimits, Thing

COLOURIST = ["comment.write", "upload.create", "master.download"]


@pytest.fixture
def place(box: Mam) -> dict[str, Any]:
    """A project of an owner's, a member who is a colourist there, and the role."""
    people = {
        name: User.create(email=f"{name}@example.org", display_name=name, status="active")
        for name in ("owner", "kim", "lee", "boss")
    }
    actors = {name: Actor(row.id, row.email, name, ("member",)) for name, row in people.items()}
    project = projects.create_project(box, actors["owner"], name="Rushes")
    role = roles.create_role(box, SYSTEM, name="Colourist", actions=COLOURIST)
    projects.set_member(box, actors["owner"], project["id"], people["kim"].id, role["key"])
    return {"project": project["id"], "role": role, **actors}


def may(mam: Mam, actor: Actor, project_id: str) -> set[str]:
    thing = access.actor_thing(actor, "project", project_id, project_id)
    return {action for action in PROJECT["owner"] if access.allowed(mam, actor, action, thing)}


def test_a_made_role_allows_what_was_ticked_and_changes_at_once(box: Mam, place: dict[str, Any]) -> None:
    # Given a colourist
    kim, project_id, role = place["kim"], place["project"], place["role"]
    assert role["key"] == "colourist"
    # Then they may what the role says, and read, and find the project in their lists
    assert may(box, kim, project_id) == FLOOR | set(COLOURIST)
    assert [row["id"] for row in projects.list_projects(box, kim)["items"]] == [project_id]
    assert [row["role"] for row in home.overview(box, kim)["items"]] == ["colourist"]
    # When the role changes, then the next question knows
    roles.update_role(box, SYSTEM, role["id"], {"name": "Grading", "actions": ["review.decide"]})
    assert may(box, kim, project_id) == FLOOR | {"review.decide"}
    # And its key stays, and the log tells all of it
    assert [(one["key"], one["name"]) for one in roles.list_roles(box, SYSTEM)["items"]][-1] == (
        "colourist", "Grading",
    )  # fmt: skip
    told = [row.action for row in AuditEntry.select().where(AuditEntry.subject_kind == "role")]
    assert sorted(told) == ["role.created", "role.updated"]


def test_downloads_signed_before_end_with_the_right(box: Mam, place: dict[str, Any]) -> None:
    # Given somebody who downloads masters by a made role
    tag = delivery.member_tag(place["project"], place["kim"].user_id)
    assert tag not in revocations.read(box.storage)
    # When the role loses it, then what was signed for them ends
    roles.update_role(box, SYSTEM, place["role"]["id"], {"actions": []})
    assert tag in revocations.read(box.storage)


@pytest.mark.parametrize(
    "action", ["member.manage", "project.delete", "project.create", "box.admin", "any.thing"]
)
def test_no_role_is_made_of_what_rules_people_or_the_box(sqlite_box: Mam, action: str) -> None:
    # Given an administrator who ticks what may not be ticked, then the box says which field
    with pytest.raises(ValidationError) as refused:
        roles.create_role(sqlite_box, SYSTEM, name="Boss", actions=[action])
    assert refused.value.errors[0].field == "actions"
    # And a row that says it all the same, written past the box, gives nothing
    assert not mam_allow(Actor("u"), action, Thing("project", "p", "p", "boss", actions=frozenset({action})))
    assert action not in GRANTABLE


def test_only_administrators_make_and_change_roles(sqlite_box: Mam) -> None:
    member, made = Actor("u", roles=("member",)), roles.create_role(sqlite_box, SYSTEM, name="A")
    for work in (
        lambda: roles.create_role(sqlite_box, member, name="B"),
        lambda: roles.get_role(sqlite_box, member, made["id"]),
        lambda: roles.update_role(sqlite_box, member, made["id"], {"name": "B"}),
        lambda: roles.delete_role(sqlite_box, member, made["id"]),
        lambda: roles.holders(sqlite_box, member),
    ):
        with pytest.raises(ForbiddenError):
            work()
    with pytest.raises(NotFoundError):
        roles.update_role(sqlite_box, SYSTEM, "no-id", {})


def test_names_and_keys_are_one_each(sqlite_box: Mam) -> None:
    # Given roles whose names make the same key, or none
    names = ["Client lead", "Client-Lead!", "Ünïcode rôle with a long name", "カラリスト", "調色", "Owner!"]
    keys = [roles.create_role(sqlite_box, SYSTEM, name=name)["key"] for name in names]
    assert keys == ["client-lead", "client-lead-2", "unicode-role-wit", "role", "role-2", "owner-2"]
    # Then a name that is there, in any case, or built in, is refused
    for name in ("CLIENT LEAD", "viewer", "Editor"):
        with pytest.raises(ConflictError):
            roles.create_role(sqlite_box, SYSTEM, name=name)
    # And so is one too many
    ProjectRole.insert_many(
        {"id": f"i{n}", "key": f"k{n}", "name": f"n{n}", "actions": []} for n in range(roles.MOST)
    ).execute()
    with pytest.raises(ConflictError):
        roles.create_role(sqlite_box, SYSTEM, name="One more")


def test_a_held_role_is_deleted_with_another_in_its_place(box: Mam, place: dict[str, Any]) -> None:
    # Given a role that a member holds, and somebody who was invited to it
    role, project_id = place["role"], place["project"]
    Invitation.create(
        token_hash="h", roles=["member"], places={project_id: role["key"]}, expires_at=now() + timedelta(1),
        created_by=place["boss"].user_id,
    )  # fmt: skip
    assert roles.holders(box, SYSTEM) == {"colourist": 2}
    # When it is to go, then not without another, nor with one that is none, itself, or owner
    with pytest.raises(ConflictError) as held:
        roles.delete_role(box, SYSTEM, role["id"])
    assert held.value.error_code == "role_held"
    for wrong in ("nobody", role["key"], "owner"):
        with pytest.raises(ValidationError):
            roles.delete_role(box, SYSTEM, role["id"], wrong)
    # And with one both have that
    roles.delete_role(box, SYSTEM, role["id"], "viewer")
    assert Member.get(Member.user == place["kim"].user_id).role == "viewer"
    (invited,) = invitations.list_invitations(box, SYSTEM)["items"]
    assert [one["role"] for one in invited["projects"]] == ["viewer"]
    # And it can be given to nobody any more
    with pytest.raises(ValidationError):
        projects.set_member(box, place["owner"], project_id, place["lee"].user_id, role["key"])


def test_nobody_climbs_by_giving_roles(box: Mam, place: dict[str, Any]) -> None:
    # Given somebody who manages members, and holds nothing else but reading
    project_id = place["project"]
    narrow = KeyLimits("key", frozenset({"member.manage", *FLOOR}), None)
    manager = replace(place["owner"], key=narrow)
    # Then they give what allows no more than they may
    assert projects.set_member(box, manager, project_id, place["lee"].user_id, "viewer")["role"] == "viewer"
    # And nothing mightier, built in or made, and take nobody's mightier role away
    for role in ("reviewer", "editor", "owner", "colourist"):
        with pytest.raises(ForbiddenError):
            projects.set_member(box, manager, project_id, place["lee"].user_id, role)
    with pytest.raises(ForbiddenError):
        projects.set_member(box, manager, project_id, place["kim"].user_id, "viewer")
    with pytest.raises(ForbiddenError):
        projects.remove_member(box, manager, project_id, place["kim"].user_id)
    # And whoever has a made role manages nobody at all
    with pytest.raises(ForbiddenError):
        projects.set_member(box, place["kim"], project_id, place["lee"].user_id, "viewer")
