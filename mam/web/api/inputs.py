"""What the calls take: one model a body or query string. Unknown fields and wrong types are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from mam.media.stills import MAX_NUMBER, MAX_QUALITY, Fit, Format
from mam.web.api.inputs_drawing import Drawing
from mam.web.api.inputs_roles import RoleKey
from mam.web.bodies import Id, Input, Page, Query

_SHA256 = r"^[0-9a-fA-F]{64}$"
_CONTENT_TYPE = r"^[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}(;.{0,200})?$"


def _one_line(text: str) -> str:
    if any(ord(char) < ord(" ") or char == "\x7f" for char in text):
        raise ValueError("A text without control characters.")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("A name that is not blank.")
    return text


Line = AfterValidator(_one_line)
Name = Annotated[str, Field(min_length=1, max_length=200), Line]
Title = Annotated[str, Field(min_length=1, max_length=500), Line]
Text = Annotated[str, Field(max_length=10_000)]
NoteText = Annotated[str, Field(min_length=1, max_length=10_000)]
NoteFrame = Annotated[int, Field(ge=0, le=10**9)]
Email = Annotated[str, Field(min_length=3, max_length=254)]
Password = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1024)]
Token = Annotated[str, Field(min_length=1, max_length=4096)]
Tag = Annotated[str, Field(min_length=1, max_length=100), Line]
Tags = Annotated[list[Tag], Field(max_length=100)]
Filename = Annotated[
    str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1024), AfterValidator(_not_blank)
]
ContentType = Annotated[str, Field(max_length=255, pattern=_CONTENT_TYPE)]
Kind = Literal["video", "image", "audio", "document", "other"]
AssetStatus = Literal["awaiting_upload", "uploading", "promoting", "processing", "ready", "failed"]
PartNumber = Annotated[int, Field(ge=1, le=10_000)]
Duplicates = Literal["allow", "link", "refuse"]
"""What is to become of bytes that are a master already: kept again, a version of that master, refused."""

_UNSENT: Any = None
"""Default of a field that may be left out but not be null."""


class RegisterIn(Input):
    """A new account."""

    email: Email
    display_name: Name
    password: Password


class LoginIn(Input):
    """Credentials."""

    email: Email
    password: Password
    otp: Annotated[str, Field(max_length=20)] | None = None


class RefreshIn(Input):
    """A refresh token, to be spent."""

    refresh_token: Token


class LogoutIn(Input):
    """Optionally the refresh token of the session to end."""

    refresh_token: Token | None = None


class ProjectIn(Input):
    """A new project."""

    name: Name
    description: Text = ""


class ProjectPatch(Input):
    """What is to change of a project."""

    name: Name = _UNSENT
    description: Text = _UNSENT


class MemberIn(Input):
    """A role in a project."""

    role: RoleKey


class FolderIn(Input):
    """A new folder; without `parent_id` at the project's top."""

    name: Name
    parent_id: Id | None = None


class FolderPatch(Input):
    """What is to change of a folder; `parent_id` null moves it to the project's top."""

    name: Name = _UNSENT
    parent_id: Id | None = None


class AssetIn(Input):
    """A new asset, before any byte."""

    project_id: Id
    title: Title
    folder_id: Id | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    tags: Tags = Field(default_factory=list)


class AssetPatch(Input):
    """What is to change of an asset; metadata and tags are replaced whole."""

    title: Title = _UNSENT
    folder_id: Id | None = None
    metadata: dict[str, Any] = _UNSENT
    tags: Tags = _UNSENT


class PresignIn(Input):
    """A file to be uploaded in parts."""

    asset_id: Id
    filename: Filename
    size: Annotated[int, Field(ge=0, le=2**62)]
    content_type: ContentType | None = None
    sha256: Annotated[str, Field(pattern=_SHA256)] | None = None
    duplicates: Duplicates | None = None


class PartNumbersIn(Input):
    """Parts whose addresses are wanted anew."""

    numbers: Annotated[list[PartNumber], Field(min_length=1, max_length=1000)]


class PartIn(Input):
    """A part as the store acknowledged it."""

    number: PartNumber
    etag: Annotated[str, Field(min_length=1, max_length=200)]


class PromoteIn(Input):
    """An upload whose parts have all arrived."""

    upload_id: Id
    parts: Annotated[list[PartIn], Field(max_length=10_000)] | None = None
    duplicates: Duplicates | None = None
    sha256: Annotated[str, Field(pattern=_SHA256)] | None = None


class PreviewIn(Input):
    """A version whose preview is to be made; `force` makes it anew."""

    version_id: Id
    force: bool = False


class SignIn(Input):
    """A version to be played for a while, optionally from one address only."""

    version_id: Id
    expires_in: Annotated[int, Field(ge=60, le=3600)]
    ip: Annotated[str, Field(max_length=45)] | None = None


class UserPatch(Input):
    """What is to change of a user."""

    status: Literal["pending", "active", "disabled"] = _UNSENT
    roles: Annotated[list[Name], Field(max_length=20)] = _UNSENT
    display_name: Name = _UNSENT
    organisation_id: Id = _UNSENT


