"""GET /api/health and GET /metrics: how the box is, for people and for Prometheus."""

from __future__ import annotations

from typing import Any

from quart import Response, current_app

from mam.edge.serve import Edge
from mam.services import health as service
from mam.services import meters
from mam.web.routes import Call, json_response


async def health(call: Call[Any]) -> Response:
    """Whether the box is well, check by check; 503 where it cannot serve."""
    found = await call.receive(service.check)  # opens its connection itself, to tell where it cannot
    return json_response(found, 503 if found["status"] == "down" else 200)


async def metrics(call: Call[Any]) -> Response:
    """The box's figures in Prometheus' text form: for administrators, and for programs of this machine."""
    if not call.is_free:
        await call.login()
    edge: Edge = current_app.extensions["mam.edge"]
    caches = {"edge": edge.sources.cache.total, "images": edge.pictures.cache.total}
    accept = call.request.headers.get("Accept", "")
    body, content_type = await call.receive(meters.exposition, accept, caches)
    return Response(body, 200, {"Cache-Control": "no-store"}, content_type=content_type)
