"""The audit log: search it, narrow it, take it away, see whether its chain holds."""

from __future__ import annotations

import urllib.parse
from typing import Any

from mam.core import Mam
from mam.errors import ValidationError
from mam.services import audit_check, audit_log
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import render
from mam.web.routes import Call
from mam.web.sentences import say

PAGE = 50
_LONGEST = 200  # characters of a filter


async def show(call: Call[Any]) -> str:
    """A page of entries that match the filters; verifying and the export go through the API."""
    args = call.request.args
    filters = {
        name: args[name].strip()[:_LONGEST] for name in audit_log.FILTERS if args.get(name, "").strip()
    }
    found = await call.run(_load, filters, args.get("cursor"))
    following = found["next_cursor"]
    query = urllib.parse.urlencode({**filters, "cursor": following} if following else filters)
    return render(
        call,
        "admin/audit.html",
        views.AuditView,
        title=_("Audit log"),
        page="audit",
        entries=tuple(found["items"]),
        filters=filters,
        actions=tuple(found["actions"]),
        chain={**found["chain"], "message": say(found["chain"]["message"])},
        error=found["error"],
        export_url=f"/api/audit/export?{urllib.parse.urlencode(filters)}",
        next_url=f"/admin/audit?{query}" if following else None,
    )


def _load(mam: Mam, actor: Actor, filters: dict[str, str], cursor: str | None) -> Shape:
    """The page; a filter that does not hold is a sentence, not another page."""
    error = ""
    try:
        found = audit_log.list_entries(mam, actor, filters, cursor, PAGE)
    except ValidationError as problem:
        found, error = {"items": [], "next_cursor": None}, " ".join(one.message for one in problem.errors)
    return {
        **found,
        "error": error,
        "actions": audit_log.actions(mam, actor),
        "chain": audit_check.last(mam, actor),
    }
