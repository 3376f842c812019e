"""Tables of people: users, their roles, sessions, refresh tokens, and login attempts."""

from __future__ import annotations

from peewee import BooleanField, CharField, CompositeKey, ForeignKeyField, IntegerField, TextField

from mam.ids import new_id
from mam.models.base import JSONField, Table, UTCField, now
from mam.models.organisations import FIRST


class User(Table):
    """A person. `status` is pending, active or disabled; `version` grows when rights or password change.

    `language` is the tag of the pages' language that was chosen; empty follows the browser. Everybody belongs
    to one organisation.
    """

    id = CharField(36, primary_key=True, default=new_id)
    email = CharField(254, unique=True)
    display_name = CharField(200)
    password_hash = TextField(null=True)
    status = CharField(16, default="pending", index=True)
    version = IntegerField(default=1)
    language = CharField(16, default="")
    organisation_id = CharField(36, default=FIRST, index=True)
    created_at = UTCField(default=now)
    updated_at = UTCField(default=now)


class Role(Table):
    """A box-wide role; `permissions` are action patterns ("*", "project.create")."""

    name = CharField(64, primary_key=True)
    permissions = JSONField(default=list)


class UserRole(Table):
    """Who holds which box-wide role."""

    user = ForeignKeyField(User, backref="user_roles", on_delete="CASCADE")
    user_id: str
    role = ForeignKeyField(Role, on_delete="CASCADE")
    role_id: str

    class Meta:
        """One row a pair."""

        primary_key = CompositeKey("user", "role")


class Session(Table):
    """A login: the family of its refresh tokens, or a portal cookie (`cookie_hash`).

    `proved_at` is when its holder last showed a password, a code or a passkey; `unfamiliar` marks one from a
    new place until the user has seen it.
    """

    id = CharField(36, primary_key=True, default=new_id)
    user = ForeignKeyField(User, backref="sessions", on_delete="CASCADE")
    user_id: str
    cookie_hash = CharField(64, null=True, unique=True)
    user_agent = CharField(300, default="")
    address = CharField(64, default="")
    created_at = UTCField(default=now)
    last_used_at = UTCField(default=now)
    expires_at = UTCField()
    revoked_at = UTCField(null=True)
    revoked_reason = CharField(64, default="")
    proved_at = UTCField(null=True)
    unfamiliar = BooleanField(default=False)


class RefreshToken(Table):
    """One refresh token, hashed. Spent once; `successor_hash` names what it was exchanged for."""

    id = CharField(36, primary_key=True, default=new_id)
    session = ForeignKeyField(Session, backref="refresh_tokens", on_delete="CASCADE")
    session_id: str
    token_hash = CharField(64, unique=True)
    created_at = UTCField(default=now)
    expires_at = UTCField()
    spent_at = UTCField(null=True)
    successor_hash = CharField(64, null=True)


class LoginAttempt(Table):
    """Failed attempts by a key ("user:<hash>", "address:<ip>"); survives a restart."""

    key = CharField(128, primary_key=True)
    failures = IntegerField(default=0)
    first_at = UTCField(default=now)
    blocked_until = UTCField(null=True)


class Setting(Table):
    """A value the box keeps for itself, by key: the hash of the set-up link, the schema's notes."""

    key = CharField(128, primary_key=True)
    value = JSONField(null=True)
    secret = BooleanField(default=False)
