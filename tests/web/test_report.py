"""The dashboard and its report over HTTP: for administrators, by days, with a CSV to take away."""

from __future__ import annotations

from typing import Any

from library import actor_of, make_library

from mam.core import Mam
from mam.models import Project


async def test_report_page_and_csv(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    """Given a library and a project named like markup, then page, JSON and CSV tell; members get none."""
    admin = sqlite_people["admin"]
    library = make_library(sqlite_box, actor_of(sqlite_box, admin.token))
    Project.update(name="<script>=1").where(Project.id == library.project_id).execute()
    status, told = await admin.call("GET", "/api/admin/report?days=7")
    assert (status, len(told["growth"])) == (200, 7)
    assert told["storage"][0]["name"] == "<script>=1"
    status, text = await admin.call("GET", "/api/admin/report/export?days=7")
    assert text.decode().startswith("section,day,id,name,figure,value")
    for days, expected in ((0, 422), (367, 422), (366, 200)):
        assert (await admin.call("GET", f"/api/admin/report?days={days}"))[0] == expected
    status, page = await admin.call("GET", "/admin/report?days=7", headers={"Accept": "text/html"})
    assert status == 200
    html = page.decode()
    assert "&lt;script&gt;=1" in html
    assert "<script>=1" not in html
    assert html.count("<svg viewBox") >= 2
    assert html.count("<rect ") == 7 * html.count("<svg viewBox")
    for path in ("/api/admin/report", "/api/admin/report/export", "/admin/report"):
        assert (await sqlite_people["ana"].call("GET", path))[0] == 403
