"""How a project looks: on links that say nothing of their own, on its papers, and nowhere else."""

from __future__ import annotations

import io
from typing import Any

import pypdfium2
from library import actor_of, make_library
from PIL import Image
from quart import Quart
from share_steps import guest_of, make_share

from mam.core import Mam
from mam.models import AuditEntry


def _picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 100), colour).save(out, "PNG")
    return out.getvalue()


async def _put(person: Any, address: str, data: bytes) -> int:
    length = {"Content-Length": str(len(data))}
    return int((await person.call("PUT", f"{address}/logo", data=data, headers=length))[0])


async def _text(guest: Any, below: str) -> str:
    return str(await (await guest.client.get(guest.root + below)).get_data(as_text=True))


async def _colour(guest: Any) -> tuple[int, ...]:
    data = await (await guest.client.get(f"{guest.root}/logo")).get_data(as_text=False)
    with Image.open(io.BytesIO(data)) as image:
        found: Any = image.convert("RGB").getpixel((10, 10))
    return tuple(found)


async def test_a_project_looks_so_where_its_links_say_nothing(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    # Given a project with a house, a colour and a logo, and two links, one with a look of its own
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    look = f"/api/projects/{library.project_id}/look"
    assert (await ana.call("GET", look))[1] == {"studio": "", "accent": None, "has_logo": False}
    given = {"studio": "Studio Adria 東京", "accent": "#0B5CC7"}
    assert (await ana.call("PATCH", look, json=given))[1]["accent"] == "#0b5cc7"
    assert await _put(ana, look, _picture("#0000c0")) == 204
    named = {"asset_ids": [library.asset_id]}
    plain = guest_of(app, await make_share(ana, **named))
    own = guest_of(app, await make_share(ana, **named, studio="Kino Nord", accent="#00aa00"))
    # When their doors are opened
    doors = [await _text(one, "") for one in (plain, own)]
    # Then the first bears what the project says, the second its own and the project's logo
    assert "Studio Adria" in doors[0]
    assert "Kino Nord" in doors[1]
    assert "Studio Adria" not in doors[1]
    assert all(f'src="{one.root}/logo?' in door for one, door in zip((plain, own), doors, strict=True))
    red, _, blue = await _colour(plain)
    assert blue > red + 100
    assert await _text(plain, "/style.css") != await _text(own, "/style.css")
    # And the papers bear it too, whatever script its name is in
    path = f"/api/versions/{library.version_id}"
    for below in ("/comments/export?format=pdf", "/certificate?format=pdf"):
        answer = await ana.client.get(path + below, headers={"Authorization": f"Bearer {ana.token}"})
        page = pypdfium2.PdfDocument(await answer.get_data(as_text=False))[0]
        assert "Studio Adria 東京" in page.get_textpage().get_text_range(), below
        assert sum(1 for one in page.get_objects() if one.type == 3) >= 1
    # When the logo is taken away, then links are without one, and all of it is in the audit log
    assert (await ana.call("DELETE", f"{look}/logo"))[0] == 204
    assert (await plain.client.get(f"{plain.root}/logo")).status_code == 404
    assert (await ana.call("GET", look))[1]["has_logo"] is False
    done = {row.action for row in AuditEntry.select().where(AuditEntry.subject_kind == "project")}
    assert {"project.look_changed", "project.logo_set", "project.logo_removed"} <= done


async def test_only_who_may_change_the_project_changes_its_look(
    sqlite_box: Mam, sqlite_people: dict[str, Any]
) -> None:
    ana, ben = sqlite_people["ana"], sqlite_people["ben"]
    project = (await ana.call("POST", "/api/projects", json={"name": "P"}))[1]
    look = f"/api/projects/{project['id']}/look"
    for method, below in (("GET", ""), ("GET", "/logo"), ("DELETE", "/logo")):
        assert (await ben.call(method, look + below))[0] == 404
    assert (await ben.call("PATCH", look, json={"studio": "Ben"}))[0] == 404
    status, refused = await ana.call("PATCH", look, json={"accent": "blue"})
    assert (status, refused["errors"][0]["field"]) == (422, "accent")
    assert await _put(ana, look, b"no picture") == 422
    assert (await ana.call("GET", f"{look}/logo"))[0] == 404
