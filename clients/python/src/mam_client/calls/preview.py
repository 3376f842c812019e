"""Calls of `preview`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, UNSET, Unset, given


def preview_status(
    *,
    version_id: str | Unset = UNSET,
) -> Call[models.PreviewStatus]:
    """How far a version's preview is."""
    return Call("preview_status", "GET", "/api/preview/status", query=given({"version_id": version_id}))


def request_preview(
    *,
    version_id: str,
    force: bool | Unset = UNSET,
) -> Call[models.JobReference]:
    """Make a version's preview; where that is being done already, the same job is answered."""
    return Call(
        "request_preview", "POST", "/api/preview", body=given({"version_id": version_id, "force": force})
    )
