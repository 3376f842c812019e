"""Watch folders: what came in, what waits, what could not be taken in and why."""

from __future__ import annotations

from typing import Any

from mam.services import watching
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import render
from mam.web.routes import Call


async def show(call: Call[Any]) -> str:
    """Every watch folder of the configuration."""
    folders = await call.run(watching.status)
    return render(
        call,
        "admin/watch.html",
        views.WatchView,
        title=_("Watch folders"),
        page="watch",
        folders=tuple(folders["items"]),
    )
