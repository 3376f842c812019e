"""Organisations: made, filled, bounded, ended; who belongs where, and where their masters lie."""

from __future__ import annotations

import pytest
from upload_steps import Sending, sending

from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, NotFoundError, QuotaExceededError, ValidationError
from mam.models import FIRST, Asset, AuditEntry, Member, Organisation, Project, Share, User, UserRole, Version
from mam.services import (
    accounts,
    branding,
    masters,
    organisations,
    people,
    projects,
    quota,
    review_state,
    shares,
)
from mam.types import SYSTEM, Actor

SIZE = 1000


def make(mam: Mam, **more: object) -> str:
    given = {"name": "Second", "slug": "second", **more}
    return str(organisations.create_organisation(mam, SYSTEM, **given)["id"])  # type: ignore[arg-type]


def person(home: str = FIRST, *roles: str, name: str = "bea") -> Actor:
    user = User.create(email=f"{name}@example.org", display_name=name, status="active", organisation_id=home)
    people.set_roles(user, roles or ("member",))
    given = tuple(sorted(people.roles_of([user.id])[user.id]))
    return Actor(user.id, user.email, name, given, organisation_id=home)


def asset_in(mam: Mam, actor: Actor) -> Asset:
    project = projects.create_project(mam, actor, name="Rushes")
    return Asset.create(project=project["id"], title="A001")


def stored(one: Sending) -> Version:
    one.presign()
    return Version.get_by_id(one.promote(parts=one.send_all())["version_id"])


def test_a_box_begins_with_one_that_owns_everything(box: Mam) -> None:
    # Given a box that knows nothing of organisations
    owner = person()
    asset = asset_in(box, owner)
    # When its administrator looks
    (only,) = organisations.list_organisations(box, SYSTEM)["items"]
    # Then there is one, with everything in it, and it cannot be ended
    assert (only["id"], only["is_first"], only["people"], only["projects"]) == (FIRST, True, 1, 1)
    assert (only["storage_prefix"], only["quota_bytes"]) == ("", None)
    assert Project.get_by_id(asset.project_id).organisation_id == FIRST
    with pytest.raises(ConflictError, match="stays"):
        organisations.delete_organisation(box, SYSTEM, FIRST)


def test_masters_of_another_one_lie_below_its_prefix(box: Mam) -> None:
    # Given a project in each organisation
    second = person(make(box))
    mine, theirs = sending(box, SIZE, asset_in(box, second)), sending(box, SIZE)
    # When a file is stored in each
    ours, first = stored(mine), stored(theirs)
    # Then the key begins with the prefix, the first organisation's keys are as ever
    assert ours.master_key == f"org/second/{ours.id}"
    assert first.master_key == first.id
    # And the bytes are there, no orphans, and count for their own organisation alone
    assert masters.orphans(box) == []
    with box.storage.open("masters", ours.master_key) as stream:
        assert stream.read() == mine.data
    assert quota.organisation_bytes(str(second.organisation_id)) == SIZE
    assert quota.organisation_bytes(FIRST) == SIZE
    assert quota.used_bytes(mine.asset.project_id) == SIZE


