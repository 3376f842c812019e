"""What the calls about organisations answer."""

from __future__ import annotations

from mam.web.api.answers import Answer, User


class Person(User):
    """Somebody as administrators see them, with the organisation that they belong to."""

    organisation_id: str


class Organisation(Answer):
    """A tenant and what it holds; the box's own `is_first`. `studio` and `accent` are of its links."""

    id: str
    name: str
    slug: str
    is_first: bool
    quota_bytes: int | None
    used_bytes: int
    storage_prefix: str
    studio: str
    accent: str | None
    people: int
    projects: int
    created_at: str
