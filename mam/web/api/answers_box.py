"""What administrators are answered about the box: jobs, storage, backups, health."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from mam.web.api.answers import Answer, Trouble


class Job(Answer):
    """A piece of work, and the asset that it is about; the higher `priority` goes first.

    A piece of a film names the film's job in `parent_id`, its number in `piece` and how many in `pieces`.
    """

    id: str
    kind: str
    queue: str
    version_id: str | None
    project_id: str | None
    asset_id: str | None
    title: str
    parent_id: str | None
    piece: int | None
    pieces: int | None
    priority: int
    state: str
    attempts: int
    max_attempts: int
    percent: float
    worker: str
    error: Trouble | None
    created_at: str
    run_after: str
    started_at: str | None
    finished_at: str | None


class Finding(Answer):
    """One line of a self-check."""

    check: str
    severity: Literal["ok", "warning", "error"]
    message: str
    fix: str
    blocks: bool


class Amount(Answer):
    """How many and how large."""

    count: int
    bytes: int


class StoreProof(Answer):
    """What the lock of a store is worth, by its last proof. `store` is empty for the box's own.

    `copies` counts the masters in a second store: good, waiting, damaged.
    """

    store: str
    kind: str
    state: Literal["enforced", "advisory", "lying", "unknown"]
    severity: Literal["ok", "warning", "error"]
    message: str
    fix: str
    at: str | None
    copies: dict[str, int] | None = None


class Damage(Answer):
    """A master, or its copy in the second store `store`, that is not what came in or could not be read."""

    version_id: str
    asset_id: str
    name: str
    store: str
    reason: str
    at: str | None


class FixityState(Answer):
    """How the scrub stands: its pass, what it reads now, what it found damaged. Bytes, days."""

    enabled: bool
    running: bool
    current: str
    pass_started_at: str | None
    pass_finished_at: str | None
    next_at: str | None
    done: int
    bytes: int
    bad: int
    due: int
    bytes_per_second: float
    budget: int
    interval_days: float
    damaged: list[Damage]


class BackupState(Answer):
    """How backups stand: off, ok, late or failed, with the sentence in `error`. Hours, bytes."""

    state: str
    error: str | None
    folder: str
    encrypted: bool
    every_hours: float | None
    keep: int
    last_at: str | None
    next_at: str | None
    name: str | None
    files: int
    bytes: int
    problems: list[str]


class Storage(Answer):
    """What eats space, and whether masters are locked."""

    store: str
    masters: Amount
    previews: Amount
    uploads: Amount
    disk: dict[str, Any]
    lock: Finding | None
    stores: list[StoreProof]
    fixity: FixityState
    backup: BackupState


class Check(BaseModel):
    """One check; what else it found stands beside."""

    model_config = ConfigDict(extra="allow")

    status: Literal["ok", "degraded", "down"]
    detail: str


class Checks(Answer):
    """The checks."""

    database: Check
    queue: Check
    storage: Check
    disk: Check
    workers: Check
    plugins: Check


class Health(Answer):
    """Whether the box is well."""

    status: Literal["ok", "degraded", "down"]
    version: str
    checks: Checks
