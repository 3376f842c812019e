"""What the calls about accounts take: API keys, second factor, sessions, passkeys, invitations."""
# ruff: noqa: N815 - names of WebAuthn's JSON form

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mam.web.api.inputs import Email, Name, Password
from mam.web.api.inputs_roles import RoleKey
from mam.web.api.inputs_shares import Moment
from mam.web.bodies import Id, Input

Scope = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Code = Annotated[str, Field(min_length=6, max_length=40)]


class KeyIn(Input):
    """A new API key; without `expires_at` it holds for 90 days, without `project_id` in all projects."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=64)]
    project_id: Id | None = None
    expires_at: Moment | None = None


class ProofIn(Input):
    """The password, or a code of the second factor, once more."""

    password: Password | None = None
    code: Code | None = None


class CodeIn(Input):
    """A code that the app shows."""

    code: Code


class PasswordIn(Input):
    """A new password of one's own."""

    password: Password


Base64 = Annotated[str, Field(min_length=1, max_length=16_384, pattern=r"^[A-Za-z0-9_-]+$")]


class MadeIn(Input):
    """What a browser answers with a new passkey."""

    clientDataJSON: Base64
    attestationObject: Base64


class SignedIn(Input):
    """What a browser answers with a signature."""

    clientDataJSON: Base64
    authenticatorData: Base64
    signature: Base64
    userHandle: Base64 | None = None


class NewCredentialIn(Input):
    """A new credential in WebAuthn's JSON form; bytes are base64url."""

    id: Annotated[Base64, Field(max_length=1024)]
    rawId: Annotated[Base64, Field(max_length=1024)]
    type: Literal["public-key"]
    response: MadeIn


class CredentialIn(Input):
    """A credential's signature in WebAuthn's JSON form; bytes are base64url."""

    id: Annotated[Base64, Field(max_length=1024)]
    rawId: Annotated[Base64, Field(max_length=1024)]
    type: Literal["public-key"]
    response: SignedIn


class PasskeyIn(Input):
    """A new passkey and its name."""

    name: Name
    credential: NewCredentialIn


class PasskeyPatch(Input):
    """Another name."""

    name: Name


class PasskeyLoginIn(Input):
    """The answer of a passkey to `/auth/passkey/options`."""

    credential: CredentialIn


class PlaceIn(Input):
    """A project and the role there."""

    project_id: Id
    role: RoleKey


class InvitationIn(Input):
    """A new invitation; without `email` whoever has the link takes it."""

    email: Email | None = None
    roles: Annotated[list[Name], Field(max_length=16)] = Field(default_factory=lambda: ["member"])
    projects: Annotated[list[PlaceIn], Field(max_length=50)] = Field(default_factory=list)
    days: Annotated[int, Field(ge=1, le=90)] = 7
    organisation_id: Id | None = None
