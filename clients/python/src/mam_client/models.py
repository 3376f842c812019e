"""What the box answers and takes, as typed dictionaries."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Any, Generic, Literal, NotRequired, TypedDict, TypeVar

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    """A page of a list; `next_cursor` leads to the next."""

    items: list[T]
    next_cursor: str | None


class Activity(TypedDict):
    """What people did on a day of UTC."""

    day: str
    uploads: int
    notes: int
    views: int
    downloads: int
    logins: int


class Amount(TypedDict):
    """How many and how large."""

    count: int
    bytes: int


class Analysis(TypedDict):
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


class ApiKey(TypedDict):
    """A key; `prefix` is how it begins, by which it is recognised."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    project_id: str | None
    state: Literal["active", "expired", "revoked"]
    created_at: str
    expires_at: str
    last_used_at: str | None
    last_address: str
    revoked_at: str | None


class Approvals(TypedDict):
    """The review of a version; `others` were not asked, `mine` and the rest are about whoever reads."""

    version_id: str
    review: Review
    request: Requested | None
    others: list[Decided]
    mine: Decided | None
    may_decide: bool
    owes: bool
    may_request: bool
    clients: list[ClientState]
    previous: Earlier | None


class Asset(TypedDict):
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


class Attempt(TypedDict):
    """One attempt: the answer's status and first characters, or why there was none."""

    number: int
    at: str
    status: int | None
    milliseconds: int
    answer: str
    error: str | None


class AuditEntry(TypedDict):
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


class AuditFault(TypedDict):
    """What of the audit log does not hold, and at which entry it begins."""

    seq: int
    message: str


class AuditState(TypedDict):
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


class Author(TypedDict):
    """Who wrote or resolved a note; a `guest` of a share link has no id."""

    id: str | None
    display_name: str
    guest: bool


class BackupState(TypedDict):
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


class Batch(TypedDict):
    """A batch; `progress` is the percentage of its items that have an answer. `undone_by` is the batch that takes it back."""

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


class BatchCounts(TypedDict):
    """All items, and those that have an answer."""

    total: int
    done: int
    failed: int


class BatchItem(TypedDict):
    """What came of one item. `index` counts from 0 as it was sent, `target` is the asset or version it named. `result_id` is the asset, or the job of a transcode; `changed` is false where all was so already."""

    index: int
    target: str | None
    state: Literal["waiting", "done", "failed", "cancelled"]
    changed: bool
    error: BatchProblem | None
    result_id: str | None


class BatchItemIn(TypedDict):
    """One thing: an asset, for transcode also a version, for create a title; and values of its own."""

    asset_id: NotRequired[str]
    version_id: NotRequired[str]
    title: NotRequired[str]
    project_id: NotRequired[str]
    folder_id: NotRequired[str | None]
    tags: NotRequired[list[str]]
    metadata: NotRequired[dict[str, Any]]
    field: NotRequired[str]
    value: NotRequired[Any]


class BatchLinks(TypedDict):
    """Where to ask for it, for its items, where to stop it, and where to take it back."""

    self: str
    items: str
    cancel: str
    undo: str


class BatchOptions(TypedDict):
    """What holds for every item that does not say otherwise. `folder_id` null is the project's top. `force` false leaves previews that are there as they are; it is for the operation transcode."""

    project_id: NotRequired[str]
    folder_id: NotRequired[str | None]
    tags: NotRequired[list[str]]
    metadata: NotRequired[dict[str, Any]]
    field: NotRequired[str]
    value: NotRequired[Any]
    force: NotRequired[bool]


class BatchProblem(TypedDict):
    """Why an item was not done, or a batch ended before its end: a stable code and a sentence."""

    code: str
    detail: str


class BoardCard(TypedDict):
    """An asset on the board by its current version; `owed_by` are those whose word is waited for."""

    asset_id: str
    title: str
    kind: str | None
    version_id: str
    number: int
    blurhash: str | None
    width: int | None
    height: int | None
    review: Review
    owed_by: list[Someone]
    mine: bool


class BoardCounts(TypedDict):
    """How many assets stand in each column; overdue are among those in review."""

    none: int
    in_review: int
    changes_requested: int
    approved: int
    overdue: int
    waiting: int


class Bulk(TypedDict):
    """What became of each; `undo` are bodies of the same call that take it back."""

    results: list[BulkResult]
    undo: list[dict[str, Any]]


