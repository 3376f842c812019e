"""Calls of `health`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call


def get_health() -> Call[models.Health]:
    """Whether the box is well, check by check; 503 where it cannot serve."""
    return Call("get_health", "GET", "/api/health")
