"""The audit log: search it, take it away as CSV, verify its chain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from quart import Response

from mam.services import audit_check, audit_log
from mam.web.routes import Call


async def list_audit(call: Call[Any]) -> Any:
    """The audit log, newest first."""
    return await call.run(audit_log.list_entries, filters(call), call.query.cursor, call.query.limit)


async def export_log(call: Call[Any]) -> Response:
    """The log as CSV, newest first, with the same filters; streamed."""
    given = filters(call)
    head = await call.run(audit_log.begin_export, given)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"}
    return Response(_lines(call, head, given), 200, headers, content_type="text/csv; charset=utf-8")


async def verify_log(call: Call[Any]) -> Any:
    """Check the whole chain against its signed end and every anchor, now."""
    return await call.run(audit_check.state)


def filters(call: Call[Any]) -> dict[str, str]:
    """What the query string narrows the log by."""
    given = call.query.model_dump(by_alias=True, exclude={"cursor", "limit"})
    return {name: value for name, value in given.items() if value is not None}


async def _lines(call: Call[Any], head: str, given: Mapping[str, str]) -> AsyncIterator[bytes]:
    """Page by page; whoever loses the login on the way gets no further."""
    yield head.encode()
    cursor: str | None = None
    while True:
        text, cursor = await call.fresh(audit_log.export_page, given, cursor)
        yield text.encode()
        if cursor is None:
            return