class BulkResult(TypedDict):
    """What became of one asset."""

    asset_id: str
    changed: bool
    error: Trouble | None


class ByteCheck(TypedDict):
    """One comparison of the master's bytes with what came in."""

    seq: int
    at: str
    sound: bool
    by: str
    detail: str


class CacheDay(TypedDict):
    """Looks into the caches on a day."""

    day: str
    edge_hit: int
    edge_miss: int
    images_hit: int
    images_miss: int


class CaptionFile(TypedDict):
    """A caption file that somebody added; `cues` is how many captions it holds."""

    id: str
    language: str
    label: str
    forced: bool
    format: Literal["srt", "vtt", "ass", "sbv", "ttml", "scc", "stl"]
    filename: str
    cues: int
    created_at: str


class Captions(TypedDict):
    """A text track as WebVTT; `language` is empty where nobody said it, `id` null for the film's own."""

    id: str | None
    language: str
    label: str
    forced: bool
    url: str


class CarriedFrom(TypedDict):
    """Where a note was carried from: the version, and the place that it had there."""

    version_id: str
    number: int
    frame: int | None
    frame_out: int | None
    timecode: str | None
    timecode_out: str | None


class CarriedOver(TypedDict):
    """The copies; what was left out; how many stand on the whole, for their frame is beyond the end."""

    carried: list[Comment]
    skipped: list[Skipped]
    unplaced: int


class CarryOffer(TypedDict):
    """The nearest earlier version with open notes that are not on this one; nulls where there is none."""

    from_version_id: str | None
    number: int | None
    open: int


class ChainPlace(TypedDict):
    """An entry of the audit log by number and hash."""

    seq: int
    hash: str


class Check(TypedDict):
    """One check; what else it found stands beside."""

    status: Literal["ok", "degraded", "down"]
    detail: str


class Checks(TypedDict):
    """The checks."""

    database: Check
    queue: Check
    storage: Check
    disk: Check
    workers: Check
    plugins: Check


class ClientState(TypedDict):
    """A share link whose guests must agree; `decision` is null as long as its word is waited for."""

    share_id: str
    title: str
    decision: Literal["approved", "changes_requested"] | None


class Collection(TypedDict):
    """A saved filter; not `shared` means that only the caller sees it."""

    id: str
    project_id: str
    name: str
    filter: dict[str, str]
    shared: bool
    created_by: str | None
    created_at: str
    updated_at: str


class Comment(TypedDict):
    """A note: frames from 0 and inclusive, their source time codes, null for a note on the whole. In a document frames are pages ('Page 1' is 0), in sound thousandths of a second ('00:00:01.500' is 1500)."""

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
    replies: list[Reply]


class CopyState(TypedDict):
    """A master's copy in a second store; `configured` is false for a store that is no longer named."""

    store: str
    state: Literal["waiting", "good", "damaged"]
    verified_at: str | None
    checked_at: str | None
    error: str
    configured: bool


class CredentialIn(TypedDict):
    """A credential's signature in WebAuthn's JSON form; bytes are base64url."""

    id: str
    rawId: str
    type: Literal["public-key"]
    response: SignedIn


class CustomField(TypedDict):
    """A field of a project's own; its values are `metadata[key]` of assets."""

    id: str
    project_id: str
    key: str
    name: str
    type: Literal["text", "number", "date", "choice", "choices", "checkbox", "person", "url"]
    options: list[str]
    position: int


class Damage(TypedDict):
    """A master, or its copy in the second store `store`, that is not what came in or could not be read."""

    version_id: str
    asset_id: str
    name: str
    store: str
    reason: str
    at: str | None


class Decided(TypedDict):
    """What somebody decided on a version; a guest of a share link has a name only."""

    user: Someone | None
    guest_name: str | None
    decision: Literal["approved", "changes_requested", "pending"]
    note: str
    step: int | None
    comment_id: str | None
    decided_at: str
    superseded_at: str | None


class DefaultReviewer(TypedDict):
    """Somebody who is asked by default."""

    user: Someone
    required: bool


class DefaultStep(TypedDict):
    """A step that is asked by default."""

    name: str
    reviewers: list[DefaultReviewer]


