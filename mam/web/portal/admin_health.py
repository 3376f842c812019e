"""Health: each check with what to do about it."""

from __future__ import annotations

from typing import Any

from mam.services import health
from mam.services.shapes import Shape
from mam.web import views, words
from mam.web.portal.page import render
from mam.web.routes import Call

FIXES = {
    "database": "See that the database runs and that the address in [database] is right; nothing is lost.",
    "queue": "See that Valkey runs (mam up starts its own); jobs wait in the database until it is back.",
    "storage": "See that the store is mounted and writable, then run mam doctor.",
    "disk": "Free some space or give the store a larger disk; uploads are refused before it is full.",
    "workers": "Start a worker: mam worker, or mam up, which starts one by itself.",
    "plugins": "See the page Plugins for the reason of each.",
}
"""What to do about a check that is not ok."""

HEADINGS = {
    "database": "The database answers.",
    "queue": "The queue answers.",
    "storage": "The storage answers.",
    "disk": "There is room.",
    "workers": "Workers are there.",
    "plugins": "No plugin in use is missing.",
}
"""What a check says when all is well."""


async def show(call: Call[Any]) -> str:
    """The checks, asked for now."""
    await call.login()
    found = await call.plain(health.check)
    rows = tuple(_row(name, check) for name, check in found["checks"].items())
    return render(
        call,
        "admin/health.html",
        views.HealthView,
        title="Health",
        page="health",
        status=found["status"],
        checks=rows,
    )


def _row(name: str, check: Shape) -> views.CheckRow:
    well = check["status"] == "ok"
    return views.CheckRow(
        name=name,
        status=check["status"],
        detail=check.get("detail") or HEADINGS.get(name, ""),
        fix="" if well else FIXES.get(name, ""),
        facts=tuple(_facts(check)),
    )


def _facts(check: Shape) -> list[views.Fact]:
    found = []
    if "milliseconds" in check:
        found.append(views.Fact(label="answered in", value=f"{check['milliseconds']} ms"))
    if "free_bytes" in check:
        room = f"{words.size(check['free_bytes'])} of {words.size(check['total_bytes'])}"
        found.append(views.Fact(label="free", value=room))
    if "alive" in check:
        found.append(views.Fact(label="alive", value=str(check["alive"])))
    return found
