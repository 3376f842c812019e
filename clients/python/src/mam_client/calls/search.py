"""Calls of `search`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Literal

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def search(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    q: str | Unset = UNSET,
    project_id: str | None | Unset = UNSET,
    folder_id: str | None | Unset = UNSET,
    kind: Literal["video", "image", "audio", "document", "other"] | None | Unset = UNSET,
    status: Literal["awaiting_upload", "uploading", "promoting", "processing", "ready", "failed"]
    | None
    | Unset = UNSET,
    tag: str | None | Unset = UNSET,
    person: str | None | Unset = UNSET,
    since: str | None | Unset = UNSET,
    to: str | None | Unset = UNSET,
    field: str | None | Unset = UNSET,
) -> ListCall[models.Hit]:
    """Assets with every word, the best first, with what was found marked."""
    return ListCall(
        "search",
        "GET",
        "/api/search",
        query=given(
            {
                "cursor": cursor,
                "limit": limit,
                "q": q,
                "project_id": project_id,
                "folder_id": folder_id,
                "kind": kind,
                "status": status,
                "tag": tag,
                "person": person,
                "since": since,
                "to": to,
                "field": field,
            }
        ),
    )


def suggest(
    *,
    q: str | Unset = UNSET,
    project_id: str | None | Unset = UNSET,
) -> Call[models.Suggestions]:
    """Titles, tags and people that may be meant."""
    return Call("suggest", "GET", "/api/search/suggest", query=given({"q": q, "project_id": project_id}))
