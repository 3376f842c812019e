"""The core's own permissions: who may do what by box-wide role and by role in the project.

The last answer of `mam_allow`: it always decides, so an action nobody has listed here is refused. Knows no
database and no request; writes nothing.
"""

from __future__ import annotations

from mam import hookimpl
from mam.types import Actor, Guest, Thing

BOX: dict[str, frozenset[str]] = {
    "member": frozenset({"project.create"}),
    "org_admin": frozenset({"project.create", "organisation.admin"}),
}
"""Actions on the box by box-wide role; `admin` may everything, everywhere."""

_VIEWER = frozenset({"project.read", "asset.read", "preview.read", "comment.read"})
_REVIEWER = _VIEWER | {"comment.write", "review.decide"}
_EDITOR = _REVIEWER | {
    "folder.write",
    "asset.write",
    "asset.delete",
    "upload.create",
    "preview.render",
    "master.download",
    "preview.download",
    "master.verify",
    "comment.manage",
    "review.request",
    "share.manage",
}
_OWNER = _EDITOR | {"project.update", "project.delete", "member.manage", "master.hold", "webhook.manage"}

PROJECT: dict[str, frozenset[str]] = {
    "viewer": _VIEWER,
    "reviewer": _REVIEWER,
    "editor": _EDITOR,
    "owner": _OWNER,
}
"""Actions in a project by the role held there."""

FLOOR: frozenset[str] = _VIEWER
"""What every role in a project may: whoever belongs to it sees it; lists rely on that."""

GRANTABLE: frozenset[str] = _OWNER - {"member.manage", "project.delete"}
"""What a role that administrators make may hold: never who belongs to a project, nor its end."""

_GUEST = frozenset({"asset.read", "preview.read", "comment.read"})

ACTIONS: frozenset[str] = _OWNER | BOX["org_admin"] | {"box.admin"}
"""Every action the core asks about."""


@hookimpl
def mam_allow(actor: Actor, action: str, thing: Thing) -> bool:
    """Yes to administrators and the box itself, else what the role in the project or on the box says."""
    if actor.is_admin or actor.is_system:
        return True
    if actor.guest is not None:
        return thing.shared and action in guest_actions(actor.guest)
    if actor.user_id is None:
        return False
    if thing.kind == "box":
        return any(action in BOX.get(role, ()) for role in actor.roles)
    if thing.role in PROJECT:
        return action in PROJECT[thing.role]
    return action in thing.actions & GRANTABLE


def guest_actions(guest: Guest) -> frozenset[str]:
    """What a guest may do to the things that the share shows, and to nothing else."""
    more = {"comment.write"} if guest.may_comment else set()
    if guest.may_decide:
        more.add("review.decide")
    if guest.download != "none":
        more.add("preview.download")
    if guest.download == "original":
        more.add("master.download")
    return _GUEST | more
