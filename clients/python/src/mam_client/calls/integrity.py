"""Calls of `integrity`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call


def get_integrity_key() -> Call[models.IntegrityKey]:
    """The public key that certificates and anchors are signed with."""
    return Call("get_integrity_key", "GET", "/api/integrity/key")
