"""The report of the box: what it held and did in the last days, as JSON and as CSV."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.services import report as service
from mam.web.routes import Call


async def get_report(call: Call[Any]) -> Any:
    """Storage by project and its growth, activity, queue, encode times, popular assets, caches, people."""
    return await call.run(service.report, call.query.days)


async def export_report(call: Call[Any]) -> Response:
    """The same as CSV: section, day, id, name, figure, value."""
    text = await call.run(service.begin_csv, call.query.days)
    headers = {"Content-Disposition": 'attachment; filename="report.csv"', "Cache-Control": "no-store"}
    return Response(text.encode(), 200, headers, content_type="text/csv; charset=utf-8")
