"""Every table, by aggregate; the list the migrations are made from."""

from mam.models.base import JSONField, Table, Unavailable, UTCField, connect, database, disconnect, now
from mam.models.library import Asset, Comment, Folder, Member, Project, Rendition, Upload, Version
from mam.models.people import LoginAttempt, RefreshToken, Role, Session, Setting, User, UserRole
from mam.models.work import AuditEntry, IdempotencyKey, Job, WorkerBeat

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
    Upload,
    Comment,
    Job,
    WorkerBeat,
    AuditEntry,
    IdempotencyKey,
)

__all__ = [
    "TABLES",
    "Asset",
    "AuditEntry",
    "Comment",
    "Folder",
    "IdempotencyKey",
    "JSONField",
    "Job",
    "LoginAttempt",
    "Member",
    "Project",
    "RefreshToken",
    "Rendition",
    "Role",
    "Session",
    "Setting",
    "Table",
    "UTCField",
    "Unavailable",
    "Upload",
    "User",
    "UserRole",
    "Version",
    "WorkerBeat",
    "connect",
    "database",
    "disconnect",
    "now",
]
