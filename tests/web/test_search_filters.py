"""The search page narrows what it finds; an address with a filter that is none still finds."""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.models import Asset


async def _found(person: Any, query: str) -> list[str]:
    status, body = await person.call("GET", f"/search?{query}")
    text = body.decode() if isinstance(body, bytes) else str(body)
    assert status == 200
    return [name for name in ("zebra</mark> film", "zebra</mark> still") if name in text]


async def test_a_search_is_narrowed_by_kind_and_day(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    # Given a film and a still with one word in common
    assert sqlite_box
    ana = sqlite_people["ana"]
    project = (await ana.call("POST", "/api/projects", json={"name": "P"}))[1]
    for kind, title in (("video", "zebra film"), ("image", "zebra still")):
        made = (await ana.call("POST", "/api/assets", json={"project_id": project["id"], "title": title}))[1]
        Asset.update(kind=kind).where(Asset.id == made["id"]).execute()
    both = ["zebra</mark> film", "zebra</mark> still"]
    # When it is looked for with and without filters, then only what fits is found
    assert await _found(ana, "q=zebra") == both
    assert await _found(ana, "q=zebra&kind=image") == both[1:]
    assert await _found(ana, "q=zebra&to=2001-01-01") == []
    # And what is no day narrows nothing
    assert await _found(ana, "q=zebra&since=yesterday") == both