class Delivery(TypedDict):
    """One event on its way to one webhook; `event_id` is the header `webhook-id` of each attempt."""

    id: str
    webhook_id: str
    event_id: str
    type: str
    state: Literal["waiting", "sending", "delivered", "dead", "cancelled"]
    attempts: int
    status: int | None
    error: str | None
    created_at: str
    next_attempt_at: str | None
    finished_at: str | None
    last_attempt: Attempt | None


class DeliveryDetail(TypedDict):
    """A delivery with what is sent, and every attempt."""

    id: str
    webhook_id: str
    event_id: str
    type: str
    state: Literal["waiting", "sending", "delivered", "dead", "cancelled"]
    attempts: int
    status: int | None
    error: str | None
    created_at: str
    next_attempt_at: str | None
    finished_at: str | None
    last_attempt: Attempt | None
    payload: EventBody
    log: list[Attempt]


class Duplicate(TypedDict):
    """A version that has the very same bytes."""

    asset_id: str
    version_id: str
    project_id: str
    title: str
    number: int
    filename: str
    created_at: str


class Earlier(TypedDict):
    """A version whose reviewers may be asked again."""

    version_id: str
    number: int


class Edit(TypedDict):
    """What a note said before one edit; its own words are the latest."""

    id: str
    edited_by: Author | None
    edited_at: str
    body: str


class Encodes(TypedDict):
    """Films and sounds whose preview was made on a day, and how long it took; null where there were none."""

    day: str
    films: int
    median_seconds: float | None
    longest_seconds: float | None


class Ended(TypedDict):
    """How many logins were ended."""

    ended: int


class Enrolment(TypedDict):
    """A secret for an authenticator app, as text, address and picture (rows of modules, 1 is dark)."""

    secret: str
    uri: str
    qr: list[str]


class Erasure(TypedDict):
    """What erasing a person does; `removed` are rows by table, `done` is false where it was only asked."""

    user_id: str
    name_becomes: str
    removed: dict[str, int]
    kept_notes: int
    kept_masters: int
    kept_audit_entries: int
    done: bool


class EventBody(TypedDict):
    """An event as it is sent; `data` says where it happened, who did it, and holds the type's fields."""

    id: str
    type: str
    timestamp: str
    data: dict[str, Any]


class EventTypeRow(TypedDict):
    """A type of event, and the right in the project that hearing it takes."""

    name: str
    description: str
    right: str
    fields: list[str]


class FieldProblem(TypedDict):
    """One bad field."""

    field: str
    message: str


class Finding(TypedDict):
    """One line of a self-check."""

    check: str
    severity: Literal["ok", "warning", "error"]
    message: str
    fix: str
    blocks: bool


class FixityState(TypedDict):
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


class Folder(TypedDict):
    """A folder; `parent_id` null is the project's top."""

    id: str
    project_id: str
    parent_id: str | None
    name: str
    created_at: str


class Growth(TypedDict):
    """Masters that came in on a day, and what was held at its end."""

    day: str
    bytes: int
    total_bytes: int


class Health(TypedDict):
    """Whether the box is well."""

    status: Literal["ok", "degraded", "down"]
    version: str
    checks: Checks


class Hit(TypedDict):
    """An asset that was found."""

    asset_id: str
    project_id: str
    project_name: str
    folder_id: str | None
    title: str
    title_html: str
    kind: str | None
    status: str
    version_id: str | None
    blurhash: str | None
    width: int | None
    height: int | None
    duration: float | None
    created_at: str
    snippets: list[Snippet]


class ImportUndone(TypedDict):
    """How many notes of an import were taken back, and how many stay because somebody worked with them."""

    removed: int
    kept: int


class Inbox(TypedDict):
    """A page of notifications, newest first; `unread` counts all of them."""

    items: list[Notification]
    next_cursor: str | None
    unread: int


class Integrity(TypedDict):
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


class IntegrityKey(TypedDict):
    """The public key that certificates and anchors are signed with; base64 of 32 bytes."""

    key_id: str
    algorithm: str
    public_key: str


class Interlace(TypedDict):
    """What the container says of fields and what most pictures say (`share` of them, 0 to 1)."""

    container: str
    measured: Literal["tff", "bff", "progressive", "unknown"]
    share: float


class Invitation(TypedDict):
    """A link that makes one account; its address is told when it is made, and never again."""

    id: str
    email: str | None
    roles: list[str]
    projects: list[Place]
    organisation_id: str
    state: Literal["open", "used", "revoked", "expired"]
    created_by: str
    created_at: str
    expires_at: str
    used_at: str | None
    used_by: str | None


