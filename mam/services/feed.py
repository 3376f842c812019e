"""What an open project page follows: the previews that are not finished. Reads only."""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.models import Asset, Version
from mam.services import access
from mam.services.preview_state import status_of
from mam.services.shapes import Shape
from mam.types import Actor

MOST = 100
"""Unfinished previews told at once, the newest first; the others are told as they change."""


def unfinished(mam: Mam, actor: Actor, project_id: str) -> list[Shape]:
    """The states of the project's previews that wait or are being made."""
    access.require_project(mam, actor, "preview.read", project_id)
    query: Any = Version.select(Version).join(Asset)
    query = query.where((Asset.project == project_id) & Asset.deleted_at.is_null())
    query = query.where(Version.preview_status.in_(("queued", "processing")))
    return [status_of(version) for version in query.order_by(Version.id.desc()).limit(MOST)]
