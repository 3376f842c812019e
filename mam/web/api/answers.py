"""What the calls answer: the shapes of `mam.services.shapes` as models, for the OpenAPI document.

Nothing is built from these at run time; a test holds every answer to its model.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class Answer(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(extra="forbid")


class Page(Answer, Generic[T]):
    """A page of a list; `next_cursor` null is the end."""

    items: list[T]
    next_cursor: str | None


class FieldProblem(Answer):
    """One bad field."""

    field: str
    message: str


class Duplicate(Answer):
    """A version that has the very same bytes."""

    asset_id: str
    version_id: str
    project_id: str
    title: str
    number: int
    filename: str
    created_at: str


class Problem(Answer):
    """What went wrong (RFC 9457), with a stable `code`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldProblem] = []
    duplicate_of: list[Duplicate] = []


class User(Answer):
    """A person."""

    id: str
    email: str
    display_name: str
    status: Literal["pending", "active", "disabled"]
    roles: list[str]
    created_at: str


class Registered(Answer):
    """A new account; `pending` until an administrator activates it."""

    user: User


class Tokens(Answer):
    """An access token for minutes, a refresh token to be spent once."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    user: User


class Member(Answer):
    """Somebody's role in a project: owner, editor, reviewer, viewer, or the key of one made here."""

    user_id: str
    email: str
    display_name: str
    role: str


class ProjectRow(Answer):
    """A project in a list; `role` is the caller's own."""

    id: str
    name: str
    description: str
    role: str | None
    assets: int
    organisation_id: str
    created_by: str | None
    created_at: str
    updated_at: str


class Project(ProjectRow):
    """A project with its members."""

    members: list[Member]


class Folder(Answer):
    """A folder; `parent_id` null is the project's top."""

    id: str
    project_id: str
    parent_id: str | None
    name: str
    created_at: str


class Trouble(Answer):
    """Why something failed."""

    code: str
    detail: str


class Rendition(Answer):
    """One rung of the ladder, or an audio track."""

    name: str
    height: int | None
    status: str


class Preview(Answer):
    """The state of a preview."""

    status: Literal["queued", "processing", "ready", "failed", "unsupported"]
    playable: bool
    percent: float
    renditions: list[Rendition]
    error: Trouble | None


class PreviewStatus(Preview):
    """The state of a version's preview."""

    version_id: str


class Master(Answer):
    """What locks a master."""

    locked: bool
    retain_until: str | None
    legal_hold: bool
    verified_at: str | None
    in_place: bool


class Media(BaseModel):
    """Technical metadata; frame rates are rationals, everything is null until the file was examined."""

    model_config = ConfigDict(extra="allow")

    format: str | None
    duration: float | None
    width: int | None
    height: int | None
    frame_rate: str | None
    start_timecode: str | None
    drop_frame: bool | None
    codec: str | None
    audio_tracks: list[dict[str, Any]]


class Someone(Answer):
    """Somebody, by name."""

    id: str
    display_name: str


class Decided(Answer):
    """What somebody decided on a version; a guest of a share link has a name only."""

    user: Someone | None
    guest_name: str | None
    decision: Literal["approved", "changes_requested", "pending"]
    note: str
    step: int | None
    comment_id: str | None
    decided_at: str
    superseded_at: str | None


class Review(Answer):
    """Where the review of a version stands by its rule; overdue is one that somebody still owes."""

    status: Literal["none", "in_review", "approved", "changes_requested"]
    due_at: str | None
    overdue: bool
    decisions: list[Decided]


class Version(Answer):
    """One promoted master."""

    id: str
    asset_id: str
    number: int
    filename: str
    size: int
    content_type: str
    sha256: str
    xxh128: str
    c4: str | None
    master: Master
    media: Media
    blurhash: str | None
    phash: str | None
    preview: Preview
    review: Review
    created_at: str


class Asset(Answer):
    """An asset with its versions, newest first."""

    id: str
    project_id: str
    folder_id: str | None
    title: str
    kind: Literal["video", "image", "audio", "document", "other"] | None
    status: Literal["awaiting_upload", "uploading", "promoting", "processing", "ready", "failed"]
    tags: list[str]
    metadata: dict[str, Any]
    created_by: str | None
    created_at: str
    updated_at: str
    current_version_id: str | None
    versions: list[Version]


class PartAddress(Answer):
    """Where one part is PUT."""

    number: int
    url: str
    method: Literal["PUT"]
    headers: dict[str, str]
    size: int


class Presigned(Answer):
    """An open upload and where its parts go."""

    upload_id: str
    part_size: int
    parts: list[PartAddress]
    expires_at: str
    duplicate_of: list[Duplicate]


class PartAddresses(Answer):
    """Fresh addresses of parts."""

    parts: list[PartAddress]


class ReceivedPart(Answer):
    """A part that arrived whole."""

    number: int
    size: int
    etag: str


class Upload(Answer):
    """An upload on its way."""

    upload_id: str
    asset_id: str
    filename: str
    size: int
    content_type: str
    sha256: str | None
    part_size: int
    state: str
    version_id: str | None
    created_at: str
    expires_at: str
    received: list[ReceivedPart]


class Promoted(Answer):
    """The version that an upload became."""

    asset_id: str
    version_id: str
    status: str


class Accepted(Answer):
    """A callback that was taken."""

    job_id: str
    accepted: bool
