"""What the calls about one's own account answer."""

from __future__ import annotations

from typing import Any, Literal

from mam.web.api.answers import Answer


class ApiKey(Answer):
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


class NewApiKey(ApiKey):
    """A key that was just made; `key` is told here and never again."""

    key: str


class SecondFactor(Answer):
    """Whether codes are asked for; `required` says that one of the roles has to have them."""

    enabled: bool
    since: str | None
    recovery_codes_left: int
    required: bool


class Enrolment(Answer):
    """A secret for an authenticator app, as text, address and picture (rows of modules, 1 is dark)."""

    secret: str
    uri: str
    qr: list[str]


class RecoveryCodes(Answer):
    """Codes that work once each; told here and never again."""

    recovery_codes: list[str]


class OwnSession(Answer):
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


class Ended(Answer):
    """How many logins were ended."""

    ended: int


class Passkey(Answer):
    """A passkey of one's own."""

    id: str
    name: str
    created_at: str
    last_used_at: str | None


class PasskeyOptions(Answer):
    """What to hand to `navigator.credentials`, in WebAuthn's JSON form."""

    options: dict[str, Any]


class Place(Answer):
    """A project and the role there."""

    project_id: str
    role: str


class Invitation(Answer):
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


class NewInvitation(Invitation):
    """An invitation that was just made, with its address."""

    url: str
