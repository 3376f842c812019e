"""What administrators are answered about updates."""

from __future__ import annotations

from typing import Literal

from mam.web.api.answers import Answer


class UpdateBundle(Answer):
    """A bundle that holds; `key` is the id of who signed it, `lowest` the oldest version it goes over."""

    version: str
    lowest: str
    architecture: str
    made_at: str
    bytes: int
    key: str
    newer: bool


class LastUpdate(Answer):
    """How the last update stands; `done` and `total` are bytes, `slot` the partition it was written to."""

    phase: Literal["writing", "ready", "trying", "installed", "rolled_back", "failed"]
    version: str
    before: str
    slot: str
    at: str
    done: int
    total: int
    tries: int
    detail: str


class Update(Answer):
    """What runs. `slot` is null and `possible` false where this is no installed appliance."""

    version: str
    architecture: str
    slot: Literal["a", "b"] | None
    possible: bool
    last: LastUpdate | None
    bundle: UpdateBundle | None
