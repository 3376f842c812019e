"""What the calls about batches take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from mam.services.batches_do import MOST
from mam.web.api.inputs import Tags, Title
from mam.web.bodies import Id, Input, Page

_UNSENT: Any = None
"""Default of a field that may be left out but not be null."""

_PROJECT, _FOLDER = "01a1ff8e-7c00-7000-8000-000000000001", "01a1ff8e-7c00-7000-8000-000000000002"
_ASSETS = ("01a1ff8e-7c00-7000-8000-000000000003", "01a1ff8e-7c00-7000-8000-000000000004")
_EXAMPLES = [
    {"operation": "tag", "items": [{"asset_id": one} for one in _ASSETS], "options": {"tags": ["rushes"]}},
    {
        "operation": "move",
        "items": [{"asset_id": _ASSETS[0]}, {"asset_id": _ASSETS[1], "folder_id": None}],
        "options": {"folder_id": _FOLDER},
    },
    {
        "operation": "create",
        "items": [{"title": "A001", "tags": ["day 1"]}, {"title": "A002"}],
        "options": {"project_id": _PROJECT},
    },
    {"operation": "transcode", "items": [{"asset_id": one} for one in _ASSETS]},
]
Field64 = Annotated[str, Field(min_length=1, max_length=64)]


class BatchOptions(Input):
    """What holds for every item that does not say otherwise. `folder_id` null is the project's top.

    `force` false leaves previews that are there as they are; it is for the operation transcode.
    """

    project_id: Id = _UNSENT
    folder_id: Id | None = None
    tags: Tags = _UNSENT
    metadata: dict[str, Any] = _UNSENT
    field: Field64 = _UNSENT
    value: Any = None
    force: bool = _UNSENT


class BatchItemIn(Input):
    """One thing: an asset, for transcode also a version, for create a title; and values of its own."""

    asset_id: Id = _UNSENT
    version_id: Id = _UNSENT
    title: Title = _UNSENT
    project_id: Id = _UNSENT
    folder_id: Id | None = None
    tags: Tags = _UNSENT
    metadata: dict[str, Any] = _UNSENT
    field: Field64 = _UNSENT
    value: Any = None


class BatchIn(Input):
    """One operation on many things; which fields they take depends on it."""

    model_config = ConfigDict(json_schema_extra={"examples": _EXAMPLES})  # type: ignore[dict-item]

    operation: Literal["create", "tag", "untag", "move", "set_field", "trash", "restore", "transcode"]
    items: Annotated[list[BatchItemIn], Field(min_length=1, max_length=MOST)]
    options: BatchOptions = Field(default_factory=BatchOptions)


class BatchList(Page):
    """Your batches, or those of them in one state."""

    state: Literal["queued", "running", "done", "cancelled"] | None = None


class BatchItemList(Page):
    """The items of a batch, or those of them in one state."""

    state: Literal["waiting", "done", "failed", "cancelled"] | None = None
