"""What the calls of finding and ordering take: searches, many assets at once, tags, fields, collections."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from mam.services.bulk import MOST
from mam.web.api.inputs import AssetList, AssetStatus, Kind, Name, Tag
from mam.web.bodies import Id, Input, Page, Query

_UNSENT: Any = None
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
FieldQuery = Annotated[
    str, Field(max_length=400, description="`key:value`, `key:` for any value, `key>=value` or `key<=value`.")
]
Sort = Literal[  # more than the base has
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
    "title",
    "-title",
    "kind",
    "-kind",
    "status",
    "-status",
]
Typed = Annotated[str, Field(max_length=10_000)]
Option = Annotated[str, Field(min_length=1, max_length=200)]
FieldType = Literal["text", "number", "date", "choice", "choices", "checkbox", "person", "url"]
Collected = dict[Annotated[str, Field(max_length=32)], Annotated[str, Field(max_length=300)]]


class AssetSearchList(AssetList):
    """Which assets, in which order; words, filters and a custom field's value."""

    sort: Sort = "-created_at"  # type: ignore[assignment]
    person: Id | None = None
    since: Day | None = None
    to: Day | None = None
    field: FieldQuery | None = None


class SearchQuery(Page):
    """What is looked for; everything else narrows it."""

    q: Typed
    limit: int = Field(20, ge=1, le=100)
    project_id: Id | None = None
    folder_id: Id | None = None
    kind: Kind | None = None
    status: AssetStatus | None = None
    tag: Annotated[str, Field(max_length=100)] | None = None
    person: Id | None = None
    since: Day | None = None
    to: Day | None = None
    field: FieldQuery | None = None


class SuggestQuery(Query):
    """What was typed so far."""

    q: Typed
    project_id: Id | None = None


class BulkIn(Input):
    """One change to many assets; which argument is needed depends on the action."""

    asset_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST)]
    action: Literal["move", "tag", "untag", "trash", "restore", "set_field"]
    folder_id: Id | None = None
    tags: Annotated[list[Tag], Field(max_length=100)] = Field(default_factory=list)
    field: Annotated[str, Field(max_length=64)] | None = None
    value: Any = None


class TagRename(Input):
    """A tag's new name, one that is there already to merge both, or null to take it off everywhere."""

    name: Tag
    to: Tag | None


class CustomFieldIn(Input):
    """A field of a project's own."""

    name: Name
    type: FieldType
    options: Annotated[list[Option], Field(max_length=200)] = Field(default_factory=list)


class CustomFieldPatch(Input):
    """What is to change of a field; its type and key stay."""

    name: Name = _UNSENT
    options: Annotated[list[Option], Field(max_length=200)] = _UNSENT
    position: Annotated[int, Field(ge=0, le=1000)] = _UNSENT


class CustomFieldDelete(Query):
    """Whether the values go too."""

    values: bool = False


class CustomFieldList(Query):
    """The fields, or those that were deleted and still have values."""

    deleted: bool = False


class CollectionIn(Input):
    """A filter with a name."""

    name: Name
    filter: Collected
    shared: bool = False


class CollectionPatch(Input):
    """What is to change of a collection."""

    name: Name = _UNSENT
    filter: Collected = _UNSENT
    shared: bool = _UNSENT
