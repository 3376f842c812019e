"""Calls of `presign`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Literal

from mam_client import models
from mam_client.call import Call, UNSET, Unset, given


def presign(
    *,
    asset_id: str,
    filename: str,
    size: int,
    content_type: str | None | Unset = UNSET,
    sha256: str | None | Unset = UNSET,
    duplicates: Literal["allow", "link", "refuse"] | None | Unset = UNSET,
) -> Call[models.Presigned]:
    """Open an upload: where each part is to be PUT, without a bearer token."""
    return Call(
        "presign",
        "POST",
        "/api/presign",
        body=given(
            {
                "asset_id": asset_id,
                "filename": filename,
                "size": size,
                "content_type": content_type,
                "sha256": sha256,
                "duplicates": duplicates,
            }
        ),
        repeatable=True,
    )
