"""Notes on versions: read, written, resolved."""

from __future__ import annotations

from typing import Any

from mam.services import comment_list, comments
from mam.web.api import inputs
from mam.web.api.repeat import repeatable
from mam.web.routes import Call


async def list_comments(call: Call[inputs.CommentList], asset_id: str) -> Any:
    """The notes on an asset by frame, each with its replies; those on the whole come first."""
    return await call.run(comment_list.list_comments, asset_id, **call.query.model_dump())


async def create_comment(call: Call[inputs.CommentIn], asset_id: str) -> Any:
    """Write a note, or a reply; pages that show the version have it at once."""
    return await repeatable(call, comments.create_comment, asset_id, **call.body.model_dump())


async def get_comment(call: Call[Any], comment_id: str) -> Any:
    """A note with its replies."""
    return await call.run(comments.get_comment, comment_id)


async def update_comment(call: Call[inputs.CommentPatch], comment_id: str) -> Any:
    """Change one's own note."""
    return await call.run(comments.update_comment, comment_id, call.given)


async def delete_comment(call: Call[Any], comment_id: str) -> None:
    """Take a note away: one's own, or as somebody who manages notes."""
    await call.run(comments.delete_comment, comment_id)


async def restore_comment(call: Call[Any], comment_id: str) -> Any:
    """Bring a deleted note back."""
    return await call.run(comments.restore_comment, comment_id)


async def resolve_comment(call: Call[Any], comment_id: str) -> Any:
    """Mark a note as done."""
    return await call.run(comments.resolve_comment, comment_id)


async def unresolve_comment(call: Call[Any], comment_id: str) -> Any:
    """Open a note again."""
    return await call.run(comments.unresolve_comment, comment_id)
