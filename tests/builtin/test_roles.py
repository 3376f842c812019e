"""The core's own permissions, held to the table of the brief: role by action."""

from __future__ import annotations

import pytest

from mam.builtin.roles import ACTIONS, mam_allow
from mam.types import SYSTEM, Actor, Thing

READ = {"project.read", "asset.read", "preview.read", "comment.read"}
REVIEW = READ | {"comment.write", "review.decide"}
EDIT = REVIEW | {
    "folder.write",
    "asset.write",
    "asset.delete",
    "upload.create",
    "preview.render",
    "master.download",
    "master.verify",
    "comment.manage",
    "preview.download",
    "share.manage",
    "review.request",
}
OWN = EDIT | {"project.update", "project.delete", "member.manage", "master.hold", "webhook.manage"}
SOMEBODY = Actor("u", roles=("member",))
ADMIN = Actor("a", roles=("admin", "member"))


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("viewer", READ),
        ("reviewer", REVIEW),
        ("editor", EDIT),
        ("owner", OWN),
        (None, set()),
        ("boss", set()),
    ],
)
@pytest.mark.parametrize("kind", ["project", "asset", "version", "upload"])
def test_a_role_in_the_project_allows_exactly_its_actions(role: str | None, may: set[str], kind: str) -> None:
    # Given somebody with (or without) a role in a project
    thing = Thing(kind, "t", "p", role)
    # When every action is asked
    allowed = {action for action in ACTIONS if mam_allow(SOMEBODY, action, thing)}
    # Then exactly the role's are allowed, and nothing of the box
    assert allowed == may


def test_box_wide_rights_come_from_box_wide_roles_only() -> None:
    # Given the box itself
    box = Thing("box")
    # When people without role, with the member's and the administrator's ask
    answers = {
        actor: [action for action in sorted(ACTIONS) if mam_allow(actor, action, box)]
        for actor in (Actor("n"), SOMEBODY, Actor(None), Actor(None, roles=("member",)))
    }
    # Then only a member may make projects; nobody unknown may anything
    assert list(answers.values()) == [[], ["project.create"], [], []]


@pytest.mark.parametrize("actor", [ADMIN, SYSTEM])
def test_administrators_and_the_box_may_everything(actor: Actor) -> None:
    assert all(mam_allow(actor, action, Thing("asset", "t", "p")) for action in ACTIONS)


def test_the_owner_of_a_project_is_no_administrator() -> None:
    assert not mam_allow(SOMEBODY, "box.admin", Thing("project", "p", "p", "owner"))
    assert not mam_allow(SOMEBODY, "anything.else", Thing("project", "p", "p", "owner"))
