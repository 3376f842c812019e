"""What the calls about roles answer: models for the OpenAPI document, held to by a test."""

from __future__ import annotations

from mam.web.api.answers import Answer


class Role(Answer):
    """A role in a project, held by its `key`. The built-in ones have no id and never change."""

    id: str | None
    key: str
    name: str
    built_in: bool
    actions: list[str]
    created_at: str | None
    updated_at: str | None
