"""What the calls of finding and ordering answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from mam.web.api.answers import Answer, Asset, Trouble


class Snippet(Answer):
    """Where something was found; `html` is escaped but for its `<mark>`s."""

    field: Literal["filename", "tag", "metadata", "note", "text"]
    html: str
    version_id: str | None
    version_number: int | None
    comment_id: str | None
    frame: int | None
    page: int | None


class Hit(Answer):
    """An asset that was found."""

    asset_id: str
    project_id: str
    project_name: str
    folder_id: str | None
    title: str
    title_html: str
    kind: str | None
    status: str
    version_id: str | None
    blurhash: str | None
    width: int | None
    height: int | None
    duration: float | None
    created_at: str
    snippets: list[Snippet]


class SuggestedTitle(Answer):
    """An asset whose title fits."""

    asset_id: str
    title: str
    html: str
    project_name: str


class SuggestedTag(Answer):
    """A tag that begins so."""

    name: str
    html: str


class SuggestedPerson(Answer):
    """Somebody whose name fits."""

    user_id: str
    display_name: str
    html: str


class Suggestions(Answer):
    """What may be meant."""

    titles: list[SuggestedTitle]
    tags: list[SuggestedTag]
    people: list[SuggestedPerson]


class BulkResult(Answer):
    """What became of one asset."""

    asset_id: str
    changed: bool
    error: Trouble | None


class Bulk(Answer):
    """What became of each; `undo` are bodies of the same call that take it back."""

    results: list[BulkResult]
    undo: list[dict[str, Any]]


class Tag(Answer):
    """A tag and how many assets of the project have it."""

    name: str
    assets: int


class RenamedTag(Answer):
    """A tag's name now, and on how many assets it was changed."""

    name: str | None
    assets: int


class CustomField(Answer):
    """A field of a project's own; its values are `metadata[key]` of assets."""

    id: str
    project_id: str
    key: str
    name: str
    type: Literal["text", "number", "date", "choice", "choices", "checkbox", "person", "url"]
    options: list[str]
    position: int


class Collection(Answer):
    """A saved filter; not `shared` means that only the caller sees it."""

    id: str
    project_id: str
    name: str
    filter: dict[str, str]
    shared: bool
    created_by: str | None
    created_at: str
    updated_at: str


class TrashedAsset(Asset):
    """An asset in the trash: who put it there, until when its masters are locked."""

    trashed_at: str
    trashed_by: str | None
    locked_until: str | None
    legal_hold: bool
