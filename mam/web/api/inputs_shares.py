"""What the calls about share links take."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from mam.web.api.inputs import AssetStatus, Kind, Line, Tag
from mam.web.bodies import Id, Input, Page

_UNSENT: Any = None
"""Default of a field that may be left out but not be null."""


def _written(value: Any) -> Any:
    """A moment is written out: a bare number could be seconds or anything."""
    if value is not None and not isinstance(value, str):
        raise ValueError("A moment such as 2026-11-21T09:30:00Z.")
    return value


ShareTitle = Annotated[str, Field(max_length=200), Line]
Studio = Annotated[str, Field(max_length=120), Line]
LinkPassword = Annotated[str, StringConstraints(strip_whitespace=False, min_length=4, max_length=1024)]
Views = Annotated[int, Field(ge=1, le=1_000_000)]
Moment = Annotated[datetime, BeforeValidator(_written), Field(strict=False)]
Watermark = Annotated[str, Field(max_length=120), Line]
Download = bool | Literal["none", "preview", "original"]
AssetIds = Annotated[list[Id], Field(min_length=1, max_length=200)]


Accent = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
"""A colour as browsers write it; what is too faint on a page is shown darker or lighter."""


class ShareFilters(Input):
    """What narrows a project or a folder."""

    kind: Kind = _UNSENT
    status: AssetStatus = _UNSENT
    tag: Tag = _UNSENT


class SharePatch(Input):
    """What is to change of a link; null takes a password, an end, a limit or a watermark away."""

    title: ShareTitle = _UNSENT
    studio: Studio = _UNSENT
    expires_at: Moment | None = None
    password: LinkPassword | None = None
    max_views: Views | None = None
    allow_comments: bool = _UNSENT
    allow_download: Download = _UNSENT
    watermark: bool | Watermark | None = None
    all_versions: bool = _UNSENT
    allow_decide: bool = _UNSENT
    decision_required: bool = _UNSENT
    accent: Accent | None = None


class ShareIn(SharePatch):
    """A new link: to some assets of one project, to a folder, a saved collection, or a project."""

    asset_ids: AssetIds | None = None
    project_id: Id | None = None
    folder_id: Id | None = None
    collection_id: Id | None = None
    filters: ShareFilters | None = None


class ShareList(Page):
    """A project's links."""

    project_id: Id
