"""Notes taken away as a file, and read from a list of markers."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.edge.answers import attachment
from mam.errors import TooLargeError
from mam.media.marks.reading import MOST_BYTES
from mam.services import comment_export, comment_import, import_undo
from mam.web.api import inputs_marks
from mam.web.api.uploads import body_length
from mam.web.bridge import body_iterator
from mam.web.routes import Call


async def export_comments(call: Call[inputs_marks.CommentExport], version_id: str) -> Response:
    """The notes on a version as a file, for people or an editing system."""
    actor, query = await call.login(), call.query.model_dump()
    # In the pool of the uploads: pictures take their time
    name, data, content_type = await call.receive(comment_export.export, actor, version_id, **query)
    headers = {
        "Content-Disposition": attachment(name).decode(),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, 200, headers, content_type=content_type)


async def import_comments(call: Call[inputs_marks.CommentImport], version_id: str) -> Any:
    """Make notes of a list of markers in the body: a table, an EDL, Avid's list; each marker once.

    With `dry_run` nothing is written, and the answer says what would be.
    """
    if body_length(call) > MOST_BYTES:
        raise TooLargeError(f"A list of markers may have {MOST_BYTES >> 20} MiB at most.")
    body, query = body_iterator(call.request), call.query
    data = await call.receive(lambda _mam: b"".join(body))  # as long as it said, and no longer
    return await call.run(
        comment_import.read_notes, version_id, data,
        form=query.format, start=query.start, dry_run=query.dry_run,
    )  # fmt: skip


async def undo_import(call: Call[inputs_marks.ImportUndo], version_id: str) -> Any:
    """Take back the notes that an import brought; those that somebody worked with since stay."""
    return await call.run(import_undo.undo, version_id, import_id=call.body.import_id)
