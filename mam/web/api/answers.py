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
    """Somebody's role in a project."""

    user_id: str
    email: str
    display_name: str
    role: Literal["owner", "editor", "reviewer", "viewer"]


class ProjectRow(Answer):
    """A project in a list; `role` is the caller's own."""

    id: str
    name: str
    description: str
    role: str | None
    assets: int
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


class LookAlike(Answer):
    """A version that is the same master or looks the same; its film begins `offset_seconds` later."""

    asset_id: str
    version_id: str
    project_id: str
    title: str
    number: int
    score: float
    reason: Literal["same_master", "similar"]
    offset_seconds: float | None


class LookAlikes(Answer):
    """Look-alikes of a version, the best first."""

    items: list[LookAlike]


class Loudness(Answer):
    """A track after EBU R128: LUFS, LU, dBTP; null where nothing is loud enough to be measured."""

    track: int
    integrated: float | None
    range: float | None
    true_peak: float | None


class Interlace(Answer):
    """What the container says of fields and what most pictures say (`share` of them, 0 to 1)."""

    container: str
    measured: Literal["tff", "bff", "progressive", "unknown"]
    share: float


class Marker(Answer):
    """A finding on the preview's frames, `frame_out` the last one meant; frames are null without a picture.

    `value` is seconds (black, freeze, silence), samples (clipping), LUFS or dBTP (loudness), frames (dropped,
    duplicated), frames a second (mixed_rate) or the share of pictures (interlace).
    """

    kind: Literal[
        "black", "freeze", "silence", "clipping", "loudness",
        "dropped", "duplicated", "mixed_rate", "interlace",
    ]  # fmt: skip
    frame_in: int | None
    frame_out: int | None
    timecode_in: str | None
    timecode_out: str | None
    seconds_in: float
    seconds_out: float
    severity: Literal["info", "warning", "error"]
    value: float | None
    detail: str
    track: int | None


class Analysis(Answer):
    """What automatic QC found in a master."""

    version_id: str
    status: Literal["none", "queued", "processing", "ready", "failed"]
    percent: float
    error: Trouble | None
    loudness: list[Loudness]
    interlace: Interlace | None
    markers: list[Marker]
    waveform: bool
    made_at: str | None


class JobReference(Answer):
    """The job that does it."""

    job_id: str


class Captions(Answer):
    """A text track as WebVTT; `language` is empty where nobody said it, `id` null for the film's own."""

    id: str | None
    language: str
    label: str
    forced: bool
    url: str


class Signed(Answer):
    """Signed addresses of a preview.

    `url` is the HLS master playlist, `dash_url` the DASH manifest, `sprite_url` WebVTT with `#xywh=`.
    """

    url: str | None
    dash_url: str | None
    poster_url: str | None
    sprite_url: str | None
    waveform_url: str | None
    captions: list[Captions]
    expires_at: str


class CaptionFile(Answer):
    """A caption file that somebody added; `cues` is how many captions it holds."""

    id: str
    language: str
    label: str
    forced: bool
    format: Literal["srt", "vtt", "ass"]
    filename: str
    cues: int
    created_at: str


class Proxy(Answer):
    """A proxy to edit with: `size` in bytes and `url` of its download once it is ready."""

    id: str
    version_id: str
    recipe: str
    label: str
    status: Literal["queued", "processing", "ready", "failed"]
    percent: float
    filename: str
    size: int | None
    url: str | None
    error: Trouble | None
    created_at: str
    finished_at: str | None


class Accepted(Answer):
    """A callback that was taken."""

    job_id: str
    accepted: bool


class WatchedFile(Answer):
    """A file of a watch folder."""

    id: str
    path: str
    size: int
    state: str
    asset_id: str | None
    tries: int
    try_after: str | None
    error: Trouble | None


class WatchFolder(Answer):
    """A watch folder: counts by state, and the files that could not be taken in, at most 100."""

    path: str
    project: str
    mode: str
    copies: list[str]
    present: bool
    counts: dict[str, int]
    troubled: list[WatchedFile]


class Manifest(Answer):
    """A generation of media hash lists; one that came with material has no number."""

    id: str
    project_id: str
    number: int | None
    name: str
    c4: str
    files: int
    author: str
    comment: str
    created_at: str


