"""Frozen values and small protocols that cross the hook border: everything a plugin sees.

Units: sizes in bytes, durations in seconds, frame rates as `Fraction`, frame numbers 0-based.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol, runtime_checkable

Area = Literal["staging", "masters", "previews"]
Place = Literal["staging", "masters", "previews", "in-place"]
"""Where a file to be handed out lies: an area of the store, or where it was indexed (its key is its path)."""
Kind = Literal["video", "image", "audio", "document", "other"]
Severity = Literal["ok", "warning", "error"]
LockState = Literal["enforced", "advisory", "lying", "unknown"]
Codec = Literal["h264", "hevc", "av1"]
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What a plugin may call what it declares."""

_ROUTE = re.compile(r"(/([a-z0-9-]+|<[a-z_]+>))*")
_ABOUT = re.compile(r"<(project|asset|version)_id>")
_ICON = re.compile(r"[a-z][a-z0-9-]{0,39}")
MOST_PRIORITY, DAY_SECONDS, LONGEST_LABEL = 100, 86_400.0, 60
SEAM_FRAMES = 4
"""How many frames prove that two pieces of a film meet."""


@dataclass(frozen=True)
class Finding:
    """One line of a self-check: what was looked at, how bad it is, what to do about it.

    `blocks` is True where the plugin cannot work at all: it is then stopped by self-check.
    """

    check: str
    severity: Severity
    message: str
    fix: str = ""
    blocks: bool = False


# --- storage -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ObjectInfo:
    """A stored object. `version` is None on stores without versions; `etag` is opaque."""

    key: str
    size: int
    etag: str
    modified: datetime
    version: str | None = None


@dataclass(frozen=True)
class PartAddress:
    """Where one part of an upload is PUT. A `url` that begins with `/` is of this server."""

    number: int
    url: str
    size: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PartInfo:
    """One received part (`number` from 1)."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True)
class MasterInfo:
    """A promoted master: where it lies and what locks it. `version` pins every later read."""

    key: str
    size: int
    version: str | None
    locked: bool
    retain_until: datetime | None
    legal_hold: bool = False


class Storage(Protocol):
    """A place for bytes in three areas. Keys are relative POSIX paths made by the core, never by users.

    Every method raises `StorageError` when the store does not answer; nothing else escapes.
    """

    def put(self, area: Area, key: str, stream: BinaryIO, size: int) -> ObjectInfo:
        """Store exactly `size` bytes of `stream` under `key`, visible all at once or not at all.

        In `staging` and `previews` an object of that key is replaced; in `masters` an existing
        key raises `LockedError`.
        """

    def open(
        self, area: Area, key: str, *, version: str | None = None, start: int = 0, length: int | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """Read from byte `start`, `length` bytes or to the end; `NotFoundError` where nothing lies."""

    def stat(self, area: Area, key: str, *, version: str | None = None) -> ObjectInfo | None:
        """Size, etag, time and version of an object, or None."""

    def list(self, area: Area, prefix: str = "") -> Iterator[ObjectInfo]:
        """Every object whose key begins with `prefix`, in key order."""

    def delete(self, area: Area, key: str, *, version: str | None = None) -> None:
        """Remove an object; an absent one is no error. A locked master raises `LockedError`."""


@runtime_checkable
class MultipartStorage(Protocol):
    """Ability: uploads in parts that go straight to the store, without passing the core."""

    def begin(self, key: str, size: int, part_size: int) -> str:
        """Open an upload into `staging`; returns the store's own reference for it."""

    def part_address(self, key: str, ref: str, number: int, size: int, expires_in: int) -> PartAddress:
        """A signed address that takes exactly `size` bytes of part `number` for `expires_in` seconds."""

    def list_parts(self, key: str, ref: str) -> list[PartInfo]:
        """The parts received whole so far, by number; empty where the upload is unknown."""

    def complete(self, key: str, ref: str, parts: list[PartInfo]) -> ObjectInfo:
        """Join the parts into the staging object `key` and freeze it; a second call answers the same."""

    def abort(self, key: str, ref: str) -> None:
        """Forget the upload and free its bytes; an unknown one is no error."""


@runtime_checkable
class LocalPartStorage(Protocol):
    """Ability of a multipart store whose part addresses are of this server: it takes the bytes here."""

    def write_part(self, token: str, body: Iterator[bytes], length: int) -> PartInfo:
        """Check the signed `token`, write `length` bytes of `body` at the part's offset.

        `GrantError` for a token that does not hold, `GoneError` after complete or abort,
        `TooLargeError` where `length` is not the part's size, `UploadIncompleteError` for a short body.
        """


