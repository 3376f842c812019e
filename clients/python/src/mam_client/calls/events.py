"""Calls of `events`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def list_event_types() -> Call[models.Page[models.EventTypeRow]]:
    """The types of events that webhooks and streams tell."""
    return Call("list_event_types", "GET", "/api/events/types")


def list_events(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    project_id: str | None | Unset = UNSET,
    types: str | None | Unset = UNSET,
) -> ListCall[models.EventBody]:
    """Events that you may hear, oldest first."""
    return ListCall(
        "list_events",
        "GET",
        "/api/events/history",
        query=given({"cursor": cursor, "limit": limit, "project_id": project_id, "types": types}),
    )
