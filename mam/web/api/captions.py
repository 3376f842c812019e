"""Caption files that people add to a version: taken, listed, removed."""

from __future__ import annotations

from typing import Any

from mam.errors import TooLargeError
from mam.media.subtitles import LARGEST
from mam.services import sidecars
from mam.web.api import inputs
from mam.web.api.uploads import body_length
from mam.web.bridge import body_iterator
from mam.web.routes import Call


async def add_captions(call: Call[inputs.CaptionsQuery], version_id: str) -> Any:
    """Take SRT, WebVTT, ASS, SBV, TTML, SCC or EBU STL as the body; the player has it a second later."""
    if body_length(call) > LARGEST:
        raise TooLargeError(f"A caption file may have {LARGEST >> 20} MiB at most.")
    body = body_iterator(call.request)
    data = await call.receive(lambda _mam: b"".join(body))  # as long as it said, and no longer
    return await call.run(sidecars.add, version_id, data, **call.query.model_dump())


async def list_captions(call: Call[Any], version_id: str) -> Any:
    """The caption files that were added to a version; the film's own tracks are in `sign-preview`."""
    return await call.run(sidecars.list_for, version_id)


async def remove_captions(call: Call[Any], version_id: str, captions_id: str) -> None:
    """Take a caption file away."""
    await call.run(sidecars.remove, version_id, captions_id)
