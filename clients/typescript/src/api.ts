// Written by clients/python/tools/generate.py from the OpenAPI document; changes here are lost.

export type Activity = { day: string; uploads: number; notes: number; views: number; downloads: number; logins: number };
export type Amount = { count: number; bytes: number };
export type ApiKey = { id: string; name: string; prefix: string; scopes: Array<string>; project_id: string | null; state: "active" | "expired" | "revoked"; created_at: string; expires_at: string; last_used_at: string | null; last_address: string; revoked_at: string | null };
export type Asset = { id: string; project_id: string; folder_id: string | null; title: string; kind: "video" | "image" | "audio" | "document" | "other" | null; status: "awaiting_upload" | "uploading" | "promoting" | "processing" | "ready" | "failed"; tags: Array<string>; metadata: Record<string, unknown>; created_by: string | null; created_at: string; updated_at: string; current_version_id: string | null; versions: Array<Version> };
export type Attempt = { number: number; at: string; status: number | null; milliseconds: number; answer: string; error: string | null };
export type AuditEntry = { seq: number; at: string; action: string; actor_id: string | null; actor_name: string; subject_kind: string; subject_id: string | null; project_id: string | null; address: string; request_id: string; data: unknown; prev: string; hash: string };
export type AuditFault = { seq: number; message: string };
export type Author = { id: string | null; display_name: string; guest: boolean };
export type BackupState = { state: string; error: string | null; folder: string; encrypted: boolean; every_hours: number | null; keep: number; last_at: string | null; next_at: string | null; name: string | null; files: number; bytes: number; problems: Array<string> };
export type Batch = { id: string; operation: "create" | "tag" | "untag" | "move" | "set_field" | "trash" | "restore" | "transcode"; options: Record<string, unknown>; state: "queued" | "running" | "done" | "cancelled"; counts: BatchCounts; progress: number; error: BatchProblem | null; created_by: string; created_at: string; started_at: string | null; finished_at: string | null; undone_by: string | null; links: BatchLinks };
export type BatchCounts = { total: number; done: number; failed: number };
export type BatchItem = { index: number; target: string | null; state: "waiting" | "done" | "failed" | "cancelled"; changed: boolean; error: BatchProblem | null; result_id: string | null };
export type BatchItemIn = { asset_id?: string; version_id?: string; title?: string; project_id?: string; folder_id?: string | null; tags?: Array<string>; metadata?: Record<string, unknown>; field?: string; value?: unknown };
export type BatchLinks = { self: string; items: string; cancel: string; undo: string };
export type BatchOptions = { project_id?: string; folder_id?: string | null; tags?: Array<string>; metadata?: Record<string, unknown>; field?: string; value?: unknown; force?: boolean };
export type BatchProblem = { code: string; detail: string };
export type BoardCard = { asset_id: string; title: string; kind: string | null; version_id: string; number: number; blurhash: string | null; width: number | null; height: number | null; review: Review; owed_by: Array<Someone>; mine: boolean };
export type BulkResult = { asset_id: string; changed: boolean; error: Trouble | null };
export type ByteCheck = { seq: number; at: string; sound: boolean; by: string; detail: string };
export type CacheDay = { day: string; edge_hit: number; edge_miss: number; images_hit: number; images_miss: number };
export type CaptionFile = { id: string; language: string; label: string; forced: boolean; format: "srt" | "vtt" | "ass" | "sbv" | "ttml" | "scc" | "stl"; filename: string; cues: number; created_at: string };
export type Captions = { id: string | null; language: string; label: string; forced: boolean; url: string };
export type CarriedFrom = { version_id: string; number: number; frame: number | null; frame_out: number | null; timecode: string | null; timecode_out: string | null };
export type ChainPlace = { seq: number; hash: string };
export type Check = { status: "ok" | "degraded" | "down"; detail: string };
export type Checks = { database: Check; queue: Check; storage: Check; disk: Check; workers: Check; plugins: Check };
export type ClientState = { share_id: string; title: string; decision: "approved" | "changes_requested" | null };
export type Collection = { id: string; project_id: string; name: string; filter: Record<string, string>; shared: boolean; created_by: string | null; created_at: string; updated_at: string };
export type Comment = { id: string; asset_id: string; version_id: string; parent_id: string | null; author: Author | null; frame: number | null; frame_out: number | null; timecode: string | null; timecode_out: string | null; body: string; source: string; mentions: Array<Named>; reactions: Array<Reaction>; files: Array<NoteFile>; carried: CarriedFrom | null; drawing: Record<string, unknown> | null; internal: boolean; resolved_at: string | null; resolved_by: Author | null; created_at: string; updated_at: string; edited_at: string | null; replies: Array<Reply> };
export type CopyState = { store: string; state: "waiting" | "good" | "damaged"; verified_at: string | null; checked_at: string | null; error: string; configured: boolean };
export type CredentialIn = { id: string; rawId: string; type: "public-key"; response: SignedIn };
export type CustomField = { id: string; project_id: string; key: string; name: string; type: "text" | "number" | "date" | "choice" | "choices" | "checkbox" | "person" | "url"; options: Array<string>; position: number };
export type Damage = { version_id: string; asset_id: string; name: string; store: string; reason: string; at: string | null };
export type Decided = { user: Someone | null; guest_name: string | null; decision: "approved" | "changes_requested" | "pending"; note: string; step: number | null; comment_id: string | null; decided_at: string; superseded_at: string | null };
export type DefaultReviewer = { user: Someone; required: boolean };
export type DefaultStep = { name: string; reviewers: Array<DefaultReviewer> };
export type Delivery = { id: string; webhook_id: string; event_id: string; type: string; state: "waiting" | "sending" | "delivered" | "dead" | "cancelled"; attempts: number; status: number | null; error: string | null; created_at: string; next_attempt_at: string | null; finished_at: string | null; last_attempt: Attempt | null };
export type Duplicate = { asset_id: string; version_id: string; project_id: string; title: string; number: number; filename: string; created_at: string };
export type Earlier = { version_id: string; number: number };
export type Edit = { id: string; edited_by: Author | null; edited_at: string; body: string };
export type Encodes = { day: string; films: number; median_seconds: number | null; longest_seconds: number | null };
export type EventBody = { id: string; type: string; timestamp: string; data: Record<string, unknown> };
export type EventTypeRow = { name: string; description: string; right: string; fields: Array<string> };
export type FieldProblem = { field: string; message: string };
export type Finding = { check: string; severity: "ok" | "warning" | "error"; message: string; fix: string; blocks: boolean };
export type FixityState = { enabled: boolean; running: boolean; current: string; pass_started_at: string | null; pass_finished_at: string | null; next_at: string | null; done: number; bytes: number; bad: number; due: number; bytes_per_second: number; budget: number; interval_days: number; damaged: Array<Damage> };
export type Folder = { id: string; project_id: string; parent_id: string | null; name: string; created_at: string };
export type Growth = { day: string; bytes: number; total_bytes: number };
export type Hit = { asset_id: string; project_id: string; project_name: string; folder_id: string | null; title: string; title_html: string; kind: string | null; status: string; version_id: string | null; blurhash: string | null; width: number | null; height: number | null; duration: number | null; created_at: string; snippets: Array<Snippet> };
export type Interlace = { container: string; measured: "tff" | "bff" | "progressive" | "unknown"; share: number };
export type Invitation = { id: string; email: string | null; roles: Array<string>; projects: Array<Place>; organisation_id: string; state: "open" | "used" | "revoked" | "expired"; created_by: string; created_at: string; expires_at: string; used_at: string | null; used_by: string | null };
export type Job = { id: string; kind: string; queue: string; version_id: string | null; project_id: string | null; asset_id: string | null; title: string; parent_id: string | null; piece: number | null; pieces: number | null; priority: number; state: string; attempts: number; max_attempts: number; percent: number; worker: string; error: Trouble | null; created_at: string; run_after: string; started_at: string | null; finished_at: string | null };
export type LastUpdate = { phase: "writing" | "ready" | "trying" | "installed" | "rolled_back" | "failed"; version: string; before: string; slot: string; at: string; done: number; total: number; tries: number; detail: string };
export type LockNow = { locked: boolean; retain_until: string | null; legal_hold: boolean; read_back: boolean; checked_at: string; error: string };
export type LookAlike = { asset_id: string; version_id: string; project_id: string; title: string; number: number; score: number; reason: "same_master" | "similar"; offset_seconds: number | null };
export type Loudness = { track: number; integrated: number | null; range: number | null; true_peak: number | null };
export type MadeIn = { clientDataJSON: string; attestationObject: string };
export type Manifest = { id: string; project_id: string; number: number | null; name: string; c4: string; files: number; author: string; comment: string; created_at: string };
export type MarkProblem = { line: number; message: string };
export type MarkedNote = { line: number; frame: number | null; frame_out: number | null; timecode: string | null; timecode_out: string | null; author: string; body: string; internal: boolean; resolved: boolean; standing: "new" | "there" | "repeated" };
export type Marker = { kind: "black" | "freeze" | "silence" | "clipping" | "loudness" | "dropped" | "duplicated" | "mixed_rate" | "interlace"; frame_in: number | null; frame_out: number | null; timecode_in: string | null; timecode_out: string | null; seconds_in: number; seconds_out: number; severity: "info" | "warning" | "error"; value: number | null; detail: string; track: number | null };
export type Master = { locked: boolean; retain_until: string | null; legal_hold: boolean; verified_at: string | null; in_place: boolean };
export type Media = { format: string | null; duration: number | null; width: number | null; height: number | null; frame_rate: string | null; start_timecode: string | null; drop_frame: boolean | null; codec: string | null; audio_tracks: Array<Record<string, unknown>> };
export type Member = { user_id: string; email: string; display_name: string; role: string };
export type Named = { id: string; display_name: string };
export type NewCredentialIn = { id: string; rawId: string; type: "public-key"; response: MadeIn };
export type NoteCount = { open: number; all: number };
export type NoteFile = { id: string; filename: string; content_type: string; size: number; sha256: string; url: string; created_at: string };
export type Notification = { id: string; kind: "mention" | "reply" | "review_asked" | "review_due" | "review_overdue" | "decided" | "plugin_off"; created_at: string; read_at: string | null; comment_id: string | null; thread_id: string | null; asset_id: string | null; asset_title: string | null; project_id: string | null; project_name: string | null; version_id: string | null; version_number: number | null; plugin: string | null; author: Author | null; excerpt: string; decision: "approved" | "changes_requested" | null; review_status: "none" | "in_review" | "approved" | "changes_requested" | null; due_at: string | null };
export type Organisation = { id: string; name: string; slug: string; is_first: boolean; quota_bytes: number | null; used_bytes: number; storage_prefix: string; studio: string; accent: string | null; people: number; projects: number; created_at: string };
export type OwnSession = { id: string; current: boolean; kind: "browser" | "program"; device: string; user_agent: string; address: string; unfamiliar: boolean; created_at: string; last_used_at: string; expires_at: string };
export type PartAddress = { number: number; url: string; method: "PUT"; headers: Record<string, string>; size: number };
export type PartIn = { number: number; etag: string };
export type Passkey = { id: string; name: string; created_at: string; last_used_at: string | null };
export type Person = { id: string; email: string; display_name: string; status: "pending" | "active" | "disabled"; roles: Array<string>; created_at: string; organisation_id: string };
export type PersonActivity = { id: string; name: string; actions: number; views: number; downloads: number; uploads: number; last_at: string };
export type Place = { project_id: string; role: string };
export type PlaceIn = { project_id: string; role: string };
export type Plugin = { name: string; version: string; state: string; reason: string; builtin: boolean; hooks: Array<string>; off_by: "" | "box" | "admin"; needed: boolean; findings: Array<Finding>; failures: number; last_error: string; settings: Array<PluginSetting>; restart_needed: boolean };
export type PluginSetting = { name: string; kind: "text" | "number" | "yes_no" | "list" | "secret" | ""; source: "file" | "page" | "default"; value: string | boolean | number | Array<string> | null; is_set: boolean; required: boolean; help: string; choices: Array<string> };
export type PopularAsset = { id: string; name: string; views: number; downloads: number };
export type Preview = { status: "queued" | "processing" | "ready" | "failed" | "unsupported"; playable: boolean; percent: number; renditions: Array<Rendition>; error: Trouble | null };
export type ProjectBytes = { id: string; name: string; masters: number; masters_bytes: number; previews_bytes: number };
export type ProjectRow = { id: string; name: string; description: string; role: string | null; assets: number; organisation_id: string; created_by: string | null; created_at: string; updated_at: string };
export type Proxy = { id: string; version_id: string; recipe: string; label: string; status: "queued" | "processing" | "ready" | "failed"; percent: number; filename: string; size: number | null; url: string | null; error: Trouble | null; created_at: string; finished_at: string | null };
export type QueueNow = { waiting: number; running: number; dead: number; oldest_seconds: number };
export type Reaction = { name: string; count: number; people: Array<Named> };
export type ReceivedPart = { number: number; size: number; etag: string };
export type Rendition = { name: string; height: number | null; status: string };
export type Reply = { id: string; asset_id: string; version_id: string; parent_id: string | null; author: Author | null; frame: number | null; frame_out: number | null; timecode: string | null; timecode_out: string | null; body: string; source: string; mentions: Array<Named>; reactions: Array<Reaction>; files: Array<NoteFile>; carried: CarriedFrom | null; drawing: Record<string, unknown> | null; internal: boolean; resolved_at: string | null; resolved_by: Author | null; created_at: string; updated_at: string; edited_at: string | null; replies: Array<unknown> };
export type Requested = { rule: "all" | "any" | "majority" | "named"; due_at: string | null; asked_by: Someone | null; asked_at: string; open_step: number | null; steps: Array<StepState> };
export type Review = { status: "none" | "in_review" | "approved" | "changes_requested"; due_at: string | null; overdue: boolean; decisions: Array<Decided> };
export type ReviewerState = { user: Someone | null; required: boolean; state: "later" | "waiting" | "approved" | "changes_requested" | "done" | "dropped"; note: string; decided_at: string | null };
export type Role = { id: string | null; key: string; name: string; built_in: boolean; actions: Array<string>; created_at: string | null; updated_at: string | null };
export type Share = { id: string; project_id: string; kind: "assets" | "folder" | "collection" | "project"; asset_ids: Array<string>; folder_id: string | null; collection_id: string | null; filters: Record<string, unknown>; title: string; studio: string; url: string | null; has_password: boolean; expires_at: string | null; max_views: number | null; views: number; downloads: number; last_visit_at: string | null; allow_comments: boolean; allow_download: "none" | "preview" | "original"; watermark: string | null; all_versions: boolean; allow_decide: boolean; decision_required: boolean; accent: string | null; has_logo: boolean; state: "active" | "expired" | "used_up" | "revoked"; created_by: string | null; created_at: string; updated_at: string; revoked_at: string | null };
export type ShareFilters = { kind?: "video" | "image" | "audio" | "document" | "other"; status?: "awaiting_upload" | "uploading" | "promoting" | "processing" | "ready" | "failed"; tag?: string };
export type ShareVisit = { id: string; action: "entered" | "opened" | "downloaded"; what: "original" | "preview" | null; guest: string; address: string; asset_id: string | null; title: string | null; version: number | null; created_at: string };
export type SignedIn = { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string | null };
export type Skipped = { comment_id: string; reason: "resolved" | "already_there" };
export type Snippet = { field: "filename" | "tag" | "metadata" | "note" | "text"; html: string; version_id: string | null; version_number: number | null; comment_id: string | null; frame: number | null; page: number | null };
export type Someone = { id: string; display_name: string };
export type StackedVersion = { id: string; asset_id: string; number: number; label: string; filename: string; size: number; current: boolean; status: "queued" | "processing" | "ready" | "failed" | "unsupported"; playable: boolean; percent: number; review: "in_review" | "approved" | "changes_requested" | null; notes: NoteCount; uploader: Uploader | null; locked: boolean; stacked_from: string | null; removed_at: string | null; created_at: string };
export type StepIn = { name?: string; reviewers: Array<string>; required?: Array<string> };
export type StepState = { number: number; name: string; state: "approved" | "changes_requested" | "open" | "later" | "blocked"; reviewers: Array<ReviewerState> };
export type StoreProof = { store: string; kind: string; state: "enforced" | "advisory" | "lying" | "unknown"; severity: "ok" | "warning" | "error"; message: string; fix: string; at: string | null; copies?: Record<string, number> | null };
export type SuggestedPerson = { user_id: string; display_name: string; html: string };
export type SuggestedTag = { name: string; html: string };
export type SuggestedTitle = { asset_id: string; title: string; html: string; project_name: string };
export type Tag = { name: string; assets: number };
export type TrashedAsset = { id: string; project_id: string; folder_id: string | null; title: string; kind: "video" | "image" | "audio" | "document" | "other" | null; status: "awaiting_upload" | "uploading" | "promoting" | "processing" | "ready" | "failed"; tags: Array<string>; metadata: Record<string, unknown>; created_by: string | null; created_at: string; updated_at: string; current_version_id: string | null; versions: Array<Version>; trashed_at: string; trashed_by: string | null; locked_until: string | null; legal_hold: boolean };
export type Trouble = { code: string; detail: string };
export type UpdateBundle = { version: string; lowest: string; architecture: string; made_at: string; bytes: number; key: string; newer: boolean };
export type Uploader = { id: string; display_name: string };
export type User = { id: string; email: string; display_name: string; status: "pending" | "active" | "disabled"; roles: Array<string>; created_at: string };
export type Version = { id: string; asset_id: string; number: number; filename: string; size: number; content_type: string; sha256: string; xxh128: string; c4: string | null; master: Master; media: Media; blurhash: string | null; phash: string | null; preview: Preview; review: Review; created_at: string };
export type Waiting = { project_id: string; project: string; asset_id: string; title: string; version_id: string; number: number; due_at: string | null; overdue: boolean; asked_by: Someone | null; asked_at: string; step: string };
export type WatchFolder = { path: string; project: string; mode: string; copies: Array<string>; present: boolean; counts: Record<string, number>; troubled: Array<WatchedFile> };
export type WatchedFile = { id: string; path: string; size: number; state: string; asset_id: string | null; tries: number; try_after: string | null; error: Trouble | null };
export type Webhook = { id: string; project_id: string | null; url: string; description: string; events: Array<string>; active: boolean; status: "ok" | "failing" | "off" | "disabled"; failures: number; failing_since: string | null; last_success_at: string | null; disabled_at: string | null; disabled_reason: string; previous_secret_until: string | null; created_by: string | null; created_at: string; updated_at: string };
export type Worker = { id: string; host: string; joined: boolean; joined_at: string | null; state: "waiting" | "away" | "idle" | "working" | "draining" | "drained"; drained_at: string | null; seen_at: string | null; version: string; version_differs: boolean; keys_differ: boolean; cpus: number | null; load: number | null; memory_bytes: number | null; memory_free_bytes: number | null; gpus: Array<WorkerCard>; encoders: Array<WorkerEncoder>; processes: number; queues: Array<string>; jobs: Array<WorkerJob> };
export type WorkerCard = { name: string; memory_bytes: number | null; busy_percent: number | null; encoder_percent: number | null };
export type WorkerEncoder = { name: string; detail: string };
export type WorkerJob = { id: string; kind: string; percent: number; asset_id: string | null; title: string };
export type WorkerToken = { id: string; state: "open" | "used" | "revoked" | "expired"; made_by: string | null; created_at: string; expires_at: string; used_at: string | null; node_id: string | null };