class Job(TypedDict):
    """A piece of work, and the asset that it is about; the higher `priority` goes first. A piece of a film names the film's job in `parent_id`, its number in `piece` and how many in `pieces`."""

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


class JobReference(TypedDict):
    """The job that does it."""

    job_id: str


class LastUpdate(TypedDict):
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


class LockNow(TypedDict):
    """The lock as the store told it just now, or as it was noted (`read_back` false)."""

    locked: bool
    retain_until: str | None
    legal_hold: bool
    read_back: bool
    checked_at: str
    error: str


class LookAlike(TypedDict):
    """A version that is the same master or looks the same; its film begins `offset_seconds` later."""

    asset_id: str
    version_id: str
    project_id: str
    title: str
    number: int
    score: float
    reason: Literal["same_master", "similar"]
    offset_seconds: float | None


class LookAlikes(TypedDict):
    """Look-alikes of a version, the best first."""

    items: list[LookAlike]


class Loudness(TypedDict):
    """A track after EBU R128: LUFS, LU, dBTP; null where nothing is loud enough to be measured."""

    track: int
    integrated: float | None
    range: float | None
    true_peak: float | None


class MadeIn(TypedDict):
    """What a browser answers with a new passkey."""

    clientDataJSON: str
    attestationObject: str


class Manifest(TypedDict):
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


class ManifestComparison(TypedDict):
    """What of a client's list is here: counts, and the first 1000 paths of each kind."""

    counts: dict[str, int]
    verified: list[str]
    missing: list[str]
    altered: list[str]
    unknown: list[str]
    extra: list[str]


class MarkProblem(TypedDict):
    """A line that is no note, and why."""

    line: int
    message: str


class MarkedNote(TypedDict):
    """A marker as the note that it becomes; `there` is one already, `repeated` stands twice in the list."""

    line: int
    frame: int | None
    frame_out: int | None
    timecode: str | None
    timecode_out: str | None
    author: str
    body: str
    internal: bool
    resolved: bool
    standing: Literal["new", "there", "repeated"]


class Marker(TypedDict):
    """A finding on the preview's frames, `frame_out` the last one meant; frames are null without a picture. `value` is seconds (black, freeze, silence), samples (clipping), LUFS or dBTP (loudness), frames (dropped, duplicated), frames a second (mixed_rate) or the share of pictures (interlace)."""

    kind: Literal[
        "black",
        "freeze",
        "silence",
        "clipping",
        "loudness",
        "dropped",
        "duplicated",
        "mixed_rate",
        "interlace",
    ]
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


class Master(TypedDict):
    """What locks a master."""

    locked: bool
    retain_until: str | None
    legal_hold: bool
    verified_at: str | None
    in_place: bool


class Media(TypedDict):
    """Technical metadata; frame rates are rationals, everything is null until the file was examined."""

    format: str | None
    duration: float | None
    width: int | None
    height: int | None
    frame_rate: str | None
    start_timecode: str | None
    drop_frame: bool | None
    codec: str | None
    audio_tracks: list[dict[str, Any]]


class Member(TypedDict):
    """Somebody's role in a project: owner, editor, reviewer, viewer, or the key of one made here."""

    user_id: str
    email: str
    display_name: str
    role: str


class Named(TypedDict):
    """Somebody who is named in a note, or reacted to it."""

    id: str
    display_name: str


class NewApiKey(TypedDict):
    """A key that was just made; `key` is told here and never again."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    project_id: str | None
    state: Literal["active", "expired", "revoked"]
    created_at: str
    expires_at: str
    last_used_at: str | None
    last_address: str
    revoked_at: str | None
    key: str


class NewCredentialIn(TypedDict):
    """A new credential in WebAuthn's JSON form; bytes are base64url."""

    id: str
    rawId: str
    type: Literal["public-key"]
    response: MadeIn


class NewInvitation(TypedDict):
    """An invitation that was just made, with its address."""

    id: str
    email: str | None
    roles: list[str]
    projects: list[Place]
    organisation_id: str
    state: Literal["open", "used", "revoked", "expired"]
    created_by: str
    created_at: str
    expires_at: str
    used_at: str | None
    used_by: str | None
    url: str


