"""Calls of `collections`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def collection_assets(
    collection_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.Asset]:
    """The assets that fit a saved collection now."""
    return ListCall(
        "collection_assets",
        "GET",
        f"/api/collections/{collection_id}/assets",
        query=given({"cursor": cursor, "limit": limit}),
    )


def delete_collection(
    collection_id: str,
) -> Call[None]:
    """Forget a saved collection; its assets stay."""
    return Call("delete_collection", "DELETE", f"/api/collections/{collection_id}", reads="nothing")


def get_collection(
    collection_id: str,
) -> Call[models.Collection]:
    """A saved collection."""
    return Call("get_collection", "GET", f"/api/collections/{collection_id}")


def update_collection(
    collection_id: str,
    *,
    name: str | Unset = UNSET,
    filter: dict[str, str] | Unset = UNSET,
    shared: bool | Unset = UNSET,
) -> Call[models.Collection]:
    """Change a saved collection."""
    return Call(
        "update_collection",
        "PATCH",
        f"/api/collections/{collection_id}",
        body=given({"name": name, "filter": filter, "shared": shared}),
    )