/** What each operation takes and answers. */
export interface Operations {
  abort_upload: { ids: { upload_id: string }; query: object; body: undefined; answer: void };
  add_captions: { ids: { version_id: string }; query: { "language"?: string; "label"?: string; "forced"?: boolean; "filename"?: string }; body: Uint8Array | Blob; answer: { id: string; language: string; label: string; forced: boolean; format: "srt" | "vtt" | "ass" | "sbv" | "ttml" | "scc" | "stl"; filename: string; cues: number; created_at: string } };
  add_comment_file: { ids: { comment_id: string }; query: { "filename"?: string }; body: Uint8Array | Blob; answer: { id: string; filename: string; content_type: string; size: number; sha256: string; url: string; created_at: string } };
  add_passkey: { ids: object; query: object; body: { name: string; credential: NewCredentialIn }; answer: { id: string; name: string; created_at: string; last_used_at: string | null } };
  analyse: { ids: { version_id: string }; query: object; body: undefined; answer: { job_id: string } };
  approval_history: { ids: { version_id: string }; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<Decided>; next_cursor: string | null } };
  ask_review: { ids: { version_id: string }; query: object; body: { reviewers?: Array<string>; required?: Array<string>; steps?: Array<StepIn>; same_as?: string | null; rule?: "all" | "any" | "majority" | "named" | null; due_at?: string | null }; answer: { version_id: string; review: Review; request: Requested | null; others: Array<Decided>; mine: Decided | null; may_decide: boolean; owes: boolean; may_request: boolean; clients: Array<ClientState>; previous: Earlier | null } };
  begin_passkey: { ids: object; query: object; body: undefined; answer: { options: Record<string, unknown> } };
  begin_second_factor: { ids: object; query: object; body: undefined; answer: { secret: string; uri: string; qr: Array<string> } };
  cancel_batch: { ids: { batch_id: string }; query: object; body: undefined; answer: { id: string; operation: "create" | "tag" | "untag" | "move" | "set_field" | "trash" | "restore" | "transcode"; options: Record<string, unknown>; state: "queued" | "running" | "done" | "cancelled"; counts: BatchCounts; progress: number; error: BatchProblem | null; created_by: string; created_at: string; started_at: string | null; finished_at: string | null; undone_by: string | null; links: BatchLinks } };
  cancel_job: { ids: { job_id: string }; query: object; body: undefined; answer: { id: string; kind: string; queue: string; version_id: string | null; project_id: string | null; asset_id: string | null; title: string; parent_id: string | null; piece: number | null; pieces: number | null; priority: number; state: string; attempts: number; max_attempts: number; percent: number; worker: string; error: Trouble | null; created_at: string; run_after: string; started_at: string | null; finished_at: string | null } };
  cancel_version_jobs: { ids: { version_id: string }; query: object; body: undefined; answer: { items: Array<Job>; next_cursor: string | null } };
  carry_notes: { ids: { version_id: string }; query: object; body: { from_version_id: string; comment_ids?: Array<string> | null; replies?: boolean }; answer: { carried: Array<Comment>; skipped: Array<Skipped>; unplaced: number } };
  carry_offer: { ids: { version_id: string }; query: object; body: undefined; answer: { from_version_id: string | null; number: number | null; open: number } };
  certificate: { ids: object; query: object; body: undefined; answer: { certificate: string } };
  change_assets: { ids: object; query: object; body: { asset_ids: Array<string>; action: "move" | "tag" | "untag" | "trash" | "restore" | "set_field"; folder_id?: string | null; tags?: Array<string>; field?: string | null; value?: unknown }; answer: { results: Array<BulkResult>; undo: Array<Record<string, unknown>> } };
  change_password: { ids: object; query: object; body: { password: string }; answer: void };
  change_review: { ids: { version_id: string }; query: object; body: { reviewers?: Array<string>; required?: Array<string>; steps?: Array<StepIn>; rule?: "all" | "any" | "majority" | "named" | null; due_at?: string | null }; answer: { version_id: string; review: Review; request: Requested | null; others: Array<Decided>; mine: Decided | null; may_decide: boolean; owes: boolean; may_request: boolean; clients: Array<ClientState>; previous: Earlier | null } };
  check_plugin: { ids: { name: string }; query: object; body: undefined; answer: { name: string; version: string; state: string; reason: string; builtin: boolean; hooks: Array<string>; off_by: "" | "box" | "admin"; needed: boolean; findings: Array<Finding>; failures: number; last_error: string; settings: Array<PluginSetting>; restart_needed: boolean } };
  collection_assets: { ids: { collection_id: string }; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<Asset>; next_cursor: string | null } };
  column: { ids: { project_id: string }; query: { "cursor"?: string | null; "limit"?: number; "column"?: "none" | "in_review" | "changes_requested" | "approved"; "waiting"?: boolean }; body: undefined; answer: { items: Array<BoardCard>; next_cursor: string | null } };
  compare_manifest: { ids: { project_id: string }; query: object; body: Uint8Array | Blob; answer: { counts: Record<string, number>; verified: Array<string>; missing: Array<string>; altered: Array<string>; unknown: Array<string>; extra: Array<string> } };
  configure_plugin: { ids: { name: string }; query: object; body: { settings: Record<string, boolean | number | string | Array<string> | null> }; answer: { name: string; version: string; state: string; reason: string; builtin: boolean; hooks: Array<string>; off_by: "" | "box" | "admin"; needed: boolean; findings: Array<Finding>; failures: number; last_error: string; settings: Array<PluginSetting>; restart_needed: boolean } };
  confirm_second_factor: { ids: object; query: object; body: { code: string }; answer: { recovery_codes: Array<string> } };
  counts: { ids: { project_id: string }; query: object; body: undefined; answer: { none: number; in_review: number; changes_requested: number; approved: number; overdue: number; waiting: number } };
  create_asset: { ids: object; query: object; body: { project_id: string; title: string; folder_id?: string | null; metadata?: Record<string, unknown>; tags?: Array<string> }; answer: { id: string; project_id: string; folder_id: string | null; title: string; kind: "video" | "image" | "audio" | "document" | "other" | null; status: "awaiting_upload" | "uploading" | "promoting" | "processing" | "ready" | "failed"; tags: Array<string>; metadata: Record<string, unknown>; created_by: string | null; created_at: string; updated_at: string; current_version_id: string | null; versions: Array<Version> } };
  create_batch: { ids: object; query: object; body: { operation: "create" | "tag" | "untag" | "move" | "set_field" | "trash" | "restore" | "transcode"; items: Array<BatchItemIn>; options?: BatchOptions }; answer: { id: string; operation: "create" | "tag" | "untag" | "move" | "set_field" | "trash" | "restore" | "transcode"; options: Record<string, unknown>; state: "queued" | "running" | "done" | "cancelled"; counts: BatchCounts; progress: number; error: BatchProblem | null; created_by: string; created_at: string; started_at: string | null; finished_at: string | null; undone_by: string | null; links: BatchLinks } };
  create_collection: { ids: { project_id: string }; query: object; body: { name: string; filter: Record<string, string>; shared?: boolean }; answer: { id: string; project_id: string; name: string; filter: Record<string, string>; shared: boolean; created_by: string | null; created_at: string; updated_at: string } };
  create_comment: { ids: { asset_id: string }; query: object; body: { version_id: string; body: string; frame?: number | null; frame_out?: number | null; drawing?: { version: 1; shapes: Array<{ kind: "pen"; color: string; width: number; points: Array<Array<number>> } | { kind: "arrow" | "line" | "box" | "ellipse"; color: string; width: number; from: Array<number>; to: Array<number> } | { kind: "text"; color: string; size: number; at: Array<number>; text: string }> } | null; parent_id?: string | null; internal?: boolean }; answer: { id: string; asset_id: string; version_id: string; parent_id: string | null; author: Author | null; frame: number | null; frame_out: number | null; timecode: string | null; timecode_out: string | null; body: string; source: string; mentions: Array<Named>; reactions: Array<Reaction>; files: Array<NoteFile>; carried: CarriedFrom | null; drawing: Record<string, unknown> | null; internal: boolean; resolved_at: string | null; resolved_by: Author | null; created_at: string; updated_at: string; edited_at: string | null; replies: Array<Reply> } };
  create_field: { ids: { project_id: string }; query: object; body: { name: string; type: "text" | "number" | "date" | "choice" | "choices" | "checkbox" | "person" | "url"; options?: Array<string> }; answer: { id: string; project_id: string; key: string; name: string; type: "text" | "number" | "date" | "choice" | "choices" | "checkbox" | "person" | "url"; options: Array<string>; position: number } };
  create_folder: { ids: { project_id: string }; query: object; body: { name: string; parent_id?: string | null }; answer: { id: string; project_id: string; parent_id: string | null; name: string; created_at: string } };
  create_invitation: { ids: object; query: object; body: { email?: string | null; roles?: Array<string>; projects?: Array<PlaceIn>; days?: number; organisation_id?: string | null }; answer: { id: string; email: string | null; roles: Array<string>; projects: Array<Place>; organisation_id: string; state: "open" | "used" | "revoked" | "expired"; created_by: string; created_at: string; expires_at: string; used_at: string | null; used_by: string | null; url: string } };
  create_key: { ids: object; query: object; body: { name: string; scopes: Array<string>; project_id?: string | null; expires_at?: string | null }; answer: { id: string; name: string; prefix: string; scopes: Array<string>; project_id: string | null; state: "active" | "expired" | "revoked"; created_at: string; expires_at: string; last_used_at: string | null; last_address: string; revoked_at: string | null; key: string } };
  create_manifest: { ids: { project_id: string }; query: object; body: { comment?: string; location?: string }; answer: { id: string; project_id: string; number: number | null; name: string; c4: string; files: number; author: string; comment: string; created_at: string } };
  create_organisation: { ids: object; query: object; body: { name: string; slug: string; quota_bytes?: number | null }; answer: { id: string; name: string; slug: string; is_first: boolean; quota_bytes: number | null; used_bytes: number; storage_prefix: string; studio: string; accent: string | null; people: number; projects: number; created_at: string } };
  create_project: { ids: object; query: object; body: { name: string; description?: string }; answer: { id: string; name: string; description: string; role: string | null; assets: number; organisation_id: string; created_by: string | null; created_at: string; updated_at: string; members: Array<Member> } };
  create_role: { ids: object; query: object; body: { name: string; actions?: Array<string> }; answer: { id: string | null; key: string; name: string; built_in: boolean; actions: Array<string>; created_at: string | null; updated_at: string | null } };
  create_share: { ids: object; query: object; body: { title?: string; studio?: string; expires_at?: string | null; password?: string | null; max_views?: number | null; allow_comments?: boolean; allow_download?: boolean | "none" | "preview" | "original"; watermark?: boolean | string | null; all_versions?: boolean; allow_decide?: boolean; decision_required?: boolean; accent?: string | null; asset_ids?: Array<string> | null; project_id?: string | null; folder_id?: string | null; collection_id?: string | null; filters?: ShareFilters | null }; answer: { id: string; project_id: string; kind: "assets" | "folder" | "collection" | "project"; asset_ids: Array<string>; folder_id: string | null; collection_id: string | null; filters: Record<string, unknown>; title: string; studio: string; url: string | null; has_password: boolean; expires_at: string | null; max_views: number | null; views: number; downloads: number; last_visit_at: string | null; allow_comments: boolean; allow_download: "none" | "preview" | "original"; watermark: string | null; all_versions: boolean; allow_decide: boolean; decision_required: boolean; accent: string | null; has_logo: boolean; state: "active" | "expired" | "used_up" | "revoked"; created_by: string | null; created_at: string; updated_at: string; revoked_at: string | null } };
  create_webhook: { ids: object; query: object; body: { url: string; events?: Array<string>; project_id?: string | null; description?: string; active?: boolean }; answer: { id: string; project_id: string | null; url: string; description: string; events: Array<string>; active: boolean; status: "ok" | "failing" | "off" | "disabled"; failures: number; failing_since: string | null; last_success_at: string | null; disabled_at: string | null; disabled_reason: string; previous_secret_until: string | null; created_by: string | null; created_at: string; updated_at: string; secret: string } };
  create_worker_token: { ids: object; query: object; body: { minutes?: number }; answer: { id: string; state: "open" | "used" | "revoked" | "expired"; made_by: string | null; created_at: string; expires_at: string; used_at: string | null; node_id: string | null; token: string; command: string } };
  decide: { ids: { version_id: string }; query: object; body: { decision: "approved" | "changes_requested" | "pending"; note?: string }; answer: { version_id: string; review: Review; request: Requested | null; others: Array<Decided>; mine: Decided | null; may_decide: boolean; owes: boolean; may_request: boolean; clients: Array<ClientState>; previous: Earlier | null } };
  delete_asset: { ids: { asset_id: string }; query: object; body: undefined; answer: void };
  delete_collection: { ids: { collection_id: string }; query: object; body: undefined; answer: void };
  delete_comment: { ids: { comment_id: string }; query: object; body: undefined; answer: void };
  delete_field: { ids: { field_id: string }; query: { "values"?: boolean }; body: undefined; answer: void };
  delete_folder: { ids: { folder_id: string }; query: object; body: undefined; answer: void };
  delete_organisation: { ids: { organisation_id: string }; query: object; body: undefined; answer: void };
  delete_project: { ids: { project_id: string }; query: object; body: undefined; answer: void };
  delete_role: { ids: { role_id: string }; query: { "replacement"?: string | null }; body: undefined; answer: void };
  delete_webhook: { ids: { webhook_id: string }; query: object; body: undefined; answer: void };
  disable_plugin: { ids: { name: string }; query: object; body: undefined; answer: { name: string; version: string; state: string; reason: string; builtin: boolean; hooks: Array<string>; off_by: "" | "box" | "admin"; needed: boolean; findings: Array<Finding>; failures: number; last_error: string; settings: Array<PluginSetting>; restart_needed: boolean } };
  disable_second_factor: { ids: object; query: object; body: undefined; answer: void };
  download_address: { ids: { version_id: string }; query: { "damaged"?: boolean }; body: undefined; answer: string };
  drain_worker: { ids: { worker_id: string }; query: object; body: undefined; answer: { id: string; host: string; joined: boolean; joined_at: string | null; state: "waiting" | "away" | "idle" | "working" | "draining" | "drained"; drained_at: string | null; seen_at: string | null; version: string; version_differs: boolean; keys_differ: boolean; cpus: number | null; load: number | null; memory_bytes: number | null; memory_free_bytes: number | null; gpus: Array<WorkerCard>; encoders: Array<WorkerEncoder>; processes: number; queues: Array<string>; jobs: Array<WorkerJob> } };
  enable_plugin: { ids: { name: string }; query: object; body: undefined; answer: { name: string; version: string; state: string; reason: string; builtin: boolean; hooks: Array<string>; off_by: "" | "box" | "admin"; needed: boolean; findings: Array<Finding>; failures: number; last_error: string; settings: Array<PluginSetting>; restart_needed: boolean } };
  end_other_sessions: { ids: object; query: object; body: undefined; answer: { ended: number } };
  end_session: { ids: { session_id: string }; query: object; body: undefined; answer: void };
  erase_user: { ids: { user_id: string }; query: object; body: { email: string; dry_run?: boolean }; answer: { user_id: string; name_becomes: string; removed: Record<string, number>; kept_notes: number; kept_masters: number; kept_audit_entries: number; done: boolean } };
  export_comments: { ids: { version_id: string }; query: { "format"?: "csv" | "edl" | "avid" | "fcpxml" | "xmeml" | "otio" | "json" | "pdf"; "state"?: "open" | "resolved" | "all"; "ids"?: Array<string> }; body: undefined; answer: Uint8Array };
  export_log: { ids: object; query: { "q"?: string | null; "action"?: string | null; "actor_id"?: string | null; "subject_id"?: string | null; "project_id"?: string | null; "from"?: string | null; "to"?: string | null }; body: undefined; answer: Uint8Array };
  export_report: { ids: object; query: { "days"?: number }; body: undefined; answer: Uint8Array };
  export_user: { ids: { user_id: string }; query: object; body: undefined; answer: Uint8Array };
  export_visits: { ids: { share_id: string }; query: object; body: undefined; answer: Uint8Array };
  get_analysis: { ids: { version_id: string }; query: object; body: undefined; answer: { version_id: string; status: "none" | "queued" | "processing" | "ready" | "failed"; percent: number; error: Trouble | null; loudness: Array<Loudness>; interlace: Interlace | null; markers: Array<Marker>; waveform: boolean; made_at: string | null } };
  get_approvals: { ids: { version_id: string }; query: object; body: undefined; answer: { version_id: string; review: Review; request: Requested | null; others: Array<Decided>; mine: Decided | null; may_decide: boolean; owes: boolean; may_request: boolean; clients: Array<ClientState>; previous: Earlier | null } };
  get_asset: { ids: { asset_id: string }; query: object; body: undefined; answer: { id: string; project_id: string; folder_id: string | null; title: string; kind: "video" | "image" | "audio" | "document" | "other" | null; status: "awaiting_upload" | "uploading" | "promoting" | "processing" | "ready" | "failed"; tags: Array<string>; metadata: Record<string, unknown>; created_by: string | null; created_at: string; updated_at: string; current_version_id: string | null; versions: Array<Version> } };
  get_batch: { ids: { batch_id: string }; query: object; body: undefined; answer: { id: string; operation: "create" | "tag" | "untag" | "move" | "set_field" | "trash" | "restore" | "transcode"; options: Record<string, unknown>; state: "queued" | "running" | "done" | "cancelled"; counts: BatchCounts; progress: number; error: BatchProblem | null; created_by: string; created_at: string; started_at: string | null; finished_at: string | null; undone_by: string | null; links: BatchLinks } };
  get_certificate: { ids: { version_id: string }; query: { "format"?: "json" | "pdf" }; body: undefined; answer: Uint8Array };
  get_collection: { ids: { collection_id: string }; query: object; body: undefined; answer: { id: string; project_id: string; name: string; filter: Record<string, string>; shared: boolean; created_by: string | null; created_at: string; updated_at: string } };
  get_comment: { ids: { comment_id: string }; query: object; body: undefined; answer: { id: string; asset_id: string; version_id: string; parent_id: string | null; author: Author | null; frame: number | null; frame_out: number | null; timecode: string | null; timecode_out: string | null; body: string; source: string; mentions: Array<Named>; reactions: Array<Reaction>; files: Array<NoteFile>; carried: CarriedFrom | null; drawing: Record<string, unknown> | null; internal: boolean; resolved_at: string | null; resolved_by: Author | null; created_at: string; updated_at: string; edited_at: string | null; replies: Array<Reply> } };
  get_comment_file: { ids: { comment_id: string; file_id: string }; query: object; body: undefined; answer: string };
  get_comment_still: { ids: { comment_id: string }; query: { "width"?: number }; body: undefined; answer: Uint8Array };
  get_defaults: { ids: { project_id: string }; query: object; body: undefined; answer: { project_id: string; rule: "all" | "any" | "majority" | "named"; due_days: number | null; steps: Array<DefaultStep> } };
  get_delivery: { ids: { webhook_id: string; delivery_id: string }; query: object; body: undefined; answer: { id: string; webhook_id: string; event_id: string; type: string; state: "waiting" | "sending" | "delivered" | "dead" | "cancelled"; attempts: number; status: number | null; error: string | null; created_at: string; next_attempt_at: string | null; finished_at: string | null; last_attempt: Attempt | null; payload: EventBody; log: Array<Attempt> } };
  get_field: { ids: { field_id: string }; query: object; body: undefined; answer: { id: string; project_id: string; key: string; name: string; type: "text" | "number" | "date" | "choice" | "choices" | "checkbox" | "person" | "url"; options: Array<string>; position: number } };
  get_folder: { ids: { folder_id: string }; query: object; body: undefined; answer: { id: string; project_id: string; parent_id: string | null; name: string; created_at: string } };
  get_health: { ids: object; query: object; body: undefined; answer: { status: "ok" | "degraded" | "down"; version: string; checks: Checks } };
  get_image: { ids: { version_id: string }; query: { "w"?: number | null; "h"?: number | null; "fit"?: "inside" | "cover" | "fill"; "q"?: number | null; "f"?: "auto" | "jpeg" | "webp" | "avif"; "page"?: number }; body: undefined; answer: Uint8Array };
  get_integrity: { ids: { version_id: string }; query: object; body: undefined; answer: { version_id: string; size: number; sha256: string; xxh128: string; c4: string | null; lock: LockNow; lock_proof: Finding | null; verified_at: string | null; damage: string | null; copies: Array<CopyState>; checks: Array<ByteCheck>; verifying: boolean; may_verify: boolean; may_hold: boolean; may_certify: boolean } };
  get_integrity_key: { ids: object; query: object; body: undefined; answer: { key_id: string; algorithm: string; public_key: string } };
  get_key: { ids: { key_id: string }; query: object; body: undefined; answer: { id: string; name: string; prefix: string; scopes: Array<string>; project_id: string | null; state: "active" | "expired" | "revoked"; created_at: string; expires_at: string; last_used_at: string | null; last_address: string; revoked_at: string | null } };
  get_logo: { ids: { share_id: string }; query: object; body: undefined; answer: Uint8Array };
  get_look: { ids: { project_id: string }; query: object; body: undefined; answer: { studio: string; accent: string | null; has_logo: boolean } };
  get_me: { ids: object; query: object; body: undefined; answer: { id: string; email: string; display_name: string; status: "pending" | "active" | "disabled"; roles: Array<string>; created_at: string } };
  get_organisation: { ids: { organisation_id: string }; query: object; body: undefined; answer: { id: string; name: string; slug: string; is_first: boolean; quota_bytes: number | null; used_bytes: number; storage_prefix: string; studio: string; accent: string | null; people: number; projects: number; created_at: string } };
  get_passkey: { ids: { passkey_id: string }; query: object; body: undefined; answer: { id: string; name: string; created_at: string; last_used_at: string | null } };
  get_project: { ids: { project_id: string }; query: object; body: undefined; answer: { id: string; name: string; description: string; role: string | null; assets: number; organisation_id: string; created_by: string | null; created_at: string; updated_at: string; members: Array<Member> } };
  get_project_logo: { ids: { project_id: string }; query: object; body: undefined; answer: Uint8Array };
  get_report: { ids: object; query: { "days"?: number }; body: undefined; answer: { days: number; from: string; to: string; storage: Array<ProjectBytes>; growth: Array<Growth>; activity: Array<Activity>; queue: QueueNow; encodes: Array<Encodes>; assets: Array<PopularAsset>; cache: Array<CacheDay>; people: Array<PersonActivity> } };
  get_role: { ids: { role_id: string }; query: object; body: undefined; answer: { id: string | null; key: string; name: string; built_in: boolean; actions: Array<string>; created_at: string | null; updated_at: string | null } };
  get_second_factor: { ids: object; query: object; body: undefined; answer: { enabled: boolean; since: string | null; recovery_codes_left: number; required: boolean } };
  get_share: { ids: { share_id: string }; query: object; body: undefined; answer: { id: string; project_id: string; kind: "assets" | "folder" | "collection" | "project"; asset_ids: Array<string>; folder_id: string | null; collection_id: string | null; filters: Record<string, unknown>; title: string; studio: string; url: string | null; has_password: boolean; expires_at: string | null; max_views: number | null; views: number; downloads: number; last_visit_at: string | null; allow_comments: boolean; allow_download: "none" | "preview" | "original"; watermark: string | null; all_versions: boolean; allow_decide: boolean; decision_required: boolean; accent: string | null; has_logo: boolean; state: "active" | "expired" | "used_up" | "revoked"; created_by: string | null; created_at: string; updated_at: string; revoked_at: string | null } };
  get_update: { ids: object; query: object; body: undefined; answer: { version: string; architecture: string; slot: "a" | "b" | null; possible: boolean; last: LastUpdate | null; bundle: UpdateBundle | null } };
  get_upload: { ids: { upload_id: string }; query: object; body: undefined; answer: { upload_id: string; asset_id: string; filename: string; size: number; content_type: string; sha256: string | null; part_size: number; state: string; version_id: string | null; created_at: string; expires_at: string; received: Array<ReceivedPart> } };
  get_user: { ids: { user_id: string }; query: object; body: undefined; answer: { id: string; email: string; display_name: string; status: "pending" | "active" | "disabled"; roles: Array<string>; created_at: string; organisation_id: string } };
  get_version: { ids: { version_id: string }; query: object; body: undefined; answer: { id: string; asset_id: string; number: number; label: string; filename: string; size: number; current: boolean; status: "queued" | "processing" | "ready" | "failed" | "unsupported"; playable: boolean; percent: number; review: "in_review" | "approved" | "changes_requested" | null; notes: NoteCount; uploader: Uploader | null; locked: boolean; stacked_from: string | null; removed_at: string | null; created_at: string } };
  get_webhook: { ids: { webhook_id: string }; query: object; body: undefined; answer: { id: string; project_id: string | null; url: string; description: string; events: Array<string>; active: boolean; status: "ok" | "failing" | "off" | "disabled"; failures: number; failing_since: string | null; last_success_at: string | null; disabled_at: string | null; disabled_reason: string; previous_secret_until: string | null; created_by: string | null; created_at: string; updated_at: string } };
  get_worker: { ids: { worker_id: string }; query: object; body: undefined; answer: { id: string; host: string; joined: boolean; joined_at: string | null; state: "waiting" | "away" | "idle" | "working" | "draining" | "drained"; drained_at: string | null; seen_at: string | null; version: string; version_differs: boolean; keys_differ: boolean; cpus: number | null; load: number | null; memory_bytes: number | null; memory_free_bytes: number | null; gpus: Array<WorkerCard>; encoders: Array<WorkerEncoder>; processes: number; queues: Array<string>; jobs: Array<WorkerJob> } };
  import_comments: { ids: { version_id: string }; query: { "format"?: "auto" | "csv" | "edl" | "avid"; "start"?: string; "dry_run"?: boolean }; body: Uint8Array | Blob; answer: { dialect: "MAM" | "Frame.io" | "Premiere" | "Resolve" | "CSV" | "EDL" | "Avid"; first_timecode: string | null; new: number; there: number; repeated: number; unreadable: number; imported: number; import_id: string | null; notes: Array<MarkedNote>; problems: Array<MarkProblem> } };
  install_update: { ids: object; query: object; body: { older?: boolean }; answer: { version: string; architecture: string; slot: "a" | "b" | null; possible: boolean; last: LastUpdate | null; bundle: UpdateBundle | null } };
  join: { ids: object; query: object; body: { token: string; version: string; host: string }; answer: { node_id: string; version: string; settings: Record<string, unknown>; secrets: Record<string, string> } };
  label_version: { ids: { version_id: string }; query: object; body: { label: string }; answer: { id: string; asset_id: string; number: number; label: string; filename: string; size: number; current: boolean; status: "queued" | "processing" | "ready" | "failed" | "unsupported"; playable: boolean; percent: number; review: "in_review" | "approved" | "changes_requested" | null; notes: NoteCount; uploader: Uploader | null; locked: boolean; stacked_from: string | null; removed_at: string | null; created_at: string } };
  list_assets: { ids: object; query: { "cursor"?: string | null; "limit"?: number; "q"?: string | null; "project_id"?: string | null; "folder_id"?: string | null; "kind"?: "video" | "image" | "audio" | "document" | "other" | null; "status"?: "awaiting_upload" | "uploading" | "promoting" | "processing" | "ready" | "failed" | null; "tag"?: string | null; "review"?: "none" | "in_review" | "approved" | "changes_requested" | "overdue" | null; "trashed"?: boolean; "sort"?: "created_at" | "-created_at" | "updated_at" | "-updated_at" | "title" | "-title" | "kind" | "-kind" | "status" | "-status"; "person"?: string | null; "since"?: string | null; "to"?: string | null; "field"?: string | null }; body: undefined; answer: { items: Array<Asset>; next_cursor: string | null } };
  list_audit: { ids: object; query: { "cursor"?: string | null; "limit"?: number; "q"?: string | null; "action"?: string | null; "actor_id"?: string | null; "subject_id"?: string | null; "project_id"?: string | null; "from"?: string | null; "to"?: string | null }; body: undefined; answer: { items: Array<AuditEntry>; next_cursor: string | null } };
  list_batch_items: { ids: { batch_id: string }; query: { "cursor"?: string | null; "limit"?: number; "state"?: "waiting" | "done" | "failed" | "cancelled" | null }; body: undefined; answer: { items: Array<BatchItem>; next_cursor: string | null } };
  list_batches: { ids: object; query: { "cursor"?: string | null; "limit"?: number; "state"?: "queued" | "running" | "done" | "cancelled" | null }; body: undefined; answer: { items: Array<Batch>; next_cursor: string | null } };
  list_captions: { ids: { version_id: string }; query: object; body: undefined; answer: { items: Array<CaptionFile>; next_cursor: string | null } };
  list_collections: { ids: { project_id: string }; query: object; body: undefined; answer: { items: Array<Collection>; next_cursor: string | null } };
  list_comment_history: { ids: { comment_id: string }; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<Edit>; next_cursor: string | null } };
  list_comments: { ids: { asset_id: string }; query: { "cursor"?: string | null; "limit"?: number; "version_id"?: string | null; "state"?: "open" | "resolved" | "all"; "author_id"?: string | null; "mentions_id"?: string | null; "internal"?: boolean | null; "q"?: string; "sort"?: "frame" | "newest" | "author" }; body: undefined; answer: { items: Array<Comment>; next_cursor: string | null } };
  list_deliveries: { ids: { webhook_id: string }; query: { "cursor"?: string | null; "limit"?: number; "state"?: "waiting" | "sending" | "delivered" | "dead" | "cancelled" | null }; body: undefined; answer: { items: Array<Delivery>; next_cursor: string | null } };
  list_event_types: { ids: object; query: object; body: undefined; answer: { items: Array<EventTypeRow>; next_cursor: string | null } };
  list_events: { ids: object; query: { "cursor"?: string | null; "limit"?: number; "project_id"?: string | null; "types"?: string | null }; body: undefined; answer: { items: Array<EventBody>; next_cursor: string | null } };
  list_fields: { ids: { project_id: string }; query: { "deleted"?: boolean }; body: undefined; answer: { items: Array<CustomField>; next_cursor: string | null } };
  list_folders: { ids: { project_id: string }; query: { "cursor"?: string | null; "limit"?: number; "sort"?: "name" | "-name" | "created_at" | "-created_at" }; body: undefined; answer: { items: Array<Folder>; next_cursor: string | null } };
  list_invitations: { ids: object; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<Invitation>; next_cursor: string | null } };
  list_jobs: { ids: object; query: { "cursor"?: string | null; "limit"?: number; "state"?: "queued" | "running" | "done" | "dead" | "cancelled" | null; "kind"?: string | null; "version_id"?: string | null }; body: undefined; answer: { items: Array<Job>; next_cursor: string | null } };
  list_keys: { ids: object; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<ApiKey>; next_cursor: string | null } };
  list_manifests: { ids: { project_id: string }; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<Manifest>; next_cursor: string | null } };
  list_mentionable: { ids: { asset_id: string }; query: { "q"?: string; "internal"?: boolean; "limit"?: number }; body: undefined; answer: { items: Array<Named>; next_cursor: string | null } };
  list_notifications: { ids: object; query: { "cursor"?: string | null; "limit"?: number; "unread"?: boolean }; body: undefined; answer: { items: Array<Notification>; next_cursor: string | null; unread: number } };
  list_organisations: { ids: object; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<Organisation>; next_cursor: string | null } };
  list_passkeys: { ids: object; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<Passkey>; next_cursor: string | null } };
  list_plugins: { ids: object; query: object; body: undefined; answer: { items: Array<Plugin>; next_cursor: string | null } };
  list_projects: { ids: object; query: { "cursor"?: string | null; "limit"?: number; "sort"?: "created_at" | "-created_at" | "updated_at" | "-updated_at" | "name" | "-name" }; body: undefined; answer: { items: Array<ProjectRow>; next_cursor: string | null } };
  list_proxies: { ids: { version_id: string }; query: object; body: undefined; answer: { items: Array<Proxy>; next_cursor: string | null } };
  list_roles: { ids: object; query: object; body: undefined; answer: { items: Array<Role>; next_cursor: string | null } };
  list_sessions: { ids: object; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<OwnSession>; next_cursor: string | null } };
  list_shares: { ids: object; query: { "cursor"?: string | null; "limit"?: number; "project_id"?: string }; body: undefined; answer: { items: Array<Share>; next_cursor: string | null } };
  list_similar: { ids: { version_id: string }; query: object; body: undefined; answer: { items: Array<LookAlike> } };
  list_tags: { ids: { project_id: string }; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<Tag>; next_cursor: string | null } };
  list_trash: { ids: { project_id: string }; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<TrashedAsset>; next_cursor: string | null } };
  list_users: { ids: object; query: { "cursor"?: string | null; "limit"?: number; "organisation_id"?: string | null }; body: undefined; answer: { items: Array<Person>; next_cursor: string | null } };
  list_versions: { ids: { asset_id: string }; query: { "cursor"?: string | null; "limit"?: number; "state"?: "kept" | "removed" | "all" }; body: undefined; answer: { items: Array<StackedVersion>; next_cursor: string | null } };
  list_visits: { ids: { share_id: string }; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<ShareVisit>; next_cursor: string | null } };
  list_waiting_reviews: { ids: object; query: { "cursor"?: string | null; "limit"?: number; "project_id"?: string | null }; body: undefined; answer: { items: Array<Waiting>; next_cursor: string | null } };
  list_watches: { ids: object; query: object; body: undefined; answer: { items: Array<WatchFolder>; next_cursor: string | null } };
  list_webhooks: { ids: object; query: { "cursor"?: string | null; "limit"?: number; "project_id"?: string | null }; body: undefined; answer: { items: Array<Webhook>; next_cursor: string | null } };
  list_worker_tokens: { ids: object; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<WorkerToken>; next_cursor: string | null } };
  list_workers: { ids: object; query: { "cursor"?: string | null; "limit"?: number }; body: undefined; answer: { items: Array<Worker>; next_cursor: string | null } };
  login: { ids: object; query: object; body: { email: string; password: string; otp?: string | null }; answer: { access_token: string; refresh_token: string; token_type: "Bearer"; expires_in: number; user: User } };
  logout: { ids: object; query: object; body: { refresh_token?: string | null }; answer: void };
  make_current: { ids: { version_id: string }; query: object; body: undefined; answer: { id: string; asset_id: string; number: number; label: string; filename: string; size: number; current: boolean; status: "queued" | "processing" | "ready" | "failed" | "unsupported"; playable: boolean; percent: number; review: "in_review" | "approved" | "changes_requested" | null; notes: NoteCount; uploader: Uploader | null; locked: boolean; stacked_from: string | null; removed_at: string | null; created_at: string } };
  mark_all_read: { ids: object; query: object; body: undefined; answer: void };
  mark_read: { ids: { notification_id: string }; query: object; body: undefined; answer: { id: string; kind: "mention" | "reply" | "review_asked" | "review_due" | "review_overdue" | "decided" | "plugin_off"; created_at: string; read_at: string | null; comment_id: string | null; thread_id: string | null; asset_id: string | null; asset_title: string | null; project_id: string | null; project_name: string | null; version_id: string | null; version_number: number | null; plugin: string | null; author: Author | null; excerpt: string; decision: "approved" | "changes_requested" | null; review_status: "none" | "in_review" | "approved" | "changes_requested" | null; due_at: string | null } };
  metrics: { ids: object; query: object; body: undefined; answer: Uint8Array };
  part_addresses: { ids: { upload_id: string }; query: object; body: { numbers: Array<number> }; answer: { parts: Array<PartAddress> } };
  passkey_login: { ids: object; query: object; body: { credential: CredentialIn }; answer: { access_token: string; refresh_token: string; token_type: "Bearer"; expires_in: number; user: User } };
  passkey_options: { ids: object; query: object; body: undefined; answer: { options: Record<string, unknown> } };
  ping_webhook: { ids: { webhook_id: string }; query: object; body: undefined; answer: { event_id: string } };
  presign: { ids: object; query: object; body: { asset_id: string; filename: string; size: number; content_type?: string | null; sha256?: string | null; duplicates?: "allow" | "link" | "refuse" | null }; answer: { upload_id: string; part_size: number; parts: Array<PartAddress>; expires_at: string; duplicate_of: Array<Duplicate> } };
  preview_status: { ids: object; query: { "version_id"?: string }; body: undefined; answer: { status: "queued" | "processing" | "ready" | "failed" | "unsupported"; playable: boolean; percent: number; renditions: Array<Rendition>; error: Trouble | null; version_id: string } };
  prioritise_job: { ids: { job_id: string }; query: object; body: { priority: number }; answer: { id: string; kind: string; queue: string; version_id: string | null; project_id: string | null; asset_id: string | null; title: string; parent_id: string | null; piece: number | null; pieces: number | null; priority: number; state: string; attempts: number; max_attempts: number; percent: number; worker: string; error: Trouble | null; created_at: string; run_after: string; started_at: string | null; finished_at: string | null } };
  project_manifest: { ids: { project_id: string }; query: { "number"?: number | null; "format"?: "mhl" | "zip" }; body: undefined; answer: Uint8Array };
  promote: { ids: object; query: object; body: { upload_id: string; parts?: Array<PartIn> | null; duplicates?: "allow" | "link" | "refuse" | null; sha256?: string | null }; answer: { asset_id: string; version_id: string; status: string } };
  prove: { ids: object; query: object; body: { password?: string | null; code?: string | null }; answer: void };
  prove_storage: { ids: object; query: object; body: undefined; answer: { items: Array<StoreProof>; next_cursor: string | null } };
  proxy_address: { ids: { version_id: string; proxy_id: string }; query: object; body: undefined; answer: string };
  react: { ids: { comment_id: string; name: string }; query: object; body: undefined; answer: { id: string; asset_id: string; version_id: string; parent_id: string | null; author: Author | null; frame: number | null; frame_out: number | null; timecode: string | null; timecode_out: string | null; body: string; source: string; mentions: Array<Named>; reactions: Array<Reaction>; files: Array<NoteFile>; carried: CarriedFrom | null; drawing: Record<string, unknown> | null; internal: boolean; resolved_at: string | null; resolved_by: Author | null; created_at: string; updated_at: string; edited_at: string | null; replies: Array<Reply> } };
  refresh: { ids: object; query: object; body: { refresh_token: string }; answer: { access_token: string; refresh_token: string; token_type: "Bearer"; expires_in: number; user: User } };
  register: { ids: object; query: object; body: { email: string; display_name: string; password: string }; answer: { user: User } };
  remove_captions: { ids: { version_id: string; captions_id: string }; query: object; body: undefined; answer: void };
  remove_comment_file: { ids: { comment_id: string; file_id: string }; query: object; body: undefined; answer: void };
  remove_logo: { ids: { share_id: string }; query: object; body: undefined; answer: void };
  remove_member: { ids: { project_id: string; user_id: string }; query: object; body: undefined; answer: void };
  remove_passkey: { ids: { passkey_id: string }; query: object; body: undefined; answer: void };
  remove_project_logo: { ids: { project_id: string }; query: object; body: undefined; answer: void };
  remove_proxy: { ids: { version_id: string; proxy_id: string }; query: object; body: undefined; answer: void };
  remove_version: { ids: { version_id: string }; query: object; body: undefined; answer: void };
  remove_worker: { ids: { worker_id: string }; query: object; body: undefined; answer: void };
  rename_passkey: { ids: { passkey_id: string }; query: object; body: { name: string }; answer: { id: string; name: string; created_at: string; last_used_at: string | null } };
  rename_tag: { ids: { project_id: string }; query: object; body: { name: string; to: string | null }; answer: { name: string | null; assets: number } };
  renew_recovery_codes: { ids: object; query: object; body: undefined; answer: { recovery_codes: Array<string> } };
  renew_share: { ids: { share_id: string }; query: object; body: undefined; answer: { id: string; project_id: string; kind: "assets" | "folder" | "collection" | "project"; asset_ids: Array<string>; folder_id: string | null; collection_id: string | null; filters: Record<string, unknown>; title: string; studio: string; url: string | null; has_password: boolean; expires_at: string | null; max_views: number | null; views: number; downloads: number; last_visit_at: string | null; allow_comments: boolean; allow_download: "none" | "preview" | "original"; watermark: string | null; all_versions: boolean; allow_decide: boolean; decision_required: boolean; accent: string | null; has_logo: boolean; state: "active" | "expired" | "used_up" | "revoked"; created_by: string | null; created_at: string; updated_at: string; revoked_at: string | null } };
  request_preview: { ids: object; query: object; body: { version_id: string; force?: boolean }; answer: { job_id: string } };
  request_proxy: { ids: { version_id: string }; query: object; body: { recipe: string }; answer: { id: string; version_id: string; recipe: string; label: string; status: "queued" | "processing" | "ready" | "failed"; percent: number; filename: string; size: number | null; url: string | null; error: Trouble | null; created_at: string; finished_at: string | null } };
  resend_deliveries: { ids: { webhook_id: string }; query: object; body: { since: string; failed_only?: boolean }; answer: { count: number } };
  resend_delivery: { ids: { webhook_id: string; delivery_id: string }; query: object; body: undefined; answer: { id: string; webhook_id: string; event_id: string; type: string; state: "waiting" | "sending" | "delivered" | "dead" | "cancelled"; attempts: number; status: number | null; error: string | null; created_at: string; next_attempt_at: string | null; finished_at: string | null; last_attempt: Attempt | null } };
  resolve_comment: { ids: { comment_id: string }; query: object; body: undefined; answer: { id: string; asset_id: string; version_id: string; parent_id: string | null; author: Author | null; frame: number | null; frame_out: number | null; timecode: string | null; timecode_out: string | null; body: string; source: string; mentions: Array<Named>; reactions: Array<Reaction>; files: Array<NoteFile>; carried: CarriedFrom | null; drawing: Record<string, unknown> | null; internal: boolean; resolved_at: string | null; resolved_by: Author | null; created_at: string; updated_at: string; edited_at: string | null; replies: Array<Reply> } };
  restore_asset: { ids: { asset_id: string }; query: object; body: undefined; answer: { id: string; project_id: string; folder_id: string | null; title: string; kind: "video" | "image" | "audio" | "document" | "other" | null; status: "awaiting_upload" | "uploading" | "promoting" | "processing" | "ready" | "failed"; tags: Array<string>; metadata: Record<string, unknown>; created_by: string | null; created_at: string; updated_at: string; current_version_id: string | null; versions: Array<Version> } };
  restore_comment: { ids: { comment_id: string }; query: object; body: undefined; answer: { id: string; asset_id: string; version_id: string; parent_id: string | null; author: Author | null; frame: number | null; frame_out: number | null; timecode: string | null; timecode_out: string | null; body: string; source: string; mentions: Array<Named>; reactions: Array<Reaction>; files: Array<NoteFile>; carried: CarriedFrom | null; drawing: Record<string, unknown> | null; internal: boolean; resolved_at: string | null; resolved_by: Author | null; created_at: string; updated_at: string; edited_at: string | null; replies: Array<Reply> } };
  restore_field: { ids: { field_id: string }; query: object; body: undefined; answer: { id: string; project_id: string; key: string; name: string; type: "text" | "number" | "date" | "choice" | "choices" | "checkbox" | "person" | "url"; options: Array<string>; position: number } };
  restore_project: { ids: { project_id: string }; query: object; body: undefined; answer: { id: string; name: string; description: string; role: string | null; assets: number; organisation_id: string; created_by: string | null; created_at: string; updated_at: string; members: Array<Member> } };
  restore_version: { ids: { version_id: string }; query: object; body: undefined; answer: { id: string; asset_id: string; number: number; label: string; filename: string; size: number; current: boolean; status: "queued" | "processing" | "ready" | "failed" | "unsupported"; playable: boolean; percent: number; review: "in_review" | "approved" | "changes_requested" | null; notes: NoteCount; uploader: Uploader | null; locked: boolean; stacked_from: string | null; removed_at: string | null; created_at: string } };
  resume_worker: { ids: { worker_id: string }; query: object; body: undefined; answer: { id: string; host: string; joined: boolean; joined_at: string | null; state: "waiting" | "away" | "idle" | "working" | "draining" | "drained"; drained_at: string | null; seen_at: string | null; version: string; version_differs: boolean; keys_differ: boolean; cpus: number | null; load: number | null; memory_bytes: number | null; memory_free_bytes: number | null; gpus: Array<WorkerCard>; encoders: Array<WorkerEncoder>; processes: number; queues: Array<string>; jobs: Array<WorkerJob> } };
  retry_job: { ids: { job_id: string }; query: object; body: undefined; answer: { id: string; kind: string; queue: string; version_id: string | null; project_id: string | null; asset_id: string | null; title: string; parent_id: string | null; piece: number | null; pieces: number | null; priority: number; state: string; attempts: number; max_attempts: number; percent: number; worker: string; error: Trouble | null; created_at: string; run_after: string; started_at: string | null; finished_at: string | null } };
  retry_watched: { ids: { file_id: string }; query: object; body: undefined; answer: { id: string; path: string; size: number; state: string; asset_id: string | null; tries: number; try_after: string | null; error: Trouble | null } };
  revoke_invitation: { ids: { invitation_id: string }; query: object; body: undefined; answer: void };
  revoke_key: { ids: { key_id: string }; query: object; body: undefined; answer: void };
  revoke_share: { ids: { share_id: string }; query: object; body: undefined; answer: void };
  revoke_worker_token: { ids: { token_id: string }; query: object; body: undefined; answer: void };
  rotate_webhook: { ids: { webhook_id: string }; query: object; body: undefined; answer: { id: string; project_id: string | null; url: string; description: string; events: Array<string>; active: boolean; status: "ok" | "failing" | "off" | "disabled"; failures: number; failing_since: string | null; last_success_at: string | null; disabled_at: string | null; disabled_reason: string; previous_secret_until: string | null; created_by: string | null; created_at: string; updated_at: string; secret: string } };
  search: { ids: object; query: { "cursor"?: string | null; "limit"?: number; "q"?: string; "project_id"?: string | null; "folder_id"?: string | null; "kind"?: "video" | "image" | "audio" | "document" | "other" | null; "status"?: "awaiting_upload" | "uploading" | "promoting" | "processing" | "ready" | "failed" | null; "tag"?: string | null; "person"?: string | null; "since"?: string | null; "to"?: string | null; "field"?: string | null }; body: undefined; answer: { items: Array<Hit>; next_cursor: string | null } };
  send_bundle: { ids: object; query: object; body: Uint8Array | Blob; answer: { version: string; lowest: string; architecture: string; made_at: string; bytes: number; key: string; newer: boolean } };
  session_news: { ids: object; query: object; body: undefined; answer: { items: Array<OwnSession>; next_cursor: string | null } };
  sessions_seen: { ids: object; query: object; body: undefined; answer: void };
  set_defaults: { ids: { project_id: string }; query: object; body: { rule?: "all" | "any" | "majority" | "named"; steps?: Array<StepIn>; due_days?: number | null }; answer: { project_id: string; rule: "all" | "any" | "majority" | "named"; due_days: number | null; steps: Array<DefaultStep> } };
  set_legal_hold: { ids: { version_id: string }; query: object; body: { on: boolean; reason: string }; answer: { locked: boolean; retain_until: string | null; legal_hold: boolean; read_back: boolean; checked_at: string; error: string } };
  set_logo: { ids: { share_id: string }; query: object; body: Uint8Array | Blob; answer: void };
  set_member: { ids: { project_id: string; user_id: string }; query: object; body: { role: string }; answer: { user_id: string; email: string; display_name: string; role: string } };
  set_project_logo: { ids: { project_id: string }; query: object; body: Uint8Array | Blob; answer: void };
  sign_preview: { ids: object; query: object; body: { version_id: string; expires_in: number; ip?: string | null }; answer: { url: string | null; dash_url: string | null; poster_url: string | null; sprite_url: string | null; waveform_url: string | null; captions: Array<Captions>; expires_at: string } };
  stack: { ids: { asset_id: string }; query: object; body: { from_asset_id: string }; answer: { asset_id: string; from_asset_id: string; version_ids: Array<string> } };
  start_update: { ids: object; query: object; body: undefined; answer: { version: string; architecture: string; slot: "a" | "b" | null; possible: boolean; last: LastUpdate | null; bundle: UpdateBundle | null } };
  storage: { ids: object; query: object; body: undefined; answer: { store: string; masters: Amount; previews: Amount; uploads: Amount; disk: Record<string, unknown>; lock: Finding | null; stores: Array<StoreProof>; fixity: FixityState; backup: BackupState } };
  suggest: { ids: object; query: { "q"?: string; "project_id"?: string | null }; body: undefined; answer: { titles: Array<SuggestedTitle>; tags: Array<SuggestedTag>; people: Array<SuggestedPerson> } };
  undo_batch: { ids: { batch_id: string }; query: object; body: undefined; answer: { id: string; operation: "create" | "tag" | "untag" | "move" | "set_field" | "trash" | "restore" | "transcode"; options: Record<string, unknown>; state: "queued" | "running" | "done" | "cancelled"; counts: BatchCounts; progress: number; error: BatchProblem | null; created_by: string; created_at: string; started_at: string | null; finished_at: string | null; undone_by: string | null; links: BatchLinks } };
  undo_import: { ids: { version_id: string }; query: object; body: { import_id: string }; answer: { removed: number; kept: number } };
  unreact: { ids: { comment_id: string; name: string }; query: object; body: undefined; answer: { id: string; asset_id: string; version_id: string; parent_id: string | null; author: Author | null; frame: number | null; frame_out: number | null; timecode: string | null; timecode_out: string | null; body: string; source: string; mentions: Array<Named>; reactions: Array<Reaction>; files: Array<NoteFile>; carried: CarriedFrom | null; drawing: Record<string, unknown> | null; internal: boolean; resolved_at: string | null; resolved_by: Author | null; created_at: string; updated_at: string; edited_at: string | null; replies: Array<Reply> } };
  unresolve_comment: { ids: { comment_id: string }; query: object; body: undefined; answer: { id: string; asset_id: string; version_id: string; parent_id: string | null; author: Author | null; frame: number | null; frame_out: number | null; timecode: string | null; timecode_out: string | null; body: string; source: string; mentions: Array<Named>; reactions: Array<Reaction>; files: Array<NoteFile>; carried: CarriedFrom | null; drawing: Record<string, unknown> | null; internal: boolean; resolved_at: string | null; resolved_by: Author | null; created_at: string; updated_at: string; edited_at: string | null; replies: Array<Reply> } };
  unstack: { ids: { asset_id: string }; query: object; body: { version_ids: Array<string> }; answer: { asset_ids: Array<string> } };
  update_asset: { ids: { asset_id: string }; query: object; body: { title?: string; folder_id?: string | null; metadata?: Record<string, unknown>; tags?: Array<string> }; answer: { id: string; project_id: string; folder_id: string | null; title: string; kind: "video" | "image" | "audio" | "document" | "other" | null; status: "awaiting_upload" | "uploading" | "promoting" | "processing" | "ready" | "failed"; tags: Array<string>; metadata: Record<string, unknown>; created_by: string | null; created_at: string; updated_at: string; current_version_id: string | null; versions: Array<Version> } };
  update_collection: { ids: { collection_id: string }; query: object; body: { name?: string; filter?: Record<string, string>; shared?: boolean }; answer: { id: string; project_id: string; name: string; filter: Record<string, string>; shared: boolean; created_by: string | null; created_at: string; updated_at: string } };
  update_comment: { ids: { comment_id: string }; query: object; body: { body?: string; frame?: number | null; frame_out?: number | null; drawing?: { version: 1; shapes: Array<{ kind: "pen"; color: string; width: number; points: Array<Array<number>> } | { kind: "arrow" | "line" | "box" | "ellipse"; color: string; width: number; from: Array<number>; to: Array<number> } | { kind: "text"; color: string; size: number; at: Array<number>; text: string }> } | null; internal?: boolean }; answer: { id: string; asset_id: string; version_id: string; parent_id: string | null; author: Author | null; frame: number | null; frame_out: number | null; timecode: string | null; timecode_out: string | null; body: string; source: string; mentions: Array<Named>; reactions: Array<Reaction>; files: Array<NoteFile>; carried: CarriedFrom | null; drawing: Record<string, unknown> | null; internal: boolean; resolved_at: string | null; resolved_by: Author | null; created_at: string; updated_at: string; edited_at: string | null; replies: Array<Reply> } };
  update_field: { ids: { field_id: string }; query: object; body: { name?: string; options?: Array<string>; position?: number }; answer: { id: string; project_id: string; key: string; name: string; type: "text" | "number" | "date" | "choice" | "choices" | "checkbox" | "person" | "url"; options: Array<string>; position: number } };
  update_folder: { ids: { folder_id: string }; query: object; body: { name?: string; parent_id?: string | null }; answer: { id: string; project_id: string; parent_id: string | null; name: string; created_at: string } };
  update_look: { ids: { project_id: string }; query: object; body: { studio?: string; accent?: string | null }; answer: { studio: string; accent: string | null; has_logo: boolean } };
  update_organisation: { ids: { organisation_id: string }; query: object; body: { name?: string; quota_bytes?: number | null; studio?: string; accent?: string | null }; answer: { id: string; name: string; slug: string; is_first: boolean; quota_bytes: number | null; used_bytes: number; storage_prefix: string; studio: string; accent: string | null; people: number; projects: number; created_at: string } };
  update_project: { ids: { project_id: string }; query: object; body: { name?: string; description?: string }; answer: { id: string; name: string; description: string; role: string | null; assets: number; organisation_id: string; created_by: string | null; created_at: string; updated_at: string; members: Array<Member> } };
  update_role: { ids: { role_id: string }; query: object; body: { name?: string; actions?: Array<string> }; answer: { id: string | null; key: string; name: string; built_in: boolean; actions: Array<string>; created_at: string | null; updated_at: string | null } };
  update_share: { ids: { share_id: string }; query: object; body: { title?: string; studio?: string; expires_at?: string | null; password?: string | null; max_views?: number | null; allow_comments?: boolean; allow_download?: boolean | "none" | "preview" | "original"; watermark?: boolean | string | null; all_versions?: boolean; allow_decide?: boolean; decision_required?: boolean; accent?: string | null }; answer: { id: string; project_id: string; kind: "assets" | "folder" | "collection" | "project"; asset_ids: Array<string>; folder_id: string | null; collection_id: string | null; filters: Record<string, unknown>; title: string; studio: string; url: string | null; has_password: boolean; expires_at: string | null; max_views: number | null; views: number; downloads: number; last_visit_at: string | null; allow_comments: boolean; allow_download: "none" | "preview" | "original"; watermark: string | null; all_versions: boolean; allow_decide: boolean; decision_required: boolean; accent: string | null; has_logo: boolean; state: "active" | "expired" | "used_up" | "revoked"; created_by: string | null; created_at: string; updated_at: string; revoked_at: string | null } };
  update_user: { ids: { user_id: string }; query: object; body: { status?: "pending" | "active" | "disabled"; roles?: Array<string>; display_name?: string; organisation_id?: string }; answer: { id: string; email: string; display_name: string; status: "pending" | "active" | "disabled"; roles: Array<string>; created_at: string; organisation_id: string } };
  update_webhook: { ids: { webhook_id: string }; query: object; body: { url?: string; events?: Array<string>; description?: string; active?: boolean }; answer: { id: string; project_id: string | null; url: string; description: string; events: Array<string>; active: boolean; status: "ok" | "failing" | "off" | "disabled"; failures: number; failing_since: string | null; last_success_at: string | null; disabled_at: string | null; disabled_reason: string; previous_secret_until: string | null; created_by: string | null; created_at: string; updated_at: string } };
  upload_whole: { ids: { asset_id: string }; query: { "filename"?: string | null; "duplicates"?: "allow" | "link" | "refuse" | null }; body: Uint8Array | Blob; answer: { id: string; asset_id: string; number: number; filename: string; size: number; content_type: string; sha256: string; xxh128: string; c4: string | null; master: Master; media: Media; blurhash: string | null; phash: string | null; preview: Preview; review: Review; created_at: string } };
  verify_log: { ids: object; query: object; body: undefined; answer: { holds: boolean; entries: number; first_bad: number | null; message: string; faults: Array<AuditFault>; head: ChainPlace | null; anchors: number; anchored_seq: number; anchored_at: string | null; key_id: string; checked_at: string } };
  verify_master: { ids: { version_id: string }; query: object; body: undefined; answer: { status: "sound" | "damaged" | "queued"; job_id: string | null; detail: string } };
  version_manifest: { ids: { version_id: string }; query: object; body: undefined; answer: Uint8Array };
  withdraw_review: { ids: { version_id: string }; query: object; body: undefined; answer: void };
}

