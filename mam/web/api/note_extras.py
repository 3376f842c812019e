"""Beside a note's words: who may be named in them, what they were, reactions, files."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.services import attachments, comment_history, mentions, reactions
from mam.web.api import inputs_notes
from mam.web.api.previews import handed_out
from mam.web.api.uploads import body_length
from mam.web.bridge import body_iterator
from mam.web.routes import Call


async def people(call: Call[inputs_notes.People], asset_id: str) -> Any:
    """Who may be named in a note on this asset: whoever could read it."""
    return await call.run(mentions.offered, asset_id, **call.query.model_dump())


async def history(call: Call[Any], comment_id: str) -> Any:
    """What a note said before each edit, the latest first."""
    return await call.run(comment_history.history, comment_id, **call.query.model_dump())


async def react(call: Call[Any], comment_id: str, name: str) -> Any:
    """React to a note: thumbs_up, heart, eyes, question, check or thumbs_down."""
    return await call.run(reactions.react, comment_id, name)


async def unreact(call: Call[Any], comment_id: str, name: str) -> Any:
    """Take one's own reaction back."""
    return await call.run(reactions.unreact, comment_id, name)


async def add_file(call: Call[inputs_notes.NoteFileQuery], comment_id: str) -> Any:
    """Attach the picture or document in the body to one's own note."""
    length, actor = body_length(call), await call.login()
    body, filename = body_iterator(call.request), call.query.filename
    return await call.receive(attachments.add, actor, comment_id, filename=filename, size=length, body=body)


async def get_file(call: Call[Any], comment_id: str, file_id: str) -> Response:
    """Redirect to a signed address of a note's file, which is saved and never shown as a page."""
    return handed_out(await call.run(attachments.download, comment_id, file_id, call.base_url))


async def remove_file(call: Call[Any], comment_id: str, file_id: str) -> None:
    """Take a file off a note."""
    await call.run(attachments.remove, comment_id, file_id)
