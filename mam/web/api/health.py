"""GET /api/health."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.services import health as service
from mam.web.routes import Call, json_response


async def health(call: Call[Any]) -> Response:
    """Whether the box is well, check by check; 503 where it cannot serve."""
    found = await call.receive(service.check)  # opens its connection itself, to tell where it cannot
    return json_response(found, 503 if found["status"] == "down" else 200)
