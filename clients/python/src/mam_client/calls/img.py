"""Calls of `img`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Literal

from mam_client.call import Call, UNSET, Unset, given


def get_image(
    version_id: str,
    *,
    w: int | None | Unset = UNSET,
    h: int | None | Unset = UNSET,
    fit: Literal["inside", "cover", "fill"] | Unset = UNSET,
    q: int | None | Unset = UNSET,
    f: Literal["auto"] | Literal["jpeg", "webp", "avif"] | Unset = UNSET,
    page: int | Unset = UNSET,
) -> Call[bytes]:
    """A picture, a page of one or a film's still: upright, in sRGB, in the size and format asked for."""
    return Call(
        "get_image",
        "GET",
        f"/img/{version_id}",
        query=given({"w": w, "h": h, "fit": fit, "q": q, "f": f, "page": page}),
        reads="bytes",
    )
