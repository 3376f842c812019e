"""Calls of `uploads`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, given


def abort_upload(
    upload_id: str,
) -> Call[None]:
    """Give an upload up; what arrived is freed."""
    return Call("abort_upload", "DELETE", f"/api/uploads/{upload_id}", reads="nothing")


def get_upload(
    upload_id: str,
) -> Call[models.Upload]:
    """How far an upload is: the parts that arrived whole."""
    return Call("get_upload", "GET", f"/api/uploads/{upload_id}")


def part_addresses(
    upload_id: str,
    *,
    numbers: list[int],
) -> Call[models.PartAddresses]:
    """Fresh addresses of parts."""
    return Call("part_addresses", "POST", f"/api/uploads/{upload_id}/parts", body=given({"numbers": numbers}))