class NewWebhook(TypedDict):
    """A webhook with its secret, `whsec_…`, which is answered this once."""

    id: str
    project_id: str | None
    url: str
    description: str
    events: list[str]
    active: bool
    status: Literal["ok", "failing", "off", "disabled"]
    failures: int
    failing_since: str | None
    last_success_at: str | None
    disabled_at: str | None
    disabled_reason: str
    previous_secret_until: str | None
    created_by: str | None
    created_at: str
    updated_at: str
    secret: str


class NewWorkerToken(TypedDict):
    """A token that was just made; `token`, and the `command` that hands it in, are told here only."""

    id: str
    state: Literal["open", "used", "revoked", "expired"]
    made_by: str | None
    created_at: str
    expires_at: str
    used_at: str | None
    node_id: str | None
    token: str
    command: str


class NoteCount(TypedDict):
    """The notes on a version that the caller may see, replies not among them."""

    open: int
    all: int


class NoteFile(TypedDict):
    """A file of a note; `url` leads to its bytes for whoever sees the note."""

    id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    url: str
    created_at: str


class NotesRead(TypedDict):
    """What a list holds, counted whole; of notes and problems the first 500 by line are shown. `import_id` is what takes the imported notes back; null where none came."""

    dialect: Literal["MAM", "Frame.io", "Premiere", "Resolve", "CSV", "EDL", "Avid"]
    first_timecode: str | None
    new: int
    there: int
    repeated: int
    unreadable: int
    imported: int
    import_id: str | None
    notes: list[MarkedNote]
    problems: list[MarkProblem]


class Notification(TypedDict):
    """That a note names its reader or answers theirs, that a review waits for them, or what was decided. `author` wrote the note, asked for the review or decided; a note's ids are null without one. `plugin_off` says that the box switched off `plugin`, and is of no version."""

    id: str
    kind: Literal["mention", "reply", "review_asked", "review_due", "review_overdue", "decided", "plugin_off"]
    created_at: str
    read_at: str | None
    comment_id: str | None
    thread_id: str | None
    asset_id: str | None
    asset_title: str | None
    project_id: str | None
    project_name: str | None
    version_id: str | None
    version_number: int | None
    plugin: str | None
    author: Author | None
    excerpt: str
    decision: Literal["approved", "changes_requested"] | None
    review_status: Literal["none", "in_review", "approved", "changes_requested"] | None
    due_at: str | None


class Organisation(TypedDict):
    """A tenant and what it holds; the box's own `is_first`. `studio` and `accent` are of its links."""

    id: str
    name: str
    slug: str
    is_first: bool
    quota_bytes: int | None
    used_bytes: int
    storage_prefix: str
    studio: str
    accent: str | None
    people: int
    projects: int
    created_at: str


class OwnSession(TypedDict):
    """A login of one's own."""

    id: str
    current: bool
    kind: Literal["browser", "program"]
    device: str
    user_agent: str
    address: str
    unfamiliar: bool
    created_at: str
    last_used_at: str
    expires_at: str


class PartAddress(TypedDict):
    """Where one part is PUT."""

    number: int
    url: str
    method: Literal["PUT"]
    headers: dict[str, str]
    size: int


class PartAddresses(TypedDict):
    """Fresh addresses of parts."""

    parts: list[PartAddress]


class PartIn(TypedDict):
    """A part as the store acknowledged it."""

    number: int
    etag: str


class Passkey(TypedDict):
    """A passkey of one's own."""

    id: str
    name: str
    created_at: str
    last_used_at: str | None


class PasskeyOptions(TypedDict):
    """What to hand to `navigator.credentials`, in WebAuthn's JSON form."""

    options: dict[str, Any]


class Person(TypedDict):
    """Somebody as administrators see them, with the organisation that they belong to."""

    id: str
    email: str
    display_name: str
    status: Literal["pending", "active", "disabled"]
    roles: list[str]
    created_at: str
    organisation_id: str


class PersonActivity(TypedDict):
    """What a person did; `actions` counts every line of the audit log."""

    id: str
    name: str
    actions: int
    views: int
    downloads: int
    uploads: int
    last_at: str


class Pinged(TypedDict):
    """The id of the test event."""

    event_id: str


class Place(TypedDict):
    """A project and the role there."""

    project_id: str
    role: str


class PlaceIn(TypedDict):
    """A project and the role there."""

    project_id: str
    role: str