class ProjectList(Page):
    """Which projects, in which order."""

    sort: Literal["created_at", "-created_at", "updated_at", "-updated_at", "name", "-name"] = "-created_at"


class FolderList(Page):
    """Which folders, in which order."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"


class AssetList(Page):
    """Which assets, in which order."""

    q: Annotated[str, Field(max_length=200)] | None = None
    project_id: Id | None = None
    folder_id: Id | None = None
    kind: Kind | None = None
    status: AssetStatus | None = None
    tag: Annotated[str, Field(max_length=100)] | None = None
    review: Literal["none", "in_review", "approved", "changes_requested", "overdue"] | None = None
    trashed: bool = False
    sort: Literal["created_at", "-created_at", "updated_at", "-updated_at", "title", "-title"] = "-created_at"


class JobList(Page):
    """Which jobs."""

    state: Literal["queued", "running", "done", "dead", "cancelled"] | None = None
    kind: Annotated[str, Field(max_length=32)] | None = None
    version_id: Id | None = None


class PriorityIn(Input):
    """A job's rank: of what is due the higher goes first; 0 is usual, 10 a short film's, -10 a piece's."""

    priority: Annotated[int, Field(ge=-1000, le=1000)]


class DownloadQuery(Query):
    """Whether a master that was found damaged is wanted all the same."""

    damaged: bool = False


class ManifestIn(Input):
    """A new generation of media hash lists."""

    comment: Annotated[str, Field(max_length=2000)] = ""
    location: Annotated[str, Field(max_length=200)] = ""


class ManifestQuery(Query):
    """Which media hash list, and how."""

    number: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    format: Literal["mhl", "zip"] = "mhl"


class AuditFilters(Query):
    """Which lines of the audit log; an action that ends in a dot stands for all that begin with it."""

    q: Annotated[str, Field(max_length=200)] | None = None
    action: Annotated[str, Field(max_length=64)] | None = None
    actor_id: Id | None = None
    subject_id: Annotated[str, Field(max_length=64)] | None = None
    project_id: Id | None = None
    since: str | None = Field(None, max_length=40, alias="from")
    to: Annotated[str, Field(max_length=40)] | None = None


class AuditList(AuditFilters, Page):
    """A page of them."""


class LegalHoldIn(Input):
    """Lock a master without an end, or lift that; why is kept in the audit log."""

    on: bool
    reason: Annotated[str, Field(min_length=1, max_length=500), Line]


class CertificateQuery(Query):
    """The form of a custody certificate."""

    format: Literal["json", "pdf"] = "json"


class VersionQuery(Query):
    """A version."""

    version_id: Id


class ImageQuery(Query):
    """A picture's size, fit and format; sides are rounded up to a size that is made, at most 3840."""

    w: Annotated[int, Field(ge=1, le=MAX_NUMBER)] | None = None
    h: Annotated[int, Field(ge=1, le=MAX_NUMBER)] | None = None
    fit: Fit = "inside"
    q: Annotated[int, Field(ge=1, le=MAX_QUALITY)] | None = None
    f: Literal["auto"] | Format = "auto"
    page: Annotated[int, Field(ge=1, le=MAX_NUMBER)] = 1


class EventsQuery(Query):
    """A version, or a project whose unfinished previews are told; `presence` is seen by others there."""

    version_id: Id | None = None
    project_id: Id | None = None
    presence: bool = False


class UploadQuery(Query):
    """The name of a raw body (in a form the file brings its own); what becomes of bytes that are known."""

    filename: Filename | None = None
    duplicates: Duplicates | None = None


class CommentList(Page):
    """Which notes: of every version, or of one; by whom, naming whom, saying what; how they are sorted."""

    version_id: Id | None = None
    state: Literal["open", "resolved", "all"] = "all"
    author_id: Id | None = None
    mentions_id: Id | None = None
    internal: bool | None = None
    q: Annotated[str, Field(max_length=200)] = ""
    sort: Literal["frame", "newest", "author"] = "frame"


class CommentIn(Input):
    """A note at a frame, up to `frame_out` inclusive, or on the whole; a reply with `parent_id`."""

    version_id: Id
    body: NoteText
    frame: NoteFrame | None = None
    frame_out: NoteFrame | None = None
    drawing: Drawing | None = None
    parent_id: Id | None = None
    internal: bool = False


class CommentPatch(Input):
    """What is to change of one's own note."""

    body: NoteText = _UNSENT
    frame: NoteFrame | None = None
    frame_out: NoteFrame | None = None
    drawing: Drawing | None = None
    internal: bool = _UNSENT


class CaptionsQuery(Query):
    """What a caption file in the body is; everything may be left out."""

    language: Annotated[str, Field(max_length=35)] = ""
    label: Annotated[str, Field(max_length=80), Line] = ""
    forced: bool = False
    filename: Annotated[str, Field(max_length=1024)] = ""


class ProxyIn(Input):
    """Which proxy is to be made."""

    recipe: Annotated[str, Field(min_length=1, max_length=32)]
