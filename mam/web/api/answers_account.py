"""What the calls about one's own account answer."""

from __future__ import annotations

from typing import Literal

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