class Plugin(TypedDict):
    """A plugin, its state and the reason for it; `hooks` are what it may answer. `off_by` is 'box' where it was switched off because it failed, 'admin' where somebody did. One that is `needed` cannot be switched off. `restart_needed`: its settings hold from the next start of the box on."""

    name: str
    version: str
    state: str
    reason: str
    builtin: bool
    hooks: list[str]
    off_by: Literal["", "box", "admin"]
    needed: bool
    findings: list[Finding]
    failures: int
    last_error: str
    settings: list[PluginSetting]
    restart_needed: bool


class PluginSetting(TypedDict):
    """One setting. `source` file: the TOML says it, it cannot be changed here. A secret has no `value`."""

    name: str
    kind: Literal["text", "number", "yes_no", "list", "secret", ""]
    source: Literal["file", "page", "default"]
    value: str | bool | int | float | list[str] | None
    is_set: bool
    required: bool
    help: str
    choices: list[str]


class PopularAsset(TypedDict):
    """An asset that was looked at or taken away."""

    id: str
    name: str
    views: int
    downloads: int


class Presigned(TypedDict):
    """An open upload and where its parts go."""

    upload_id: str
    part_size: int
    parts: list[PartAddress]
    expires_at: str
    duplicate_of: list[Duplicate]


class Preview(TypedDict):
    """The state of a preview."""

    status: Literal["queued", "processing", "ready", "failed", "unsupported"]
    playable: bool
    percent: float
    renditions: list[Rendition]
    error: Trouble | None


class PreviewStatus(TypedDict):
    """The state of a version's preview."""

    status: Literal["queued", "processing", "ready", "failed", "unsupported"]
    playable: bool
    percent: float
    renditions: list[Rendition]
    error: Trouble | None
    version_id: str


class Project(TypedDict):
    """A project with its members."""

    id: str
    name: str
    description: str
    role: str | None
    assets: int
    organisation_id: str
    created_by: str | None
    created_at: str
    updated_at: str
    members: list[Member]


class ProjectBytes(TypedDict):
    """What a project holds, its trash included."""

    id: str
    name: str
    masters: int
    masters_bytes: int
    previews_bytes: int


class ProjectLook(TypedDict):
    """What a project's links and papers bear; empty, null and false where it says nothing."""

    studio: str
    accent: str | None
    has_logo: bool


class ProjectRow(TypedDict):
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


class Promoted(TypedDict):
    """The version that an upload became."""

    asset_id: str
    version_id: str
    status: str


class Proxy(TypedDict):
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


class QueueNow(TypedDict):
    """Jobs now; `oldest_seconds` is how long the oldest due one waits."""

    waiting: int
    running: int
    dead: int
    oldest_seconds: float


class Reaction(TypedDict):
    """One reaction to a note, and who gave it."""

    name: str
    count: int
    people: list[Named]


class ReceivedPart(TypedDict):
    """A part that arrived whole."""

    number: int
    size: int
    etag: str


class RecoveryCodes(TypedDict):
    """Codes that work once each; told here and never again."""

    recovery_codes: list[str]


class Registered(TypedDict):
    """A new account; `pending` until an administrator activates it."""

    user: User


class RenamedTag(TypedDict):
    """A tag's name now, and on how many assets it was changed."""

    name: str | None
    assets: int


class Rendition(TypedDict):
    """One rung of the ladder, or an audio track."""

    name: str
    height: int | None
    status: str


class Reply(TypedDict):
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


Report = TypedDict(
    "Report",
    {
        "days": "int",
        "from": "str",
        "to": "str",
        "storage": "list[ProjectBytes]",
        "growth": "list[Growth]",
        "activity": "list[Activity]",
        "queue": "QueueNow",
        "encodes": "list[Encodes]",
        "assets": "list[PopularAsset]",
        "cache": "list[CacheDay]",
        "people": "list[PersonActivity]",
    },
)
"""The last days of the box. Projects, assets and people are the twenty largest."""


class Requested(TypedDict):
    """What is asked on a version."""

    rule: Literal["all", "any", "majority", "named"]
    due_at: str | None
    asked_by: Someone | None
    asked_at: str
    open_step: int | None
    steps: list[StepState]


class Resent(TypedDict):
    """How many deliveries go out again."""

    count: int


