"""Every table, by aggregate; the list the migrations are made from."""

from mam.models.base import JSONField, Table, Unavailable, UTCField, connect, database, disconnect, now
from mam.models.beside import Proxy, Sidecar
from mam.models.findings import Analysis
from mam.models.fixity import MasterCopy, Scrub
from mam.models.library import Asset, Comment, Folder, Member, Project, Rendition, Upload, Version
from mam.models.looks import Fingerprint, FingerprintBand
from mam.models.manifests import Manifest
from mam.models.notes import CommentEdit, CommentFile, CommentMention, CommentReaction, Notification
from mam.models.people import LoginAttempt, RefreshToken, Role, Session, Setting, User, UserRole
from mam.models.watching import WatchedFile
from mam.models.reviews import Decision, ReviewDefault, Reviewer, ReviewRequest
from mam.models.shares import GuestNote, Share, ShareAsset, ShareGuest, ShareVisit
from mam.models.work import AuditEntry, AuditHead, IdempotencyKey, Job, WorkerBeat

TABLES = (
    User,
    Role,
    UserRole,
    Session,
    RefreshToken,
    LoginAttempt,
    Setting,
    Project,
    Member,
    Folder,
    Asset,
    Version,
    Rendition,
    Analysis,
    Sidecar,
    Proxy,
    Upload,
    Comment,
    Fingerprint,
    ReviewDefault,
    ReviewRequest,
    Reviewer,
    Decision,
    CommentMention,
    CommentEdit,
    CommentReaction,
    CommentFile,
    Notification,
    FingerprintBand,
    Job,
    WorkerBeat,
    AuditEntry,
    AuditHead,
    IdempotencyKey,
    Manifest,
    WatchedFile,
    MasterCopy,
    Scrub,
)

__all__ = [
    "TABLES",
    "Analysis",
    "Asset",
    "AuditEntry",
    "AuditHead",
    "Comment",
    "Fingerprint",
    "CommentEdit",
    "CommentFile",
    "CommentMention",
    "CommentReaction",
    "Decision",
    "FingerprintBand",
    "Folder",
    "IdempotencyKey",
    "JSONField",
    "Job",
    "LoginAttempt",
    "Manifest",
    "MasterCopy",
    "Member",
    "Project",
    "Notification",
    "Proxy",
    "RefreshToken",
    "Rendition",
    "Role",
    "Scrub",
    "Session",
    "Setting",
    "Sidecar",
    "Table",
    "UTCField",
    "Unavailable",
    "Upload",
    "User",
    "UserRole",
    "Version",
    "WatchedFile",
    "WorkerBeat",
    "connect",
    "database",
    "disconnect",
    "ReviewDefault",
    "ReviewRequest",
    "Reviewer",
    "now",
]
