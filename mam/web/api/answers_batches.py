"""What the calls about batches answer: models for the OpenAPI document, held to by a test."""

from __future__ import annotations

from typing import Any, Literal

from mam.web.api.answers import Answer


class BatchProblem(Answer):
    """Why an item was not done, or a batch ended before its end: a stable code and a sentence."""

    code: str
    detail: str


class BatchCounts(Answer):
    """All items, and those that have an answer."""

    total: int
    done: int
    failed: int


class BatchLinks(Answer):
    """Where to ask for it, for its items, where to stop it, and where to take it back."""

    self: str
    items: str
    cancel: str
    undo: str


class Batch(Answer):
    """A batch; `progress` is the percentage of its items that have an answer.

    `undone_by` is the batch that takes it back.
    """

    id: str
    operation: Literal["create", "tag", "untag", "move", "set_field", "trash", "restore", "transcode"]
    options: dict[str, Any]
    state: Literal["queued", "running", "done", "cancelled"]
    counts: BatchCounts
    progress: float
    error: BatchProblem | None
    created_by: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    undone_by: str | None
    links: BatchLinks


class BatchItem(Answer):
    """What came of one item. `index` counts from 0 as it was sent, `target` is the asset or version it named.

    `result_id` is the asset, or the job of a transcode; `changed` is false where all was so already.
    """

    index: int
    target: str | None
    state: Literal["waiting", "done", "failed", "cancelled"]
    changed: bool
    error: BatchProblem | None
    result_id: str | None