class Review(TypedDict):
    """Where the review of a version stands by its rule; overdue is one that somebody still owes."""

    status: Literal["none", "in_review", "approved", "changes_requested"]
    due_at: str | None
    overdue: bool
    decisions: list[Decided]


class ReviewDefaults(TypedDict):
    """What a project asks where nobody says otherwise."""

    project_id: str
    rule: Literal["all", "any", "majority", "named"]
    due_days: int | None
    steps: list[DefaultStep]


class ReviewerState(TypedDict):
    """Somebody who is asked, and where that stands."""

    user: Someone | None
    required: bool
    state: Literal["later", "waiting", "approved", "changes_requested", "done", "dropped"]
    note: str
    decided_at: str | None


class Role(TypedDict):
    """A role in a project, held by its `key`. The built-in ones have no id and never change."""

    id: str | None
    key: str
    name: str
    built_in: bool
    actions: list[str]
    created_at: str | None
    updated_at: str | None


class SecondFactor(TypedDict):
    """Whether codes are asked for; `required` says that one of the roles has to have them."""

    enabled: bool
    since: str | None
    recovery_codes_left: int
    required: bool


class Share(TypedDict):
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


class ShareFilters(TypedDict):
    """What narrows a project or a folder."""

    kind: NotRequired[Literal["video", "image", "audio", "document", "other"]]
    status: NotRequired[Literal["awaiting_upload", "uploading", "promoting", "processing", "ready", "failed"]]
    tag: NotRequired[str]


class ShareVisit(TypedDict):
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


class Signed(TypedDict):
    """Signed addresses of a preview. `url` is the HLS master playlist, `dash_url` the DASH manifest, `sprite_url` WebVTT with `#xywh=`."""

    url: str | None
    dash_url: str | None
    poster_url: str | None
    sprite_url: str | None
    waveform_url: str | None
    captions: list[Captions]
    expires_at: str


class SignedIn(TypedDict):
    """What a browser answers with a signature."""

    clientDataJSON: str
    authenticatorData: str
    signature: str
    userHandle: NotRequired[str | None]


class Skipped(TypedDict):
    """A note that was not carried, and why."""

    comment_id: str
    reason: Literal["resolved", "already_there"]


class Snippet(TypedDict):
    """Where something was found; `html` is escaped but for its `<mark>`s."""

    field: Literal["filename", "tag", "metadata", "note", "text"]
    html: str
    version_id: str | None
    version_number: int | None
    comment_id: str | None
    frame: int | None
    page: int | None


class Someone(TypedDict):
    """Somebody, by name."""

    id: str
    display_name: str


class Stacked(TypedDict):
    """Which versions were moved, from where to where."""

    asset_id: str
    from_asset_id: str
    version_ids: list[str]


class StackedVersion(TypedDict):
    """A version as it stands in its asset's stack; `removed_at` where it was taken out."""

    id: str
    asset_id: str
    number: int
    label: str
    filename: str
    size: int
    current: bool
    status: Literal["queued", "processing", "ready", "failed", "unsupported"]
    playable: bool
    percent: float
    review: Literal["in_review", "approved", "changes_requested"] | None
    notes: NoteCount
    uploader: Uploader | None
    locked: bool
    stacked_from: str | None
    removed_at: str | None
    created_at: str


class StepIn(TypedDict):
    """A step of a review: whom it asks; `required` matters to the rule 'named'."""

    name: NotRequired[str]
    reviewers: list[str]
    required: NotRequired[list[str]]


class StepState(TypedDict):
    """A step; blocked is one where nobody is left whose word could decide."""

    number: int
    name: str
    state: Literal["approved", "changes_requested", "open", "later", "blocked"]
    reviewers: list[ReviewerState]


class Storage(TypedDict):
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


class StoreProof(TypedDict):
    """What the lock of a store is worth, by its last proof. `store` is empty for the box's own. `copies` counts the masters in a second store: good, waiting, damaged."""

    store: str
    kind: str
    state: Literal["enforced", "advisory", "lying", "unknown"]
    severity: Literal["ok", "warning", "error"]
    message: str
    fix: str
    at: str | None
    copies: NotRequired[dict[str, int] | None]


class SuggestedPerson(TypedDict):
    """Somebody whose name fits."""

    user_id: str
    display_name: str
    html: str


class SuggestedTag(TypedDict):
    """A tag that begins so."""

    name: str
    html: str


