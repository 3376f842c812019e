"""What the calls about versions in a stack take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mam.web.api.inputs import Line
from mam.web.bodies import Id, Input, Page


class VersionList(Page):
    """Which versions of an asset: those in its stack, those taken out, or all."""

    state: Literal["kept", "removed", "all"] = "kept"


class VersionPatch(Input):
    """A version's note of one line; empty takes it away."""

    label: Annotated[str, Field(max_length=200), Line]


class StackIn(Input):
    """The asset whose versions become the next ones of this asset."""

    from_asset_id: Id


class UnstackIn(Input):
    """The versions to be taken off again."""

    version_ids: Annotated[list[Id], Field(min_length=1, max_length=200)]


class CarryIn(Input):
    """Which open notes to carry: all of a version's, or those named; with their replies or without."""

    from_version_id: Id
    comment_ids: Annotated[list[Id], Field(min_length=1, max_length=500)] | None = None
    replies: bool = False
