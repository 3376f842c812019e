"""An asset with a version at 29.97 drop-frame and somebody in each role: the stage of the tests of notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mam.core import Mam
from mam.ids import new_id
from mam.models import Asset, Member, Project, User, Version
from mam.services import comment_list, comments
from mam.types import Actor

DROP = {"frame_rate": "30000/1001", "start_timecode": "00:00:58;20", "drop_frame": True}


@dataclass
class Stage:
    """An asset with a version, and somebody in each role."""

    mam: Mam
    project_id: str
    asset_id: str
    version_id: str
    people: dict[str, Actor]

    def write(self, who: str = "editor", **more: Any) -> dict[str, Any]:
        wanted = {"version_id": self.version_id, "body": "Too dark", **more}
        return comments.create_comment(self.mam, self.people[who], self.asset_id, **wanted)

    def list(self, who: str = "editor", **more: Any) -> list[dict[str, Any]]:
        found = comment_list.list_comments(self.mam, self.people[who], self.asset_id, **more)
        return list(found["items"])


def make_version(asset_id: str, number: int = 1, media: dict[str, Any] | None = None) -> str:
    row = Version.create(
        asset=asset_id, number=number, filename="reel.mov", size=5, sha256="0" * 64, xxh128="0" * 32,
        master_key=new_id(), media=DROP if media is None else media,
    )  # fmt: skip
    return str(row.id)


def make_stage(mam: Mam) -> Stage:
    project = Project.create(name="Rushes")
    asset = Asset.create(project=project, title="Reel 1")
    people = {}
    for role in ("owner", "editor", "reviewer", "viewer"):
        user = User.create(email=f"{role}@example.org", display_name=role.title())
        Member.create(project=project, user=user, role=role)
        people[role] = Actor(user.id, email=user.email, roles=("member",))
    people["stranger"] = Actor(new_id(), roles=("member",))
    return Stage(mam, project.id, asset.id, make_version(asset.id), people)