@runtime_checkable
class DistantPartStorage(Protocol):
    """Ability of a multipart store that takes parts at an address that is not this server's."""

    def part_origin(self) -> str:
        """Scheme and host of its part addresses: the portal's pages must be allowed to send there."""


@runtime_checkable
class HashingStorage(Protocol):
    """Ability of a multipart store that hashes parts as they come in."""

    def digests(self, key: str, ref: str) -> tuple[str, str, str] | None:
        """SHA-256, xxh128 in hex and C4 id of a completed upload's frozen bytes; None where not known.

        Must be of the bytes that lie there: a part that was sent again after it was hashed makes it None.
        """


@runtime_checkable
class ReopenStorage(Protocol):
    """Ability of a multipart store that can take parts again after `complete`, to mend a damaged upload."""

    def reopen(self, key: str, ref: str) -> None:
        """Make the frozen staging object an open upload again; one that is open already is no error."""


@runtime_checkable
class StrayStorage(Protocol):
    """Ability of a multipart store that finds uploads whose beginner died before it could note them."""

    def drop_strays(self, before: datetime, is_known: Callable[[str], bool]) -> int:
        """Abort every upload begun before this moment whose key is not known; answers how many."""


@runtime_checkable
class LocalPathStorage(Protocol):
    """Ability: objects are files on this machine."""

    def local_path(self, area: Area, key: str, *, version: str | None = None) -> Path | None:
        """The object's path for reading, or None where it is absent."""


@runtime_checkable
class SignedReadStorage(Protocol):
    """Ability: the store itself serves an object at a signed address."""

    def read_address(
        self, area: Area, key: str, *, version: str | None, expires_in: int, filename: str, content_type: str
    ) -> str:
        """A signed address for one GET of the object as an attachment named `filename`."""


@runtime_checkable
class LockingStorage(Protocol):
    """Ability: masters that the store refuses to change or remove before a date."""

    def promote(self, staging_key: str, master_key: str, *, retain_until: datetime | None) -> MasterInfo:
        """Move a frozen staging object to the masters under lock; exclusive, all or nothing.

        Where `master_key` already holds the same bytes' object (a crash came between promote and
        commit), answer it again; where it holds something else raise `LockedError`.
        """

    def set_legal_hold(self, key: str, *, version: str | None, on: bool) -> None:
        """Lock a master without an end, or lift that."""

    def lock_state(self, key: str, *, version: str | None) -> MasterInfo | None:
        """What the store says of the lock now, read back from it; None where the master is absent."""

    def prove(self) -> Finding:
        """Write a probe under a short lock, try to overwrite, delete and shorten it, report honestly.

        `Finding.check` is "lock"; `message` begins with a `LockState` word.
        """


@runtime_checkable
class LengtheningStorage(Protocol):
    """Ability of a locking store: the lock of a master that is there already can be made to last longer."""

    def extend_lock(self, key: str, *, version: str | None, retain_until: datetime) -> MasterInfo:
        """Lock until `retain_until` at least; a longer lock stays as it is. Answers what holds then.

        `NotFoundError` for an absent master.
        """


# --- media ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VideoTrack:
    """The picture as it is shown: width and height after rotation and pixel aspect are applied.

    `coded_width` and `coded_height` are as stored. `rotation` is clockwise, one of 0, 90, 180, 270.
    `index` counts the video tracks of the file from 0. `start` is when the first picture comes after the
    file's first timestamp (ffprobe: stream's minus format's `start_time`), `duration` how long this track
    lasts, both in seconds. `fields_untold` says that only the container knows of the fields in `field_order`:
    decoded frames do not tell which of their fields came first.
    """

    codec: str
    width: int
    height: int
    coded_width: int
    coded_height: int
    frame_rate: Fraction
    pixel_format: str
    bit_depth: int = 8
    sample_aspect: Fraction = Fraction(1)
    rotation: int = 0
    field_order: str = "progressive"
    variable_rate: bool = False
    frames: int | None = None
    color_primaries: str = ""
    color_transfer: str = ""
    color_space: str = ""
    color_range: str = ""
    hdr: str = ""
    index: int = 0
    start: float = 0.0
    duration: float | None = None
    fields_untold: bool = False


@dataclass(frozen=True)
class AudioTrack:
    """One audio track. `index` counts the audio tracks of the file from 0."""

    index: int
    codec: str
    channels: int
    sample_rate: int
    layout: str = ""
    language: str = ""
    title: str = ""


