"""What the calls about one person's data answer: models for the OpenAPI document, held to by a test."""

from __future__ import annotations

from mam.web.api.answers import Answer


class Erasure(Answer):
    """What erasing a person does; `removed` are rows by table, `done` is false where it was only asked."""

    user_id: str
    name_becomes: str
    removed: dict[str, int]
    kept_notes: int
    kept_masters: int
    kept_audit_entries: int
    done: bool
