"""Calls of `sign_preview`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, UNSET, Unset, given


def sign_preview(
    *,
    version_id: str,
    expires_in: int,
    ip: str | None | Unset = UNSET,
) -> Call[models.Signed]:
    """Signed addresses for a player, good for a minute to an hour."""
    return Call(
        "sign_preview",
        "POST",
        "/api/sign-preview",
        body=given({"version_id": version_id, "expires_in": expires_in, "ip": ip}),
    )