@dataclass(frozen=True)
class CaptionTrack:
    """One embedded subtitle track that is text. `index` counts the subtitle tracks of the file from 0.

    `forced` marks one that is shown without being asked for: signs, foreign speech.
    """

    index: int
    codec: str
    language: str = ""
    title: str = ""
    forced: bool = False


@dataclass(frozen=True)
class MediaInfo:
    """Technical metadata of a source.

    `start_timecode` is as the source writes it (`HH:MM:SS:FF`, `;` before the frames when drop-frame).
    `previewable` False means a sound file that no describer can show: preview `unsupported`.
    `text` is whatever text the file holds, for search (bounded by the describer).
    """

    kind: Kind
    format: str
    content_type: str
    duration: float | None = None
    video: VideoTrack | None = None
    audio: tuple[AudioTrack, ...] = ()
    captions: tuple[CaptionTrack, ...] = ()
    start_timecode: str | None = None
    drop_frame: bool = False
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    previewable: bool = True
    note: str = ""
    text: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A master on this machine, for reading. `filename` is the user's: data, never an argument."""

    path: Path
    filename: str
    size: int
    media: MediaInfo | None = None


@dataclass(frozen=True)
class Rung:
    """One video rendition of the ladder. `name` is its folder ("1080"); sizes are even pixels.

    `crf` is the codec's own scale of quality; `max_bitrate` bounds the peak in bits per second (VBV).
    `bitrate`, where it is not 0, is an average to keep instead of a quality. `preset` is the encoder's
    own word for how thorough it is; empty leaves that to the transcoder.
    """

    name: str
    width: int
    height: int
    crf: int
    max_bitrate: int
    bitrate: int = 0
    preset: str = ""


@dataclass(frozen=True)
class Recipe:
    """What a transcoder is asked to make: CMAF HLS of these rungs plus one audio rendition.

    `gop` is the length of a closed GOP and of a segment in frames at `frame_rate`; `tonemap` asks
    for HDR to SDR, `deinterlace` for full-frame progressive output.
    `audio` are the indexes of the source's audio tracks to render (folders `audio0`, `audio1`, ...).

    A piece of a film: only `frames` frames from frame `start_frame` on (0 frames: to the end), which lie
    at time 0 in what is made, as if the film began there. Where a piece ends or begins inside the film, the
    transcoder proves the cut: `next.md5` and `first.md5` in the target folder, ffmpeg's framemd5 of the
    first `SEAM_FRAMES` decoded frames after its end and of its own. `mam.media.render` does all of that.
    Without rungs but with a `gop`, the sound of a film is asked for, in time with its pictures.
    """

    rungs: tuple[Rung, ...]
    frame_rate: Fraction
    gop: int
    audio: tuple[int, ...] = ()
    audio_bitrate: int = 128_000
    tonemap: bool = False
    deinterlace: bool = False
    segment_seconds: Fraction = Fraction(2)
    codec: Codec = "h264"
    start_frame: int = 0
    frames: int = 0

    @property
    def is_piece(self) -> bool:
        """Whether only a part of the film is asked for."""
        return bool(self.start_frame or self.frames)


@dataclass(frozen=True)
class Target:
    """An empty folder on this machine, which the transcoder fills for each rung or audio track.

    `<name>/init.mp4`, `<name>/00000.m4s`, `<name>/00001.m4s`, ... and `<name>/index.m3u8`, which
    names only whole segments and ends in `#EXT-X-ENDLIST` when the rendition is done.
    """

    folder: Path


@dataclass(frozen=True)
class Progress:
    """How far a transcode is: `percent` 0-100 of the source's duration, `speed` times real time."""

    percent: float
    speed: float = 0.0


Report = Callable[[Progress], None]
"""Called by a transcoder at least once a second; raises `CancelledWorkError` when it should stop."""


@dataclass(frozen=True)
class TranscodeResult:
    """What a transcoder made: `encoder` for people ("libx264", "h264_nvenc"), CPU seconds it used."""

    encoder: str
    cpu_seconds: float = 0.0


