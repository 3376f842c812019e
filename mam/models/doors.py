"""Tables of the ways in beside a password: API keys, second factors and their recovery codes.

Every secret that has only to be recognised is kept hashed; a second factor's, which we have to reckon with,
is kept encrypted.
"""

from __future__ import annotations

from peewee import BigIntegerField, CharField, ForeignKeyField, TextField

from mam.ids import new_id
from mam.models.base import JSONField, Table, UTCField, now
from mam.models.library import Project
from mam.models.organisations import FIRST
from mam.models.people import User


class ApiKey(Table):
    """A key for programs: does what `scopes` name of what its owner may, in `project` alone where given.

    `prefix` finds it and is shown; of the rest only `secret_hash` is kept.
    """

    id = CharField(36, primary_key=True, default=new_id)
    user = ForeignKeyField(User, backref="api_keys", on_delete="CASCADE")
    user_id: str
    name = CharField(200)
    prefix = CharField(16, unique=True)
    secret_hash = CharField(64)
    scopes = JSONField(default=list)
    project = ForeignKeyField(Project, null=True, on_delete="CASCADE")
    project_id: str | None
    created_at = UTCField(default=now)
    expires_at = UTCField()
    last_used_at = UTCField(null=True)
    last_address = CharField(64, default="")
    revoked_at = UTCField(null=True)

    class Meta:
        """Somebody's keys, newest first."""

        indexes = ((("user", "id"), False),)


class SecondFactor(Table):
    """A user's time-based codes (RFC 6238).

    `last_step` is the newest step a code was taken of: neither it nor one before is taken again. Without
    `confirmed_at` it is being set up and asks nobody for anything.
    """

    user = ForeignKeyField(User, primary_key=True, on_delete="CASCADE")
    user_id: str
    sealed = TextField()
    last_step = BigIntegerField(default=0)
    created_at = UTCField(default=now)
    confirmed_at = UTCField(null=True)


class RecoveryCode(Table):
    """A code for whoever lost the second factor; works once."""

    id = CharField(36, primary_key=True, default=new_id)
    user = ForeignKeyField(User, backref="recovery_codes", on_delete="CASCADE")
    user_id: str
    code_hash = CharField(64)
    used_at = UTCField(null=True)

    class Meta:
        """A code is looked up among its user's."""

        indexes = ((("user", "code_hash"), True),)


class Invitation(Table):
    """A link that makes one account: with `roles` on the box and `places` in projects ({project: role}).

    The account is to be of the organisation. With an `email` it is for that address alone. Its secret is
    stored hashed only.
    """

    id = CharField(36, primary_key=True, default=new_id)
    token_hash = CharField(64, unique=True)
    email = CharField(254, default="")
    roles = JSONField(default=list)
    places = JSONField(default=dict)
    organisation_id = CharField(36, default=FIRST, index=True)
    created_by = ForeignKeyField(User, on_delete="CASCADE")
    created_by_id: str
    created_at = UTCField(default=now)
    expires_at = UTCField()
    revoked_at = UTCField(null=True)
    used_at = UTCField(null=True)
    used_by_id = CharField(36, null=True)


class Passkey(Table):
    """A passkey (WebAuthn): the public half, how often it signed, the name its owner gave it."""

    id = CharField(36, primary_key=True, default=new_id)
    user = ForeignKeyField(User, backref="passkeys", on_delete="CASCADE")
    user_id: str
    name = CharField(200)
    credential = CharField(1024, unique=True)
    public_key = TextField()
    sign_count = BigIntegerField(default=0)
    created_at = UTCField(default=now)
    last_used_at = UTCField(null=True)


class OutsideLogin(Table):
    """Who logs in elsewhere, by what the issuer calls them; the email is no part of it.

    `kept` is the authenticator's memory, encrypted. `locked_at` is when the issuer no longer knew them and
    the box locked the account: the issuer's next yes lifts that, an administrator's lock it does not.
    """

    id = CharField(36, primary_key=True, default=new_id)
    user = ForeignKeyField(User, backref="outside_logins", on_delete="CASCADE")
    user_id: str
    authenticator = CharField(64)
    issuer = CharField(500)
    subject = CharField(255)
    kept = TextField(default="")
    created_at = UTCField(default=now)
    checked_at = UTCField(default=now, index=True)
    locked_at = UTCField(null=True)

    class Meta:
        """One account a person, and one person of an issuer an account."""

        indexes = ((("issuer", "subject"), True), (("user", "issuer"), True))


class LoginTrip(Table):
    """A browser that was sent elsewhere to log in: known by its state and its cookie, both kept hashed."""

    state_hash = CharField(64, primary_key=True)
    browser_hash = CharField(64)
    way = CharField(64)
    memory = TextField()
    following = TextField()
    expires_at = UTCField(index=True)


class Challenge(Table):
    """Random bytes that a passkey is to sign, once; `user_id` is whose it is to become, or nobody's."""

    value = CharField(64, primary_key=True)
    user_id = CharField(36, null=True)
    expires_at = UTCField(index=True)
