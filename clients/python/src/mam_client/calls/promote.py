"""Calls of `promote`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Literal

from mam_client import models
from mam_client.call import Call, UNSET, Unset, given


def promote(
    *,
    upload_id: str,
    parts: list[models.PartIn] | None | Unset = UNSET,
    duplicates: Literal["allow", "link", "refuse"] | None | Unset = UNSET,
    sha256: str | None | Unset = UNSET,
) -> Call[models.Promoted]:
    """Check the bytes, lock them as a master, make the version; asked again, the same version."""
    return Call(
        "promote",
        "POST",
        "/api/promote",
        body=given({"upload_id": upload_id, "parts": parts, "duplicates": duplicates, "sha256": sha256}),
    )
