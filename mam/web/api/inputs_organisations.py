"""What the calls about organisations take."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from mam.web.api.inputs import Name
from mam.web.api.inputs_shares import Accent, Studio
from mam.web.bodies import Id, Input, Page

_UNSENT: Any = None

Quota = Annotated[int, Field(ge=0, le=(1 << 63) - 1, description="In bytes; null is no limit.")]


class OrganisationIn(Input):
    """A new organisation; the keys of its masters begin with `org/slug/`, which never changes."""

    name: Name
    slug: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]
    quota_bytes: Quota | None = None


class OrganisationPatch(Input):
    """What is to change of an organisation."""

    name: Name = _UNSENT
    quota_bytes: Quota | None = None
    studio: Studio = _UNSENT
    accent: Accent | None = None


class UserList(Page):
    """People, of one organisation where it is named."""

    organisation_id: Id | None = None
