"""What the calls about versions in a stack answer: models for the OpenAPI document, held to by a test."""

from __future__ import annotations

from typing import Literal

from mam.web.api.answers import Answer
from mam.web.api.answers_notes import Comment


class Uploader(Answer):
    """Who brought a version; null for an account that is gone."""

    id: str
    display_name: str


class NoteCount(Answer):
    """The notes on a version that the caller may see, replies not among them."""

    open: int
    all: int


class StackedVersion(Answer):
    """A version as it stands in its asset's stack; `removed_at` where it was taken out."""

    id: str
    asset_id: str
    number: int
    label: str
    filename: str
    size: int
    current: bool
    status: Literal["queued", "processing", "ready", "failed", "unsupported"]
    playable: bool
    percent: float
    review: Literal["in_review", "approved", "changes_requested"] | None
    notes: NoteCount
    uploader: Uploader | None
    locked: bool
    stacked_from: str | None
    removed_at: str | None
    created_at: str


class Stacked(Answer):
    """Which versions were moved, from where to where."""

    asset_id: str
    from_asset_id: str
    version_ids: list[str]


class Unstacked(Answer):
    """The assets that the versions are on now."""

    asset_ids: list[str]


class CarryOffer(Answer):
    """The nearest earlier version with open notes that are not on this one; nulls where there is none."""

    from_version_id: str | None
    number: int | None
    open: int


class Skipped(Answer):
    """A note that was not carried, and why."""

    comment_id: str
    reason: Literal["resolved", "already_there"]


class CarriedOver(Answer):
    """The copies; what was left out; how many stand on the whole, for their frame is beyond the end."""

    carried: list[Comment]
    skipped: list[Skipped]
    unplaced: int
