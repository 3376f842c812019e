"""Lets nginx send previews, pictures and masters by sendfile, after the box has checked the request.

Answers for requests that carry the shared secret, which only nginx knows; everybody else gets the bytes from
the box itself. Says where nginx finds a file and writes nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mam import hookimpl
from mam.config import Config
from mam.types import Accel, Finding
from mam_delivery_accel.places import Places
from mam_delivery_accel.review import findings
from mam_delivery_accel.settings import Settings

_MOST_READY = 8


@dataclass(frozen=True)
class _Ready:
    """What is asked at every request, read once of a configuration."""

    config: Config
    header: bytes
    secret: bytes
    remember: int
    places: Places


_ready: dict[int, _Ready] = {}


@hookimpl
def mam_config() -> type:
    """Our settings."""
    return Settings


@hookimpl
def mam_check(config: Config) -> list[Finding]:
    """The secret, each folder, and whether nginx may read it."""
    return findings(config, config.plugin("delivery_accel", Settings))


@hookimpl
def mam_accelerate(config: Config, path: Path, headers: Mapping[bytes, bytes]) -> Accel | None:
    """The internal location of a file below our folders, for a request that nginx signed with the secret."""
    ready = _of(config)
    if not hmac.compare_digest(headers.get(ready.header, b""), ready.secret):
        return None
    location = ready.places.location(path)
    return None if location is None else Accel(location, ready.remember)


def _of(config: Config) -> _Ready:
    """The settings of a configuration; a secret in a file is read once."""
    known = _ready.get(id(config))
    if known is None or known.config is not config:
        if len(_ready) >= _MOST_READY:
            _ready.clear()
        settings = config.plugin("delivery_accel", Settings)
        known = _Ready(
            config,
            settings.header.lower().encode(),
            settings.secret.encode(),
            settings.remember_seconds,
            Places(settings.prefix, settings.places(config)),
        )
        _ready[id(config)] = known
    return known
