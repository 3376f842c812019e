"""The notes on a version for paper: what the PDF has, as a page that the browser prints."""

from __future__ import annotations

from typing import Any

from mam.errors import NotFoundError
from mam.ids import is_id
from mam.services import comment_export
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import render
from mam.web.routes import Call

_STATES = ("open", "resolved", "all")
_MOST_CHOSEN = 100


async def show(call: Call[Any], asset_id: str) -> str:
    """The notes of `?version=<id>`: those of `?state=`, or `?ids=` with commas between."""
    args = call.request.args
    state, version_id = args.get("state", "all"), args.get("version", "")
    ids = [one for one in args.get("ids", "").split(",") if one]
    if state not in _STATES or len(ids) > _MOST_CHOSEN or not all(map(is_id, (version_id, *ids))):
        raise NotFoundError
    found = await call.run(comment_export.on_paper, asset_id, version_id, state=state, ids=ids)
    return render(
        call, "notes_print.html", views.NotesPrintView, title=_("Notes"), page="notes-print",
        head=tuple(found["head"]), notes=tuple(found["notes"]),
        back_url=f"/assets/{asset_id}",
    )  # fmt: skip