# --- people --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Credentials:
    """What somebody offers to log in. `password` never reaches a log: it is left out of the repr."""

    email: str
    password: str = field(repr=False)
    otp: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Identity:
    """Who an authenticator says somebody is.

    With an `issuer` the account is the one that (`issuer`, `subject`) logged in to before, whatever its
    email is by now; without one the core finds or makes the user by `email`. `may_link` says that an account
    of this email that nobody of the issuer uses may become this person's: the address is vouched for. A new
    account follows `[auth] registration`, or is made `active`, or is not made (`none`). Of the box-wide roles
    that `ruled` names the account has exactly those in `roles`; the others stay. `kept` is the plugin's own
    memory of the person, stored encrypted; empty leaves what is there.
    """

    email: str
    display_name: str
    authenticator: str
    subject: str = ""
    issuer: str = ""
    may_link: bool = False
    new_account: str = "registration"
    roles: tuple[str, ...] = ()
    ruled: tuple[str, ...] = ()
    kept: str = field(default="", repr=False)


@dataclass(frozen=True)
class LoginWay:
    """A login that happens elsewhere: `name` (a-z, 0-9, -, _) for addresses, `label` for its button."""

    name: str
    label: str


@dataclass(frozen=True)
class LoginVisit:
    """A browser about to be sent away to log in: it comes back to `return_to` with `state` in the query."""

    way: str
    state: str = field(repr=False)
    return_to: str


@dataclass(frozen=True)
class LoginStart:
    """The `address` to send the browser to, and what the plugin has to know when it comes back."""

    address: str
    memory: str = field(default="", repr=False)


@dataclass(frozen=True)
class LoginReturn:
    """A browser that came back: its query, the last value of each name, and what was remembered."""

    way: str
    query: Mapping[str, str] = field(repr=False)
    memory: str = field(repr=False)
    return_to: str


@dataclass(frozen=True)
class Outsider:
    """Somebody with an account here who logs in elsewhere; `kept` is the plugin's own memory of them."""

    issuer: str
    subject: str
    authenticator: str
    kept: str = field(default="", repr=False)


@dataclass(frozen=True)
class Standing:
    """Whether an outsider still belongs: gone locks the account. Roles and `kept` as in `Identity`."""

    here: bool
    roles: tuple[str, ...] = ()
    ruled: tuple[str, ...] = ()
    kept: str = field(default="", repr=False)


@dataclass(frozen=True)
class Guest:
    """Somebody who came by a share link and gave a name, and what that share lets them do.

    `download` is none, preview or original. Without `all_versions` only an asset's current version is seen.
    `watermark` says that pictures carry the guest's name.
    """

    id: str
    share_id: str
    may_comment: bool = False
    may_decide: bool = False
    download: str = "none"
    all_versions: bool = False
    watermark: str = ""


@dataclass(frozen=True)
class KeyLimits:
    """What an API key leaves of its owner's rights: actions (`*` for all), in one project where given."""

    id: str
    scopes: frozenset[str]
    project_id: str | None = None

    def admits(self, action: str, project_id: str | None) -> bool:
        """Whether the key lets its owner do `action` to a thing of that project (None: of no project)."""
        here = self.project_id is None or self.project_id == project_id
        return here and (action in self.scopes or "*" in self.scopes)


