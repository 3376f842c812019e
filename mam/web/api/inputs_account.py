"""What the calls about one's own account take: API keys, the second factor, sessions, the password."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from mam.web.api.inputs import Name, Password
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
