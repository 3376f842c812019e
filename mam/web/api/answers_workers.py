"""What the calls about workers answer."""

from __future__ import annotations

from typing import Any, Literal

from mam.web.api.answers import Answer


class WorkerJob(Answer):
    """A job that a machine does now."""

    id: str
    kind: str
    percent: float
    asset_id: str | None
    title: str


class WorkerCard(Answer):
    """A graphics card; what its driver does not tell is null."""

    name: str
    memory_bytes: int | None
    busy_percent: int | None
    encoder_percent: int | None


class WorkerEncoder(Answer):
    """A transcoder that proved itself there when the worker started."""

    name: str
    detail: str


class Worker(Answer):
    """A machine that works for the box. `load` is the kernel's of the last minute, against `cpus`."""

    id: str
    host: str
    joined: bool
    joined_at: str | None
    state: Literal["waiting", "away", "idle", "working", "draining", "drained"]
    drained_at: str | None
    seen_at: str | None
    version: str
    version_differs: bool
    keys_differ: bool
    cpus: int | None
    load: float | None
    memory_bytes: int | None
    memory_free_bytes: int | None
    gpus: list[WorkerCard]
    encoders: list[WorkerEncoder]
    processes: int
    queues: list[str]
    jobs: list[WorkerJob]


class WorkerToken(Answer):
    """A token by which a machine joins, without the token."""

    id: str
    state: Literal["open", "used", "revoked", "expired"]
    made_by: str | None
    created_at: str
    expires_at: str
    used_at: str | None
    node_id: str | None


class NewWorkerToken(WorkerToken):
    """A token that was just made; `token`, and the `command` that hands it in, are told here only."""

    token: str
    command: str


class WorkerCertificate(Answer):
    """The certificate (PEM) that machines are to trust; empty where every system does."""

    certificate: str


class WorkerSettings(Answer):
    """What a machine needs to work: its configuration, and the files of its folder of secrets by name."""

    node_id: str
    version: str
    settings: dict[str, Any]
    secrets: dict[str, str]
