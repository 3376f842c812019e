"""Calls of `batches`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Literal

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def cancel_batch(
    batch_id: str,
) -> Call[models.Batch]:
    """Leave what is not done yet undone; what is done stays."""
    return Call("cancel_batch", "POST", f"/api/batches/{batch_id}/cancel")


def create_batch(
    *,
    operation: Literal["create", "tag", "untag", "move", "set_field", "trash", "restore", "transcode"],
    items: list[models.BatchItemIn],
    options: models.BatchOptions | Unset = UNSET,
) -> Call[models.Batch]:
    """Do one thing to up to 1000 assets, as one job: 202 at once, each item answered for later."""
    return Call(
        "create_batch",
        "POST",
        "/api/batches",
        body=given({"operation": operation, "items": items, "options": options}),
        repeatable=True,
    )


def get_batch(
    batch_id: str,
) -> Call[models.Batch]:
    """How far a batch of yours is."""
    return Call("get_batch", "GET", f"/api/batches/{batch_id}")


def list_batch_items(
    batch_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    state: Literal["waiting", "done", "failed", "cancelled"] | None | Unset = UNSET,
) -> ListCall[models.BatchItem]:
    """What came of each item, in the order in which they were sent."""
    return ListCall(
        "list_batch_items",
        "GET",
        f"/api/batches/{batch_id}/items",
        query=given({"cursor": cursor, "limit": limit, "state": state}),
    )


def list_batches(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    state: Literal["queued", "running", "done", "cancelled"] | None | Unset = UNSET,
) -> ListCall[models.Batch]:
    """Your batches of the last 30 days, newest first; an API key lists its own."""
    return ListCall(
        "list_batches", "GET", "/api/batches", query=given({"cursor": cursor, "limit": limit, "state": state})
    )


def undo_batch(
    batch_id: str,
) -> Call[models.Batch]:
    """Take back what a batch changed, as a batch of its own: 202 at once; `Location` is its address."""
    return Call("undo_batch", "POST", f"/api/batches/{batch_id}/undo")
