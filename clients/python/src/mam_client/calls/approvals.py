"""Calls of `approvals`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import ListCall, UNSET, Unset, given


def list_waiting_reviews(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    project_id: str | None | Unset = UNSET,
) -> ListCall[models.Waiting]:
    """The reviews that wait for you, the first due first."""
    return ListCall(
        "list_waiting_reviews",
        "GET",
        "/api/approvals",
        query=given({"cursor": cursor, "limit": limit, "project_id": project_id}),
    )