def test_its_quota_counts_all_its_projects(box: Mam) -> None:
    # Given room for one file and a half, and two projects
    second = person(make(box, quota_bytes=SIZE + SIZE // 2))
    stored(sending(box, SIZE, asset_in(box, second)))
    # When a second file comes into the other project, it is refused; elsewhere it is not
    with pytest.raises(QuotaExceededError, match="organisation"):
        sending(box, SIZE, asset_in(box, second)).presign()
    stored(sending(box, SIZE))
    # And with a wider one it is taken
    organisations.update_organisation(box, SYSTEM, str(second.organisation_id), {"quota_bytes": None})
    sending(box, SIZE, asset_in(box, second)).presign()


def test_members_are_of_the_organisation(box: Mam) -> None:
    # Given an owner in the second, and somebody of the first
    second, first = person(make(box)), person(name="ana")
    project_id = asset_in(box, second).project_id
    # When the one is to belong to the other's project, whoever asks
    for actor in (second, SYSTEM):
        with pytest.raises(NotFoundError):
            projects.set_member(box, actor, project_id, str(first.user_id), "viewer")
    # Then they do not; and an administrator of the box is neither named nor asked there
    admin = person(FIRST, "admin", name="root")
    leader = person(str(second.organisation_id), "org_admin", name="bob")
    assert {row.user_id for row in Member.select()} == {second.user_id}
    everybody = [str(one.user_id) for one in (first, admin, leader, second)]
    assert review_state.with_access(project_id, everybody) == {leader.user_id, second.user_id}


def test_moving_somebody(box: Mam) -> None:
    # Given somebody who belongs to a project of the first
    home, ana = make(box), person(name="ana")
    project_id = asset_in(box, ana).project_id
    box_admin = person(FIRST, "admin", name="root")
    # When they are to move, they have to leave their projects first
    with pytest.raises(ConflictError) as caught:
        accounts.update_user(box, box_admin, str(ana.user_id), organisation_id=home)
    assert caught.value.error_code == "in_projects"
    Member.delete().where(Member.project == project_id).execute()
    people.set_roles(User.get_by_id(ana.user_id), ["member", "org_admin"])
    # Then they move, and administer nothing by what they were
    moved = accounts.update_user(box, box_admin, str(ana.user_id), organisation_id=home)
    assert (moved["organisation_id"], moved["roles"]) == (home, ["member"])
    # And nobody administers the box from there, neither by moving nor by a role
    person(FIRST, "admin", name="other")
    with pytest.raises(ValidationError):
        accounts.update_user(box, box_admin, str(box_admin.user_id), organisation_id=home)
    with pytest.raises(ValidationError):
        accounts.update_user(box, box_admin, str(ana.user_id), roles=["admin"])
    people.set_roles(User.get_by_id(ana.user_id), ["admin"])
    assert not UserRole.select().where(UserRole.user == ana.user_id).exists()
    with pytest.raises(ValidationError):
        accounts.update_user(box, box_admin, str(ana.user_id), organisation_id=box_admin.user_id)


def test_an_administrator_of_one_changes_its_people_and_looks_alone(box: Mam) -> None:
    # Given an administrator of the second
    home = make(box)
    bob = person(home, "org_admin", name="bob")
    bea, ana = person(home), person(name="ana")
    # When they change their own people and looks, it is done
    accounts.update_user(box, bob, str(bea.user_id), status="disabled")
    changed = organisations.update_organisation(box, bob, home, {"studio": "Second", "accent": "#AA3300"})
    assert (changed["studio"], changed["accent"]) == ("Second", "#aa3300")
    # Then links that say nothing of their own look like that, and links of the first as ever
    told = shares.create(box, bob, project_id=asset_in(box, bob).project_id)
    shown = branding.brand(Share.get_by_id(told["id"]))
    assert (shown.studio, shown.accent) == ("Second", "#aa3300")
    told = shares.create(box, ana, project_id=asset_in(box, ana).project_id)
    shown = branding.brand(Share.get_by_id(told["id"]))
    assert (shown.studio, shown.accent) == ("", "")
    # And the quota, other organisations and the box's administrators are out of reach
    with pytest.raises(ForbiddenError):
        organisations.update_organisation(box, bob, home, {"quota_bytes": None})
    for refused in (FIRST, str(ana.user_id)):
        with pytest.raises(NotFoundError):
            organisations.get_organisation(box, bob, refused)
    with pytest.raises(NotFoundError):
        accounts.get_user(box, bob, str(ana.user_id))
    with pytest.raises(ForbiddenError):
        organisations.list_organisations(box, bea)


def test_an_administrator_of_the_first_does_not_touch_those_of_the_box(box: Mam) -> None:
    # Given an administrator of the box and one of its own organisation
    admin, leader = person(FIRST, "admin", name="root"), person(FIRST, "org_admin", name="bob")
    # When the latter wants to lock the former out, or to become one
    with pytest.raises(ForbiddenError):
        accounts.update_user(box, leader, str(admin.user_id), status="disabled")
    with pytest.raises(ValidationError):
        accounts.update_user(box, leader, str(leader.user_id), roles=["admin"])
    with pytest.raises(ForbiddenError):
        accounts.invite_user(
            box, leader, email="x@example.org", display_name="X", password="correct horse battery", admin=True
        )
    # Then nothing has changed
    assert people.active_admins() == {admin.user_id}


def test_ending_one_that_is_empty(box: Mam) -> None:
    # Given one with a project in the trash, and an invitation
    home = make(box)
    second = person(home)
    project_id = asset_in(box, second).project_id
    projects.delete_project(box, second, project_id)
    # When it is to end, it does not before it is empty
    with pytest.raises(ConflictError, match="people or projects"):
        organisations.delete_organisation(box, SYSTEM, home)
    Project.delete().where(Project.id == project_id).execute()
    User.delete().where(User.id == second.user_id).execute()
    organisations.delete_organisation(box, SYSTEM, home)
    # Then it is gone, and the log says so
    assert [one.id for one in Organisation.select()] == [FIRST]
    actions = [one.action for one in AuditEntry.select() if one.action.startswith("organisation.")]
    assert actions == ["organisation.created", "organisation.deleted"]


def test_a_slug_is_one_of_a_kind(box: Mam) -> None:
    make(box)
    with pytest.raises(ConflictError) as caught:
        make(box, name="Another")
    assert caught.value.error_code == "slug_taken"
    for slug in ("", "-a", "a-", "A", "a/b", "..", "x" * 41):
        with pytest.raises(ValidationError):
            make(box, slug=slug)
