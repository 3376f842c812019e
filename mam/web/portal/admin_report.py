"""The dashboard: what the box held and did in the last days, as charts that are tables too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mam.services import report
from mam.services.shapes import Shape
from mam.web import views, words
from mam.web.language import _, ngettext
from mam.web.portal.page import render
from mam.web.routes import Call

RANGES = (7, 30, 90, 365)
"""The ranges that are offered, in days."""

WIDTH, HEIGHT = 640, 160
"""Of a chart's drawing, in its own units."""


async def show(call: Call[Any]) -> str:
    """The page; each figure comes from the same report as the API's."""
    told = await call.run(report.report, call.query.days)
    queue = told["queue"]
    return render(
        call,
        "admin/report.html",
        views.ReportView,
        title=_("Dashboard"),
        page="report",
        days=told["days"],
        ranges=tuple(
            (days, ngettext("%(num)s day", "%(num)s days", days) % {"num": days}) for days in RANGES
        ),
        export_url=f"/api/admin/report/export?days={told['days']}",
        facts=(
            views.Fact(label=_("Jobs that wait"), value=str(queue["waiting"])),
            views.Fact(label=_("Jobs that run"), value=str(queue["running"])),
            views.Fact(label=_("Jobs that died"), value=str(queue["dead"])),
            views.Fact(label=_("The oldest waits"), value=words.clock(queue["oldest_seconds"])),
        ),
        charts=_charts(told),
        projects=tuple(told["storage"]),
        assets=tuple(told["assets"]),
        people=tuple(told["people"]),
    )


def _charts(told: Shape) -> tuple[views.Chart, ...]:
    """Each by day; one without any figure is told as such by the page."""
    activity = told["activity"]
    counted = (
        (_("Uploads"), "uploads"), (_("Views"), "views"), (_("Notes"), "notes"),
        (_("Downloads"), "downloads"), (_("Logins"), "logins"),
    )  # fmt: skip
    return (
        chart(_("Masters held"), told["growth"], "total_bytes", words.size),
        chart(_("Masters that came in"), told["growth"], "bytes", words.size),
        *(chart(title, activity, name, str) for title, name in counted),
        chart(_("Time to make a preview (median)"), told["encodes"], "median_seconds", words.clock),
        chart(_("Found in the cache"), [_rate(one) for one in told["cache"]], "rate", _percent),
    )


def _rate(day: Shape) -> Shape:
    """Hits of both caches out of a hundred looks."""
    hits = day["edge_hit"] + day["images_hit"]
    looks = hits + day["edge_miss"] + day["images_miss"]
    return {"day": day["day"], "rate": 100 * hits / looks if looks else None}


def _percent(value: float) -> str:
    return f"{value:.0f} %"


def chart(title: str, rows: Iterable[Shape], name: str, say: Callable[[Any], str]) -> views.Chart:
    """Bars from the first day to the last; days without a figure have none."""
    days = list(rows)
    values = [one[name] or 0 for one in days]
    most = max(values, default=0)
    points = tuple(
        (one["day"], say(one[name]) if one[name] is not None else "-", *_bar(number, values, most))
        for number, one in enumerate(days)
    )
    known = [one[name] for one in days if one[name] is not None]
    return views.Chart(
        title=title, most=say(most) if most else "", last=say(known[-1]) if known else "", bars=points
    )


def _bar(number: int, values: Sequence[float], most: float) -> tuple[float, float, float, float]:
    """Left, top, width and height of a bar."""
    step = WIDTH / len(values)
    tall = HEIGHT * values[number] / most if most else 0.0
    return (round(number * step, 2), round(HEIGHT - tall, 2), round(step * 0.8, 2), round(tall, 2))
