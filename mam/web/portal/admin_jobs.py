"""Jobs: what runs, what waits, what failed and why."""

from __future__ import annotations

import urllib.parse
from typing import Any

from mam.services import jobs
from mam.web import views
from mam.web.portal.page import render
from mam.web.routes import Call

PAGE = 50


async def show(call: Call[Any]) -> str:
    """The list, of one state where `?state=` names one; retry and cancel go through the API."""
    args = call.request.args
    state = args.get("state", "")
    found = await call.run(
        jobs.list_jobs, state=state if state in jobs.STATES else None, cursor=args.get("cursor"), limit=PAGE
    )
    following = {"state": state, "cursor": found["next_cursor"] or ""}
    query = urllib.parse.urlencode({name: value for name, value in following.items() if value})
    return render(
        call,
        "admin/jobs.html",
        views.JobsView,
        title="Jobs",
        page="jobs",
        jobs=tuple(found["items"]),
        state=state,
        states=tuple(jobs.STATES),
        next_url=f"/admin/jobs?{query}" if found["next_cursor"] else None,
    )