@dataclass(frozen=True)
class Actor:
    """Whoever asks: a user with box-wide roles, or the system itself (`user_id` None), or a `guest`.

    `session_id` ties grants to the session that asked for them; `address` is the client's IP; `language` is
    the tag of the one chosen for the pages, empty for none; `key` is there where an API key was sent, and
    narrows what may be done. `organisation_id` is the organisation that the user belongs to.
    """

    user_id: str | None
    email: str = ""
    display_name: str = ""
    roles: tuple[str, ...] = ()
    session_id: str | None = None
    address: str = ""
    guest: Guest | None = None
    language: str = ""
    key: KeyLimits | None = None
    organisation_id: str | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the box-wide role `admin` is held."""
        return "admin" in self.roles

    @property
    def is_system(self) -> bool:
        """Whether this is the box itself: a worker, a command on the console."""
        return self.user_id is None and "system" in self.roles


SYSTEM = Actor(user_id=None, display_name="system", roles=("system", "admin"))
"""The box itself: commands on its console, workers, sweeps."""


@dataclass(frozen=True)
class Thing:
    """What an action is done to: `kind` ("project", "asset", "box", ...), and the actor's role there.

    `role` is the actor's role in `project_id` ("owner", "editor", "reviewer", "viewer", or the key of one
    that administrators made, whose `actions` come with it), or None. `shared` says that it lies in what a
    guest's share shows at this moment.
    """

    kind: str
    id: str | None = None
    project_id: str | None = None
    role: str | None = None
    shared: bool = False
    actions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DeliveryFile:
    """A file to hand out: where it lies, under which name and type it leaves."""

    area: Place
    key: str
    version: str | None
    filename: str
    content_type: str
    size: int


@dataclass(frozen=True)
class Redirect:
    """Delivery answer: the client fetches from `url` itself."""

    url: str


@dataclass(frozen=True)
class Stream:
    """Delivery answer: this server streams the object, with ranges."""

    file: DeliveryFile


@dataclass(frozen=True)
class Accel:
    """Delivery answer: the web server in front sends the internal location `path` (X-Accel-Redirect).

    For `remember` seconds it may take this answer for all files under that grant, from that client.
    """

    path: str
    remember: int = 0


Delivery = Redirect | Stream | Accel


@dataclass(frozen=True)
class Trouble:
    """An error that nobody expected. `service` is web or worker; `route` a template of the table, or `job`.

    `about` names the kind of job, empty for requests; `request_id` stands in the log lines of that request.
    """

    error: BaseException
    service: str
    route: str = ""
    request_id: str = ""
    about: str = ""


# --- the portal ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownAsset:
    """The asset on a page, with the version shown; from `version_id` on empty before the first file."""

    asset_id: str
    project_id: str
    title: str
    tags: tuple[str, ...] = ()
    version_id: str | None = None
    number: int = 0
    filename: str = ""
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True)
class Panel:
    """A section beside an asset: a heading, rows of a word and its value, a sentence, a link. All plain text.

    `link` begins with `https://`, `http://` or `/`; anything else is left out.
    """

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    text: str = ""
    link: str = ""
    link_label: str = ""


# --- work of plugins ------------------------------------------------------------------------------


class Work(Protocol):
    """One attempt at a job of a plugin: what it is about, a scratch `folder`, and the ways to keep a result.

    `asset` and `version_id` are None for a job that is about no version; `media` where it is not known yet.
    Every write raises `CancelledWorkError` once the job was cancelled or belongs to another worker.
    """

    folder: Path
    asset: ShownAsset | None
    media: MediaInfo | None

    @property
    def kind(self) -> str:
        """Its name, without the plugin's."""

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""

    @property
    def version_id(self) -> str | None:
        """The version it is about."""

    @property
    def project_id(self) -> str | None:
        """The project it belongs to."""

    @property
    def payload(self) -> Mapping[str, Any]:
        """What was given when it was queued by hand."""

    def report(self, percent: float) -> None:
        """How far it is; raises `CancelledWorkError` when it should stop: end children, let it pass."""

    def master(self) -> AbstractContextManager[Source]:
        """The master on this machine, its bytes proven, for reading; raises `StorageError`."""

    def set_captions(self, data: bytes, *, language: str = "", label: str = "", words: str = "") -> None:
        """Captions (WebVTT, SRT, ...) for the version, in place of those that this kind set in this language.

        `words` are found by search. Raises `ValidationError`, `ConflictError`, `StorageError`.
        """

    def set_words(self, text: str) -> None:
        """What the version says, found by search; in place of what this kind said of it before."""

    def add_tags(self, *names: str) -> None:
        """Tags for the asset beside those it has; raises `ValidationError`."""

    def tables(self) -> AbstractContextManager[None]:
        """A transaction for the plugin's own tables, which is kept only where the attempt still counts."""

    def enqueue(
        self, kind: str, payload: Mapping[str, Any] | None = None, *, version_id: str | None = None
    ) -> str:
        """Queue a job of one of the plugin's own kinds; answers its id. Raises `PluginError`."""


@dataclass(frozen=True)
class JobKind:
    """A kind of job of a plugin, listed as `<plugin>.<name>` (64 characters at most).

    `run(config, work)` does one attempt, of `seconds` at most. `after` queues one for each version by itself:
    "master" once its bytes are there, "preview" once its preview is ready (again with each new one), of these
    kinds of `media` or of all. `queue` is "later" (nobody waits, one at a time in each worker) or "quick".
    """

    name: str
    run: Callable[[Any, Work], None]
    after: Literal["", "master", "preview"] = ""
    media: tuple[Kind, ...] = ()
    queue: Literal["later", "quick"] = "later"
    priority: int = 0
    seconds: float = 3600.0

    def __post_init__(self) -> None:
        """`ValueError` for a name, a place or a limit that cannot be."""
        if not NAME.fullmatch(self.name):
            raise ValueError(f"a job kind is named by small letters, digits and _: {self.name!r}")
        if self.after not in ("", "master", "preview") or self.queue not in ("later", "quick"):
            raise ValueError(f"{self.name}: after={self.after!r}, queue={self.queue!r}")
        if not (-MOST_PRIORITY <= self.priority <= MOST_PRIORITY and 0 < self.seconds <= DAY_SECONDS):
            raise ValueError(f"{self.name}: priority={self.priority!r}, seconds={self.seconds!r}")


