"""Jobs: what runs, what waits, what failed and why."""

from __future__ import annotations

import urllib.parse
from typing import Any

from mam.services import job_admin
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import render
from mam.web.routes import Call

PAGE = 50


async def show(call: Call[Any]) -> str:
    """The list, of one state and kind where the query names one; what changes jobs goes through the API."""
    args = call.request.args
    state = args.get("state", "") if args.get("state") in job_admin.STATES else ""
    kinds = await call.run(job_admin.kinds)
    kind = args.get("kind", "") if args.get("kind") in kinds else ""
    found = await call.run(
        job_admin.list_jobs,
        state=state or None,
        kind=kind or None,
        cursor=args.get("cursor"),
        limit=PAGE,
    )
    return render(
        call,
        "admin/jobs.html",
        views.JobsView,
        title=_("Jobs"),
        page="jobs",
        jobs=tuple(found["items"]),
        state=state,
        states=tuple(_tab(one, kind) for one in ("", *job_admin.STATES)),
        job_kind=kind,
        job_kinds=tuple(kinds),
        next_url=_address(state=state, kind=kind, cursor=found["next_cursor"])
        if found["next_cursor"]
        else None,
    )


def _tab(state: str, kind: str) -> tuple[str, str]:
    return state, _address(state=state, kind=kind)


def _address(**query: str) -> str:
    given = urllib.parse.urlencode({name: value for name, value in query.items() if value})
    return f"/admin/jobs?{given}" if given else "/admin/jobs"
