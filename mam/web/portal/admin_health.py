"""Health: each check with what to do about it; updates of the appliance."""

from __future__ import annotations

from typing import Any

from mam.services import health, updates
from mam.services.shapes import Shape
from mam.web import views, words
from mam.web.language import N_, _, pgettext
from mam.web.portal.page import render
from mam.web.routes import Call

FIXES = {
    "database": N_(
        "See that the database runs and that the address in [database] is right; nothing is lost."
    ),
    "queue": N_("See that Valkey runs (mam up starts its own); jobs wait in the database until it is back."),
    "storage": N_("See that the store is mounted and writable, then run mam doctor."),
    "disk": N_("Free some space or give the store a larger disk; uploads are refused before it is full."),
    "workers": N_("Start a worker: mam worker, or mam up, which starts one by itself."),
    "plugins": N_("See the page Plugins for the reason of each."),
}
"""What to do about a check that is not ok."""

HEADINGS = {
    "database": N_("The database answers."),
    "queue": N_("The queue answers."),
    "storage": N_("The storage answers."),
    "disk": N_("There is room."),
    "workers": N_("Workers are there."),
    "plugins": N_("No plugin in use is missing."),
}
"""What a check says when all is well."""


async def show(call: Call[Any]) -> str:
    """The checks, asked for now."""
    await call.login()
    found = await call.plain(health.check)
    update = await call.run(updates.status)
    rows = tuple(_row(name, check) for name, check in found["checks"].items())
    return render(
        call,
        "admin/health.html",
        views.HealthView,
        title=_("Health"),
        page="health",
        status=found["status"],
        checks=rows,
        update=update,
    )


def _row(name: str, check: Shape) -> views.CheckRow:
    well = check["status"] == "ok"
    return views.CheckRow(
        name=name,
        status=check["status"],
        detail=check.get("detail") or _(HEADINGS.get(name, "")),
        fix="" if well else _(FIXES.get(name, "")),
        facts=tuple(_facts(check)),
    )


def _facts(check: Shape) -> list[views.Fact]:
    found = []
    if "milliseconds" in check:
        found.append(views.Fact(label=_("answered in"), value=f"{check['milliseconds']} ms"))
    if "free_bytes" in check:
        free, total = words.size(check["free_bytes"]), words.size(check["total_bytes"])
        room = _("%(free)s of %(total)s", free=free, total=total)
        found.append(views.Fact(label=pgettext("space", "free"), value=room))
    if "alive" in check:
        found.append(views.Fact(label=_("alive"), value=str(check["alive"])))
    return found
