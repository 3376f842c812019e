"""What the calls about share links answer."""

from __future__ import annotations

from typing import Any, Literal

from mam.web.api.answers import Answer


class Share(Answer):
    """A link; its `url` is told when it is made or renewed, and never again."""

    id: str
    project_id: str
    kind: Literal["assets", "folder", "collection", "project"]
    asset_ids: list[str]
    folder_id: str | None
    collection_id: str | None
    filters: dict[str, Any]
    title: str
    studio: str
    url: str | None
    has_password: bool
    expires_at: str | None
    max_views: int | None
    views: int
    downloads: int
    last_visit_at: str | None
    allow_comments: bool
    allow_download: Literal["none", "preview", "original"]
    watermark: str | None
    all_versions: bool
    allow_decide: bool
    decision_required: bool
    accent: str | None
    has_logo: bool
    state: Literal["active", "expired", "used_up", "revoked"]
    created_by: str | None
    created_at: str
    updated_at: str
    revoked_at: str | None


class GuestDecision(Answer):
    """What a guest said of a version; nothing of anybody else."""

    version_id: str
    decision: Literal["approved", "changes_requested"] | None
    note: str
    decided_at: str | None


class ShareVisit(Answer):
    """What a guest did: came in, opened an asset, took a file away."""

    id: str
    action: Literal["entered", "opened", "downloaded"]
    what: Literal["original", "preview"] | None
    guest: str
    address: str
    asset_id: str | None
    title: str | None
    version: int | None
    created_at: str