# --- pages and calls of plugins -------------------------------------------------------------------


@dataclass(frozen=True)
class Visit:
    """A request to a route of a plugin, once the core has let it in.

    `ids` are the variables of the path, `query` the last value of each name, `body` the JSON object or the
    form; `csrf_token` goes into the forms of a page. `asset` is there where the path names an asset or
    version: the actor may do the route's right to it. `enqueue(kind, payload, version_id=...)` queues a job
    of the plugin's own kinds and answers its id.
    """

    actor: Actor
    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    asset: ShownAsset | None = None
    csrf_token: str = field(default="", repr=False)
    enqueue: Callable[..., str] = field(default=lambda *_given, **_more: "", repr=False)


@dataclass(frozen=True)
class PluginPage:
    """A page in the frame of the theme: `template` is a file of the package's `templates/`, told `values`."""

    title: str
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PluginRoute:
    """A page below `/plugins/<plugin>`, or with `api` a call below `/api/plugins/<plugin>`.

    `path` is "" or begins with "/"; `<project_id>`, `<asset_id>`, `<version_id>` and other names are
    variables. `right` is "login", "box.admin", "public", or an action: it is then asked of the thing that the
    path names, as the core asks. `handler(config, visit)` answers a `PluginPage` or a `Redirect` to a path of
    this box, for calls a JSON object or None; within 10 seconds.
    """

    method: str
    path: str
    handler: Callable[[Any, Visit], Any]
    right: str
    api: bool = False

    def __post_init__(self) -> None:
        """`ValueError` for a method, path or right that cannot be."""
        if self.method not in (("GET", "POST", "PUT", "PATCH", "DELETE") if self.api else ("GET", "POST")):
            raise ValueError(f"{self.path}: method={self.method!r}")
        if not _ROUTE.fullmatch(self.path):
            raise ValueError(f"a path is made of small letters, digits, - and <names>: {self.path!r}")
        if self.right not in ("login", "box.admin", "public") and not _ABOUT.search(self.path):
            raise ValueError(f"{self.path}: the right {self.right!r} needs a project, asset or version")


@dataclass(frozen=True)
class MenuEntry:
    """A link to a page of the plugin (`path` as in its route): in everybody's menu or on the page *Plugins*.

    `place` "settings" puts it beside the plugin's settings, for administrators. `right` is "login" or
    "box.admin"; `icon` a drawing of the theme.
    """

    label: str
    path: str = ""
    right: Literal["login", "box.admin"] = "login"
    icon: str = "box"
    place: Literal["menu", "settings"] = "menu"

    def __post_init__(self) -> None:
        """`ValueError` for what cannot be shown."""
        if not self.label.strip() or len(self.label) > LONGEST_LABEL or not _ICON.fullmatch(self.icon):
            raise ValueError(f"label={self.label!r}, icon={self.icon!r}")
        if not _ROUTE.fullmatch(self.path) or "<" in self.path:
            raise ValueError(f"an entry leads to a path without variables: {self.path!r}")
        if self.right not in ("login", "box.admin") or self.place not in ("menu", "settings"):
            raise ValueError(f"{self.label}: right={self.right!r}, place={self.place!r}")


@dataclass(frozen=True)
class Command:
    """A command of a plugin: `mam <plugin> <name> ...`.

    `run(config, arguments, enqueue)` gets the words of the line behind the name and a database connection;
    its answer is the exit status (None is 0). `enqueue` as in `Visit`.
    """

    name: str
    run: Callable[[Any, list[str], Callable[..., str]], int | None]
    help: str = ""

    def __post_init__(self) -> None:
        """`ValueError` for a name that cannot be typed."""
        if not NAME.fullmatch(self.name.replace("-", "_")):
            raise ValueError(f"a command is named by small letters, digits and -: {self.name!r}")


@dataclass(frozen=True)
class Event:
    """Something that happened. `name` is dotted ("version.ready"); `data` is JSON-able.

    `project_id` says who may see it; None is for admins only.
    """

    name: str
    subject_id: str
    project_id: str | None
    actor_id: str | None
    data: Mapping[str, object] = field(default_factory=dict)
