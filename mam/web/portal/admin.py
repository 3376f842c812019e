"""Administration begins at the health page."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.web.portal.page import redirect
from mam.web.routes import Call


async def show(call: Call[Any]) -> Response:
    """To the health page."""
    await call.login()
    return redirect("/admin/health")
