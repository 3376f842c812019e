"""What the calls about roles take, and how a role is named wherever a call takes one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from mam.web.bodies import Input, Query

_UNSENT: Any = None
"""Default of a field that may be left out but not be null."""

_KEY = r"^[a-z0-9][a-z0-9-]{0,15}$"
RoleKey = Annotated[
    str,
    Field(pattern=_KEY, description="owner, editor, reviewer, viewer, or the key of a role made here."),
]
RoleName = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Action = Annotated[str, Field(pattern=r"^[a-z]{1,20}\.[a-z]{1,20}$")]
Actions = Annotated[list[Action], Field(max_length=40)]


class RoleIn(Input):
    """A new role; what every role may read is part of it unsaid."""

    name: RoleName
    actions: Actions = Field(default_factory=list)


class RolePatch(Input):
    """What is to change of a role; `actions` are all it is to have."""

    name: RoleName = _UNSENT
    actions: Actions = _UNSENT


class RoleDelete(Query):
    """What whoever holds the role gets instead; needed where somebody does."""

    replacement: RoleKey | None = None
