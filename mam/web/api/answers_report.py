"""What the calls about the box's report answer: models for the OpenAPI document, held to by a test."""

from __future__ import annotations

from pydantic import Field

from mam.web.api.answers import Answer


class ProjectBytes(Answer):
    """What a project holds, its trash included."""

    id: str
    name: str
    masters: int
    masters_bytes: int
    previews_bytes: int


class Growth(Answer):
    """Masters that came in on a day, and what was held at its end."""

    day: str
    bytes: int
    total_bytes: int


class Activity(Answer):
    """What people did on a day of UTC."""

    day: str
    uploads: int
    notes: int
    views: int
    downloads: int
    logins: int


class QueueNow(Answer):
    """Jobs now; `oldest_seconds` is how long the oldest due one waits."""

    waiting: int
    running: int
    dead: int
    oldest_seconds: float


class Encodes(Answer):
    """Films and sounds whose preview was made on a day, and how long it took; null where there were none."""

    day: str
    films: int
    median_seconds: float | None
    longest_seconds: float | None


class PopularAsset(Answer):
    """An asset that was looked at or taken away."""

    id: str
    name: str
    views: int
    downloads: int


class CacheDay(Answer):
    """Looks into the caches on a day."""

    day: str
    edge_hit: int
    edge_miss: int
    images_hit: int
    images_miss: int


class PersonActivity(Answer):
    """What a person did; `actions` counts every line of the audit log."""

    id: str
    name: str
    actions: int
    views: int
    downloads: int
    uploads: int
    last_at: str


class Report(Answer):
    """The last days of the box. Projects, assets and people are the twenty largest."""

    days: int
    from_: str = Field(alias="from")
    to: str
    storage: list[ProjectBytes]
    growth: list[Growth]
    activity: list[Activity]
    queue: QueueNow
    encodes: list[Encodes]
    assets: list[PopularAsset]
    cache: list[CacheDay]
    people: list[PersonActivity]