class SuggestedTitle(TypedDict):
    """An asset whose title fits."""

    asset_id: str
    title: str
    html: str
    project_name: str


class Suggestions(TypedDict):
    """What may be meant."""

    titles: list[SuggestedTitle]
    tags: list[SuggestedTag]
    people: list[SuggestedPerson]


class Tag(TypedDict):
    """A tag and how many assets of the project have it."""

    name: str
    assets: int


class Tokens(TypedDict):
    """An access token for minutes, a refresh token to be spent once."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    user: User


class TrashedAsset(TypedDict):
    """An asset in the trash: who put it there, until when its masters are locked."""

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
    trashed_at: str
    trashed_by: str | None
    locked_until: str | None
    legal_hold: bool


class Trouble(TypedDict):
    """Why something failed."""

    code: str
    detail: str


class Unstacked(TypedDict):
    """The assets that the versions are on now."""

    asset_ids: list[str]


class Update(TypedDict):
    """What runs. `slot` is null and `possible` false where this is no installed appliance."""

    version: str
    architecture: str
    slot: Literal["a", "b"] | None
    possible: bool
    last: LastUpdate | None
    bundle: UpdateBundle | None


class UpdateBundle(TypedDict):
    """A bundle that holds; `key` is the id of who signed it, `lowest` the oldest version it goes over."""

    version: str
    lowest: str
    architecture: str
    made_at: str
    bytes: int
    key: str
    newer: bool


class Upload(TypedDict):
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


class Uploader(TypedDict):
    """Who brought a version; null for an account that is gone."""

    id: str
    display_name: str


class User(TypedDict):
    """A person."""

    id: str
    email: str
    display_name: str
    status: Literal["pending", "active", "disabled"]
    roles: list[str]
    created_at: str


class Verified(TypedDict):
    """A check that was made or queued."""

    status: Literal["sound", "damaged", "queued"]
    job_id: str | None
    detail: str


class Version(TypedDict):
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


class Waiting(TypedDict):
    """A review that waits for whoever reads."""

    project_id: str
    project: str
    asset_id: str
    title: str
    version_id: str
    number: int
    due_at: str | None
    overdue: bool
    asked_by: Someone | None
    asked_at: str
    step: str


class WatchFolder(TypedDict):
    """A watch folder: counts by state, and the files that could not be taken in, at most 100."""

    path: str
    project: str
    mode: str
    copies: list[str]
    present: bool
    counts: dict[str, int]
    troubled: list[WatchedFile]


class WatchedFile(TypedDict):
    """A file of a watch folder."""

    id: str
    path: str
    size: int
    state: str
    asset_id: str | None
    tries: int
    try_after: str | None
    error: Trouble | None


class Webhook(TypedDict):
    """A webhook. `status`: ok, failing, off, or disabled by the box itself for `disabled_reason`."""

    id: str
    project_id: str | None
    url: str
    description: str
    events: list[str]
    active: bool
    status: Literal["ok", "failing", "off", "disabled"]
    failures: int
    failing_since: str | None
    last_success_at: str | None
    disabled_at: str | None
    disabled_reason: str
    previous_secret_until: str | None
    created_by: str | None
    created_at: str
    updated_at: str


class Worker(TypedDict):
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


class WorkerCard(TypedDict):
    """A graphics card; what its driver does not tell is null."""

    name: str
    memory_bytes: int | None
    busy_percent: int | None
    encoder_percent: int | None


class WorkerCertificate(TypedDict):
    """The certificate (PEM) that machines are to trust; empty where every system does."""

    certificate: str


class WorkerEncoder(TypedDict):
    """A transcoder that proved itself there when the worker started."""

    name: str
    detail: str


class WorkerJob(TypedDict):
    """A job that a machine does now."""

    id: str
    kind: str
    percent: float
    asset_id: str | None
    title: str


class WorkerSettings(TypedDict):
    """What a machine needs to work: its configuration, and the files of its folder of secrets by name."""

    node_id: str
    version: str
    settings: dict[str, Any]
    secrets: dict[str, str]


class WorkerToken(TypedDict):
    """A token by which a machine joins, without the token."""

    id: str
    state: Literal["open", "used", "revoked", "expired"]
    made_by: str | None
    created_at: str
    expires_at: str
    used_at: str | None
    node_id: str | None
