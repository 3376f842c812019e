"""Steps that several tests of uploads share: a project with an asset, bytes, sending parts."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mam.core import Mam
from mam.models import Asset, Member, Project, User
from mam.services import uploads
from mam.types import SYSTEM, Actor

PART = 16 << 20
"""The default part size of a box."""


@dataclass
class Sending:
    """A file on its way into an asset."""

    mam: Mam
    asset: Asset
    data: bytes
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.answer["upload_id"])

    def presign(self, actor: Actor = SYSTEM, **more: Any) -> Sending:
        given = {"asset_id": self.asset.id, "filename": "clip.mov", "size": len(self.data), **more}
        self.answer = uploads.presign(self.mam, actor, **given)
        return self

    def send(self, number: int, data: bytes | None = None) -> dict[str, Any]:
        piece = self.data[(number - 1) * PART : number * PART] if data is None else data
        token = self.answer["parts"][number - 1]["url"].rpartition("/")[2]
        part = uploads.write_part(self.mam, token, iter([piece]), len(piece))
        return {"number": part.number, "etag": part.etag}

    def send_all(self) -> list[dict[str, Any]]:
        return [self.send(part["number"]) for part in self.answer["parts"]]

    def promote(self, **more: Any) -> dict[str, Any]:
        return uploads.promote(self.mam, SYSTEM, self.id, **more)


def make_asset(title: str = "Rushes") -> Asset:
    project = Project.create(name=title)
    return Asset.create(project=project, title=title)


def sending(mam: Mam, size: int = 1000, asset: Asset | None = None) -> Sending:
    return Sending(mam, asset or make_asset(), os.urandom(size))


def member(asset: Asset, role: str, email: str = "m@example.org") -> Actor:
    user = User.create(email=email, display_name="M", status="active")
    Member.create(project=asset.project_id, user=user, role=role)
    return Actor(user.id, email, "M", ("member",))


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