export interface Wire { method: string; path: string; reads: string; repeatable: boolean }

export const OPERATIONS: { [Name in keyof Operations]: Wire } = {
  abort_upload: {"method": "DELETE", "path": "/api/uploads/{upload_id}", "reads": "nothing", "repeatable": false},
  add_captions: {"method": "POST", "path": "/api/versions/{version_id}/captions", "reads": "json", "repeatable": false},
  add_comment_file: {"method": "POST", "path": "/api/comments/{comment_id}/files", "reads": "json", "repeatable": false},
  add_passkey: {"method": "POST", "path": "/api/account/passkeys", "reads": "json", "repeatable": false},
  analyse: {"method": "POST", "path": "/api/versions/{version_id}/analyse", "reads": "json", "repeatable": false},
  approval_history: {"method": "GET", "path": "/api/versions/{version_id}/approvals/history", "reads": "json", "repeatable": false},
  ask_review: {"method": "POST", "path": "/api/versions/{version_id}/review", "reads": "json", "repeatable": true},
  begin_passkey: {"method": "POST", "path": "/api/account/passkeys/options", "reads": "json", "repeatable": false},
  begin_second_factor: {"method": "POST", "path": "/api/account/second-factor", "reads": "json", "repeatable": false},
  cancel_batch: {"method": "POST", "path": "/api/batches/{batch_id}/cancel", "reads": "json", "repeatable": false},
  cancel_job: {"method": "POST", "path": "/api/admin/jobs/{job_id}/cancel", "reads": "json", "repeatable": false},
  cancel_version_jobs: {"method": "POST", "path": "/api/admin/versions/{version_id}/cancel", "reads": "json", "repeatable": false},
  carry_notes: {"method": "POST", "path": "/api/versions/{version_id}/comments/carry", "reads": "json", "repeatable": false},
  carry_offer: {"method": "GET", "path": "/api/versions/{version_id}/comments/carry", "reads": "json", "repeatable": false},
  certificate: {"method": "GET", "path": "/api/workers/certificate", "reads": "json", "repeatable": false},
  change_assets: {"method": "POST", "path": "/api/assets/bulk", "reads": "json", "repeatable": false},
  change_password: {"method": "PUT", "path": "/api/account/password", "reads": "nothing", "repeatable": false},
  change_review: {"method": "PATCH", "path": "/api/versions/{version_id}/review", "reads": "json", "repeatable": false},
  check_plugin: {"method": "POST", "path": "/api/admin/plugins/{name}/check", "reads": "json", "repeatable": false},
  collection_assets: {"method": "GET", "path": "/api/collections/{collection_id}/assets", "reads": "json", "repeatable": false},
  column: {"method": "GET", "path": "/api/projects/{project_id}/board", "reads": "json", "repeatable": false},
  compare_manifest: {"method": "POST", "path": "/api/projects/{project_id}/mhl/compare", "reads": "json", "repeatable": false},
  configure_plugin: {"method": "PATCH", "path": "/api/admin/plugins/{name}/settings", "reads": "json", "repeatable": false},
  confirm_second_factor: {"method": "POST", "path": "/api/account/second-factor/confirm", "reads": "json", "repeatable": false},
  counts: {"method": "GET", "path": "/api/projects/{project_id}/board/counts", "reads": "json", "repeatable": false},
  create_asset: {"method": "POST", "path": "/api/assets", "reads": "json", "repeatable": true},
  create_batch: {"method": "POST", "path": "/api/batches", "reads": "json", "repeatable": true},
  create_collection: {"method": "POST", "path": "/api/projects/{project_id}/collections", "reads": "json", "repeatable": true},
  create_comment: {"method": "POST", "path": "/api/assets/{asset_id}/comments", "reads": "json", "repeatable": true},
  create_field: {"method": "POST", "path": "/api/projects/{project_id}/fields", "reads": "json", "repeatable": true},
  create_folder: {"method": "POST", "path": "/api/projects/{project_id}/folders", "reads": "json", "repeatable": true},
  create_invitation: {"method": "POST", "path": "/api/admin/invitations", "reads": "json", "repeatable": false},
  create_key: {"method": "POST", "path": "/api/keys", "reads": "json", "repeatable": false},
  create_manifest: {"method": "POST", "path": "/api/projects/{project_id}/mhl", "reads": "json", "repeatable": false},
  create_organisation: {"method": "POST", "path": "/api/organisations", "reads": "json", "repeatable": false},
  create_project: {"method": "POST", "path": "/api/projects", "reads": "json", "repeatable": true},
  create_role: {"method": "POST", "path": "/api/roles", "reads": "json", "repeatable": false},
  create_share: {"method": "POST", "path": "/api/shares", "reads": "json", "repeatable": true},
  create_webhook: {"method": "POST", "path": "/api/webhooks", "reads": "json", "repeatable": true},
  create_worker_token: {"method": "POST", "path": "/api/admin/worker-tokens", "reads": "json", "repeatable": false},
  decide: {"method": "PUT", "path": "/api/versions/{version_id}/approval", "reads": "json", "repeatable": false},
  delete_asset: {"method": "DELETE", "path": "/api/assets/{asset_id}", "reads": "nothing", "repeatable": false},
  delete_collection: {"method": "DELETE", "path": "/api/collections/{collection_id}", "reads": "nothing", "repeatable": false},
  delete_comment: {"method": "DELETE", "path": "/api/comments/{comment_id}", "reads": "nothing", "repeatable": false},
  delete_field: {"method": "DELETE", "path": "/api/fields/{field_id}", "reads": "nothing", "repeatable": false},
  delete_folder: {"method": "DELETE", "path": "/api/folders/{folder_id}", "reads": "nothing", "repeatable": false},
  delete_organisation: {"method": "DELETE", "path": "/api/organisations/{organisation_id}", "reads": "nothing", "repeatable": false},
  delete_project: {"method": "DELETE", "path": "/api/projects/{project_id}", "reads": "nothing", "repeatable": false},
  delete_role: {"method": "DELETE", "path": "/api/roles/{role_id}", "reads": "nothing", "repeatable": false},
  delete_webhook: {"method": "DELETE", "path": "/api/webhooks/{webhook_id}", "reads": "nothing", "repeatable": false},
  disable_plugin: {"method": "POST", "path": "/api/admin/plugins/{name}/disable", "reads": "json", "repeatable": false},
  disable_second_factor: {"method": "DELETE", "path": "/api/account/second-factor", "reads": "nothing", "repeatable": false},
  download_address: {"method": "GET", "path": "/api/versions/{version_id}/download", "reads": "address", "repeatable": false},
  drain_worker: {"method": "POST", "path": "/api/admin/workers/{worker_id}/drain", "reads": "json", "repeatable": false},
  enable_plugin: {"method": "POST", "path": "/api/admin/plugins/{name}/enable", "reads": "json", "repeatable": false},
  end_other_sessions: {"method": "DELETE", "path": "/api/account/sessions", "reads": "json", "repeatable": false},
  end_session: {"method": "DELETE", "path": "/api/account/sessions/{session_id}", "reads": "nothing", "repeatable": false},
  erase_user: {"method": "POST", "path": "/api/admin/users/{user_id}/erase", "reads": "json", "repeatable": false},
  export_comments: {"method": "GET", "path": "/api/versions/{version_id}/comments/export", "reads": "bytes", "repeatable": false},
  export_log: {"method": "GET", "path": "/api/audit/export", "reads": "bytes", "repeatable": false},
  export_report: {"method": "GET", "path": "/api/admin/report/export", "reads": "bytes", "repeatable": false},
  export_user: {"method": "GET", "path": "/api/admin/users/{user_id}/export", "reads": "bytes", "repeatable": false},
  export_visits: {"method": "GET", "path": "/api/shares/{share_id}/visits/export", "reads": "bytes", "repeatable": false},
  get_analysis: {"method": "GET", "path": "/api/versions/{version_id}/analysis", "reads": "json", "repeatable": false},
  get_approvals: {"method": "GET", "path": "/api/versions/{version_id}/approvals", "reads": "json", "repeatable": false},
  get_asset: {"method": "GET", "path": "/api/assets/{asset_id}", "reads": "json", "repeatable": false},
  get_batch: {"method": "GET", "path": "/api/batches/{batch_id}", "reads": "json", "repeatable": false},
  get_certificate: {"method": "GET", "path": "/api/versions/{version_id}/certificate", "reads": "bytes", "repeatable": false},
  get_collection: {"method": "GET", "path": "/api/collections/{collection_id}", "reads": "json", "repeatable": false},
  get_comment: {"method": "GET", "path": "/api/comments/{comment_id}", "reads": "json", "repeatable": false},
  get_comment_file: {"method": "GET", "path": "/api/comments/{comment_id}/files/{file_id}", "reads": "address", "repeatable": false},
  get_comment_still: {"method": "GET", "path": "/api/comments/{comment_id}/still", "reads": "bytes", "repeatable": false},
  get_defaults: {"method": "GET", "path": "/api/projects/{project_id}/review-defaults", "reads": "json", "repeatable": false},
  get_delivery: {"method": "GET", "path": "/api/webhooks/{webhook_id}/deliveries/{delivery_id}", "reads": "json", "repeatable": false},
  get_field: {"method": "GET", "path": "/api/fields/{field_id}", "reads": "json", "repeatable": false},
  get_folder: {"method": "GET", "path": "/api/folders/{folder_id}", "reads": "json", "repeatable": false},
  get_health: {"method": "GET", "path": "/api/health", "reads": "json", "repeatable": false},
  get_image: {"method": "GET", "path": "/img/{version_id}", "reads": "bytes", "repeatable": false},
  get_integrity: {"method": "GET", "path": "/api/versions/{version_id}/integrity", "reads": "json", "repeatable": false},
  get_integrity_key: {"method": "GET", "path": "/api/integrity/key", "reads": "json", "repeatable": false},
  get_key: {"method": "GET", "path": "/api/keys/{key_id}", "reads": "json", "repeatable": false},
  get_logo: {"method": "GET", "path": "/api/shares/{share_id}/logo", "reads": "bytes", "repeatable": false},
  get_look: {"method": "GET", "path": "/api/projects/{project_id}/look", "reads": "json", "repeatable": false},
  get_me: {"method": "GET", "path": "/auth/me", "reads": "json", "repeatable": false},
  get_organisation: {"method": "GET", "path": "/api/organisations/{organisation_id}", "reads": "json", "repeatable": false},
  get_passkey: {"method": "GET", "path": "/api/account/passkeys/{passkey_id}", "reads": "json", "repeatable": false},
  get_project: {"method": "GET", "path": "/api/projects/{project_id}", "reads": "json", "repeatable": false},
  get_project_logo: {"method": "GET", "path": "/api/projects/{project_id}/look/logo", "reads": "bytes", "repeatable": false},
  get_report: {"method": "GET", "path": "/api/admin/report", "reads": "json", "repeatable": false},
  get_role: {"method": "GET", "path": "/api/roles/{role_id}", "reads": "json", "repeatable": false},
  get_second_factor: {"method": "GET", "path": "/api/account/second-factor", "reads": "json", "repeatable": false},
  get_share: {"method": "GET", "path": "/api/shares/{share_id}", "reads": "json", "repeatable": false},
  get_update: {"method": "GET", "path": "/api/admin/update", "reads": "json", "repeatable": false},
  get_upload: {"method": "GET", "path": "/api/uploads/{upload_id}", "reads": "json", "repeatable": false},
  get_user: {"method": "GET", "path": "/api/admin/users/{user_id}", "reads": "json", "repeatable": false},
  get_version: {"method": "GET", "path": "/api/versions/{version_id}", "reads": "json", "repeatable": false},
  get_webhook: {"method": "GET", "path": "/api/webhooks/{webhook_id}", "reads": "json", "repeatable": false},
  get_worker: {"method": "GET", "path": "/api/admin/workers/{worker_id}", "reads": "json", "repeatable": false},
  import_comments: {"method": "POST", "path": "/api/versions/{version_id}/comments/import", "reads": "json", "repeatable": false},
  install_update: {"method": "POST", "path": "/api/admin/update/install", "reads": "json", "repeatable": false},
  join: {"method": "POST", "path": "/api/workers/join", "reads": "json", "repeatable": false},
  label_version: {"method": "PATCH", "path": "/api/versions/{version_id}", "reads": "json", "repeatable": false},
  list_assets: {"method": "GET", "path": "/api/assets", "reads": "json", "repeatable": false},
  list_audit: {"method": "GET", "path": "/api/audit", "reads": "json", "repeatable": false},
  list_batch_items: {"method": "GET", "path": "/api/batches/{batch_id}/items", "reads": "json", "repeatable": false},
  list_batches: {"method": "GET", "path": "/api/batches", "reads": "json", "repeatable": false},
  list_captions: {"method": "GET", "path": "/api/versions/{version_id}/captions", "reads": "json", "repeatable": false},
  list_collections: {"method": "GET", "path": "/api/projects/{project_id}/collections", "reads": "json", "repeatable": false},
  list_comment_history: {"method": "GET", "path": "/api/comments/{comment_id}/history", "reads": "json", "repeatable": false},
  list_comments: {"method": "GET", "path": "/api/assets/{asset_id}/comments", "reads": "json", "repeatable": false},
  list_deliveries: {"method": "GET", "path": "/api/webhooks/{webhook_id}/deliveries", "reads": "json", "repeatable": false},
  list_event_types: {"method": "GET", "path": "/api/events/types", "reads": "json", "repeatable": false},
  list_events: {"method": "GET", "path": "/api/events/history", "reads": "json", "repeatable": false},
  list_fields: {"method": "GET", "path": "/api/projects/{project_id}/fields", "reads": "json", "repeatable": false},
  list_folders: {"method": "GET", "path": "/api/projects/{project_id}/folders", "reads": "json", "repeatable": false},
  list_invitations: {"method": "GET", "path": "/api/admin/invitations", "reads": "json", "repeatable": false},
  list_jobs: {"method": "GET", "path": "/api/admin/jobs", "reads": "json", "repeatable": false},
  list_keys: {"method": "GET", "path": "/api/keys", "reads": "json", "repeatable": false},
  list_manifests: {"method": "GET", "path": "/api/projects/{project_id}/mhl/generations", "reads": "json", "repeatable": false},
  list_mentionable: {"method": "GET", "path": "/api/assets/{asset_id}/mentionable", "reads": "json", "repeatable": false},
  list_notifications: {"method": "GET", "path": "/api/notifications", "reads": "json", "repeatable": false},
  list_organisations: {"method": "GET", "path": "/api/organisations", "reads": "json", "repeatable": false},
  list_passkeys: {"method": "GET", "path": "/api/account/passkeys", "reads": "json", "repeatable": false},
  list_plugins: {"method": "GET", "path": "/api/admin/plugins", "reads": "json", "repeatable": false},
  list_projects: {"method": "GET", "path": "/api/projects", "reads": "json", "repeatable": false},
  list_proxies: {"method": "GET", "path": "/api/versions/{version_id}/proxies", "reads": "json", "repeatable": false},
  list_roles: {"method": "GET", "path": "/api/roles", "reads": "json", "repeatable": false},
  list_sessions: {"method": "GET", "path": "/api/account/sessions", "reads": "json", "repeatable": false},
  list_shares: {"method": "GET", "path": "/api/shares", "reads": "json", "repeatable": false},
  list_similar: {"method": "GET", "path": "/api/versions/{version_id}/similar", "reads": "json", "repeatable": false},
  list_tags: {"method": "GET", "path": "/api/projects/{project_id}/tags", "reads": "json", "repeatable": false},
  list_trash: {"method": "GET", "path": "/api/projects/{project_id}/trash", "reads": "json", "repeatable": false},
  list_users: {"method": "GET", "path": "/api/admin/users", "reads": "json", "repeatable": false},
  list_versions: {"method": "GET", "path": "/api/assets/{asset_id}/versions", "reads": "json", "repeatable": false},
  list_visits: {"method": "GET", "path": "/api/shares/{share_id}/visits", "reads": "json", "repeatable": false},
  list_waiting_reviews: {"method": "GET", "path": "/api/approvals", "reads": "json", "repeatable": false},
  list_watches: {"method": "GET", "path": "/api/admin/watch", "reads": "json", "repeatable": false},
  list_webhooks: {"method": "GET", "path": "/api/webhooks", "reads": "json", "repeatable": false},
  list_worker_tokens: {"method": "GET", "path": "/api/admin/worker-tokens", "reads": "json", "repeatable": false},
  list_workers: {"method": "GET", "path": "/api/admin/workers", "reads": "json", "repeatable": false},
  login: {"method": "POST", "path": "/auth/login", "reads": "json", "repeatable": false},
  logout: {"method": "POST", "path": "/auth/logout", "reads": "nothing", "repeatable": false},
  make_current: {"method": "POST", "path": "/api/versions/{version_id}/current", "reads": "json", "repeatable": false},
  mark_all_read: {"method": "POST", "path": "/api/notifications/read", "reads": "nothing", "repeatable": false},
  mark_read: {"method": "POST", "path": "/api/notifications/{notification_id}/read", "reads": "json", "repeatable": false},
  metrics: {"method": "GET", "path": "/metrics", "reads": "bytes", "repeatable": false},
  part_addresses: {"method": "POST", "path": "/api/uploads/{upload_id}/parts", "reads": "json", "repeatable": false},
  passkey_login: {"method": "POST", "path": "/auth/passkey", "reads": "json", "repeatable": false},
  passkey_options: {"method": "POST", "path": "/auth/passkey/options", "reads": "json", "repeatable": false},
  ping_webhook: {"method": "POST", "path": "/api/webhooks/{webhook_id}/ping", "reads": "json", "repeatable": false},
  presign: {"method": "POST", "path": "/api/presign", "reads": "json", "repeatable": true},
  preview_status: {"method": "GET", "path": "/api/preview/status", "reads": "json", "repeatable": false},
  prioritise_job: {"method": "POST", "path": "/api/admin/jobs/{job_id}/priority", "reads": "json", "repeatable": false},
  project_manifest: {"method": "GET", "path": "/api/projects/{project_id}/mhl", "reads": "bytes", "repeatable": false},
  promote: {"method": "POST", "path": "/api/promote", "reads": "json", "repeatable": false},
  prove: {"method": "POST", "path": "/api/account/proof", "reads": "nothing", "repeatable": false},
  prove_storage: {"method": "POST", "path": "/api/admin/storage/prove", "reads": "json", "repeatable": false},
  proxy_address: {"method": "GET", "path": "/api/versions/{version_id}/proxies/{proxy_id}/download", "reads": "address", "repeatable": false},
  react: {"method": "PUT", "path": "/api/comments/{comment_id}/reactions/{name}", "reads": "json", "repeatable": false},
  refresh: {"method": "POST", "path": "/auth/refresh", "reads": "json", "repeatable": false},
  register: {"method": "POST", "path": "/auth/register", "reads": "json", "repeatable": false},
  remove_captions: {"method": "DELETE", "path": "/api/versions/{version_id}/captions/{captions_id}", "reads": "nothing", "repeatable": false},
  remove_comment_file: {"method": "DELETE", "path": "/api/comments/{comment_id}/files/{file_id}", "reads": "nothing", "repeatable": false},
  remove_logo: {"method": "DELETE", "path": "/api/shares/{share_id}/logo", "reads": "nothing", "repeatable": false},
  remove_member: {"method": "DELETE", "path": "/api/projects/{project_id}/members/{user_id}", "reads": "nothing", "repeatable": false},
  remove_passkey: {"method": "DELETE", "path": "/api/account/passkeys/{passkey_id}", "reads": "nothing", "repeatable": false},
  remove_project_logo: {"method": "DELETE", "path": "/api/projects/{project_id}/look/logo", "reads": "nothing", "repeatable": false},
  remove_proxy: {"method": "DELETE", "path": "/api/versions/{version_id}/proxies/{proxy_id}", "reads": "nothing", "repeatable": false},
  remove_version: {"method": "DELETE", "path": "/api/versions/{version_id}", "reads": "nothing", "repeatable": false},
  remove_worker: {"method": "DELETE", "path": "/api/admin/workers/{worker_id}", "reads": "nothing", "repeatable": false},
  rename_passkey: {"method": "PATCH", "path": "/api/account/passkeys/{passkey_id}", "reads": "json", "repeatable": false},
  rename_tag: {"method": "PATCH", "path": "/api/projects/{project_id}/tags", "reads": "json", "repeatable": false},
  renew_recovery_codes: {"method": "POST", "path": "/api/account/second-factor/recovery-codes", "reads": "json", "repeatable": false},
  renew_share: {"method": "POST", "path": "/api/shares/{share_id}/renew", "reads": "json", "repeatable": false},
  request_preview: {"method": "POST", "path": "/api/preview", "reads": "json", "repeatable": false},
  request_proxy: {"method": "POST", "path": "/api/versions/{version_id}/proxies", "reads": "json", "repeatable": false},
  resend_deliveries: {"method": "POST", "path": "/api/webhooks/{webhook_id}/resend", "reads": "json", "repeatable": false},
  resend_delivery: {"method": "POST", "path": "/api/webhooks/{webhook_id}/deliveries/{delivery_id}/resend", "reads": "json", "repeatable": false},
  resolve_comment: {"method": "POST", "path": "/api/comments/{comment_id}/resolve", "reads": "json", "repeatable": false},
  restore_asset: {"method": "POST", "path": "/api/assets/{asset_id}/restore", "reads": "json", "repeatable": false},
  restore_comment: {"method": "POST", "path": "/api/comments/{comment_id}/restore", "reads": "json", "repeatable": false},
  restore_field: {"method": "POST", "path": "/api/fields/{field_id}/restore", "reads": "json", "repeatable": false},
  restore_project: {"method": "POST", "path": "/api/projects/{project_id}/restore", "reads": "json", "repeatable": false},
  restore_version: {"method": "POST", "path": "/api/versions/{version_id}/restore", "reads": "json", "repeatable": false},
  resume_worker: {"method": "POST", "path": "/api/admin/workers/{worker_id}/resume", "reads": "json", "repeatable": false},
  retry_job: {"method": "POST", "path": "/api/admin/jobs/{job_id}/retry", "reads": "json", "repeatable": false},
  retry_watched: {"method": "POST", "path": "/api/admin/watch/{file_id}/retry", "reads": "json", "repeatable": false},
  revoke_invitation: {"method": "DELETE", "path": "/api/admin/invitations/{invitation_id}", "reads": "nothing", "repeatable": false},
  revoke_key: {"method": "DELETE", "path": "/api/keys/{key_id}", "reads": "nothing", "repeatable": false},
  revoke_share: {"method": "DELETE", "path": "/api/shares/{share_id}", "reads": "nothing", "repeatable": false},
  revoke_worker_token: {"method": "DELETE", "path": "/api/admin/worker-tokens/{token_id}", "reads": "nothing", "repeatable": false},
  rotate_webhook: {"method": "POST", "path": "/api/webhooks/{webhook_id}/rotate", "reads": "json", "repeatable": false},
  search: {"method": "GET", "path": "/api/search", "reads": "json", "repeatable": false},
  send_bundle: {"method": "PUT", "path": "/api/admin/update/bundle", "reads": "json", "repeatable": false},
  session_news: {"method": "GET", "path": "/api/account/sessions/news", "reads": "json", "repeatable": false},
  sessions_seen: {"method": "POST", "path": "/api/account/sessions/seen", "reads": "nothing", "repeatable": false},
  set_defaults: {"method": "PUT", "path": "/api/projects/{project_id}/review-defaults", "reads": "json", "repeatable": false},
  set_legal_hold: {"method": "PUT", "path": "/api/versions/{version_id}/legal-hold", "reads": "json", "repeatable": false},
  set_logo: {"method": "PUT", "path": "/api/shares/{share_id}/logo", "reads": "nothing", "repeatable": false},
  set_member: {"method": "PUT", "path": "/api/projects/{project_id}/members/{user_id}", "reads": "json", "repeatable": false},
  set_project_logo: {"method": "PUT", "path": "/api/projects/{project_id}/look/logo", "reads": "nothing", "repeatable": false},
  sign_preview: {"method": "POST", "path": "/api/sign-preview", "reads": "json", "repeatable": false},
  stack: {"method": "POST", "path": "/api/assets/{asset_id}/stack", "reads": "json", "repeatable": false},
  start_update: {"method": "POST", "path": "/api/admin/update/restart", "reads": "json", "repeatable": false},
  storage: {"method": "GET", "path": "/api/admin/storage", "reads": "json", "repeatable": false},
  suggest: {"method": "GET", "path": "/api/search/suggest", "reads": "json", "repeatable": false},
  undo_batch: {"method": "POST", "path": "/api/batches/{batch_id}/undo", "reads": "json", "repeatable": false},
  undo_import: {"method": "POST", "path": "/api/versions/{version_id}/comments/import/undo", "reads": "json", "repeatable": false},
  unreact: {"method": "DELETE", "path": "/api/comments/{comment_id}/reactions/{name}", "reads": "json", "repeatable": false},
  unresolve_comment: {"method": "POST", "path": "/api/comments/{comment_id}/unresolve", "reads": "json", "repeatable": false},
  unstack: {"method": "POST", "path": "/api/assets/{asset_id}/unstack", "reads": "json", "repeatable": false},
  update_asset: {"method": "PATCH", "path": "/api/assets/{asset_id}", "reads": "json", "repeatable": false},
  update_collection: {"method": "PATCH", "path": "/api/collections/{collection_id}", "reads": "json", "repeatable": false},
  update_comment: {"method": "PATCH", "path": "/api/comments/{comment_id}", "reads": "json", "repeatable": false},
  update_field: {"method": "PATCH", "path": "/api/fields/{field_id}", "reads": "json", "repeatable": false},
  update_folder: {"method": "PATCH", "path": "/api/folders/{folder_id}", "reads": "json", "repeatable": false},
  update_look: {"method": "PATCH", "path": "/api/projects/{project_id}/look", "reads": "json", "repeatable": false},
  update_organisation: {"method": "PATCH", "path": "/api/organisations/{organisation_id}", "reads": "json", "repeatable": false},
  update_project: {"method": "PATCH", "path": "/api/projects/{project_id}", "reads": "json", "repeatable": false},
  update_role: {"method": "PATCH", "path": "/api/roles/{role_id}", "reads": "json", "repeatable": false},
  update_share: {"method": "PATCH", "path": "/api/shares/{share_id}", "reads": "json", "repeatable": false},
  update_user: {"method": "PATCH", "path": "/api/admin/users/{user_id}", "reads": "json", "repeatable": false},
  update_webhook: {"method": "PATCH", "path": "/api/webhooks/{webhook_id}", "reads": "json", "repeatable": false},
  upload_whole: {"method": "POST", "path": "/api/assets/{asset_id}/upload", "reads": "json", "repeatable": false},
  verify_log: {"method": "POST", "path": "/api/audit/verify", "reads": "json", "repeatable": false},
  verify_master: {"method": "POST", "path": "/api/versions/{version_id}/verify", "reads": "json", "repeatable": false},
  version_manifest: {"method": "GET", "path": "/api/versions/{version_id}/mhl", "reads": "bytes", "repeatable": false},
  withdraw_review: {"method": "DELETE", "path": "/api/versions/{version_id}/review", "reads": "nothing", "repeatable": false},
};
