"""What the calls about webhooks and events take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from mam.web.api.inputs import Line
from mam.web.api.inputs_shares import Moment
from mam.web.bodies import Id, Input, Page, Query

_UNSENT: Any = None
"""Default of a field that may be left out but not be null."""

Address = Annotated[str, Field(min_length=1, max_length=2000)]
Pattern = Annotated[str, Field(min_length=1, max_length=64), Line]
Patterns = Annotated[list[Pattern], Field(min_length=1, max_length=100)]
Description = Annotated[str, Field(max_length=200), Line]
Types = Annotated[
    str, Field(max_length=2000, description="Names or patterns such as comment.*, with commas.")
]


class WebhookIn(Input):
    """A new webhook: of a project, or of the box; `events` are names, patterns (`comment.*`), or `*`."""

    url: Address
    events: Patterns = _UNSENT
    project_id: Id | None = None
    description: Description = ""
    active: bool = True


class WebhookPatch(Input):
    """What is to change of a webhook."""

    url: Address = _UNSENT
    events: Patterns = _UNSENT
    description: Description = _UNSENT
    active: bool = _UNSENT


class WebhookList(Page):
    """The webhooks of one project, or all that you manage."""

    project_id: Id | None = None


class DeliveryList(Page):
    """The deliveries in one state; `dead` are those given up."""

    state: Literal["waiting", "sending", "delivered", "dead", "cancelled"] | None = None


class ResendIn(Input):
    """From when on; with `failed_only` false everything again, and what came while the webhook was off."""

    since: Moment
    failed_only: bool = True


class EventHistory(Page):
    """Events after the one whose id is the cursor, oldest first."""

    project_id: Id | None = None
    types: Types | None = None


class EventStream(Query):
    """What to hear, and after which event to begin; `Last-Event-ID` goes before `since`."""

    since: Id | None = None
    project_id: Id | None = None
    types: Types | None = None


class EventSocket(EventStream):
    """The same for a WebSocket, whose clients cannot send headers; `after` goes before `since`."""

    after: Id | None = None