class ManifestComparison(Answer):
    """What of a client's list is here: counts, and the first 1000 paths of each kind."""

    counts: dict[str, int]
    verified: list[str]
    missing: list[str]
    altered: list[str]
    unknown: list[str]
    extra: list[str]


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


class Plugin(Answer):
    """A plugin, its state and the reason for it."""

    name: str
    state: str
    reason: str
    builtin: bool
    findings: list[Finding]
    failures: int
    last_error: str


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


class AuditEntry(Answer):
    """One line of the audit log."""

    seq: int
    at: str
    action: str
    actor_id: str | None
    actor_name: str
    subject_kind: str
    subject_id: str | None
    project_id: str | None
    address: str
    request_id: str
    data: Any
    prev: str
    hash: str


class ChainPlace(Answer):
    """An entry of the audit log by number and hash."""

    seq: int
    hash: str


class AuditFault(Answer):
    """What of the audit log does not hold, and at which entry it begins."""

    seq: int
    message: str


class AuditState(Answer):
    """Whether the audit log holds, checked just now against its signed end and its anchors."""

    holds: bool
    entries: int
    first_bad: int | None
    message: str
    faults: list[AuditFault]
    head: ChainPlace | None
    anchors: int
    anchored_seq: int
    anchored_at: str | None
    key_id: str
    checked_at: str


class IntegrityKey(Answer):
    """The public key that certificates and anchors are signed with; base64 of 32 bytes."""

    key_id: str
    algorithm: str
    public_key: str


class LockNow(Answer):
    """The lock as the store told it just now, or as it was noted (`read_back` false)."""

    locked: bool
    retain_until: str | None
    legal_hold: bool
    read_back: bool
    checked_at: str
    error: str


class ByteCheck(Answer):
    """One comparison of the master's bytes with what came in."""

    seq: int
    at: str
    sound: bool
    by: str
    detail: str


class CopyState(Answer):
    """A master's copy in a second store; `configured` is false for a store that is no longer named."""

    store: str
    state: Literal["waiting", "good", "damaged"]
    verified_at: str | None
    checked_at: str | None
    error: str
    configured: bool


class Integrity(Answer):
    """What a master's word is worth."""

    version_id: str
    size: int
    sha256: str
    xxh128: str
    c4: str | None
    lock: LockNow
    lock_proof: Finding | None
    verified_at: str | None
    damage: str | None
    copies: list[CopyState]
    checks: list[ByteCheck]
    verifying: bool
    may_verify: bool
    may_hold: bool
    may_certify: bool


class Verified(Answer):
    """A check that was made or queued."""

    status: Literal["sound", "damaged", "queued"]
    job_id: str | None
    detail: str


class Author(Answer):
    """Who wrote or resolved a note; a `guest` of a share link has no id."""

    id: str | None
    display_name: str
    guest: bool


class Named(Answer):
    """Somebody who is named in a note, or reacted to it."""

    id: str
    display_name: str


class Reaction(Answer):
    """One reaction to a note, and who gave it."""

    name: str
    count: int
    people: list[Named]


class NoteFile(Answer):
    """A file of a note; `url` leads to its bytes for whoever sees the note."""

    id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    url: str
    created_at: str


class CarriedFrom(Answer):
    """Where a note was carried from: the version, and the place that it had there."""

    version_id: str
    number: int
    frame: int | None
    frame_out: int | None
    timecode: str | None
    timecode_out: str | None


class Reply(Answer):
    """A note below another one, where that one stands."""

    id: str
    asset_id: str
    version_id: str
    parent_id: str | None
    author: Author | None
    frame: int | None
    frame_out: int | None
    timecode: str | None
    timecode_out: str | None
    body: str
    source: str
    mentions: list[Named]
    reactions: list[Reaction]
    files: list[NoteFile]
    carried: CarriedFrom | None
    drawing: dict[str, Any] | None
    internal: bool
    resolved_at: str | None
    resolved_by: Author | None
    created_at: str
    updated_at: str
    edited_at: str | None
    replies: list[Any]


class Comment(Reply):
    """A note: frames from 0 and inclusive, their source time codes, null for a note on the whole.

    In a document frames are pages ("Page 1" is 0), in sound thousandths of a second ("00:00:01.500" is 1500).
    """

    replies: list[Reply]


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
