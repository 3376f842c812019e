"""A link's logo and colour: on its own pages, the doors among them, and in no other link."""

from __future__ import annotations

import io
from typing import Any

from library import actor_of, make_library
from PIL import Image
from quart import Quart
from share_steps import guest_of, make_share

from mam.core import Mam
from mam.services import branding

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200"><script>alert(1)</script>
<rect width="400" height="200" fill="#c00"/></svg>"""


def _picture(kind: str, size: tuple[int, int] = (300, 100)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#c00000").save(out, kind)
    return out.getvalue()


async def _put(person: Any, share: dict[str, Any], data: bytes) -> tuple[int, Any]:
    length = {"Content-Length": str(len(data))}
    found: tuple[int, Any] = await person.call(
        "PUT", f"/api/shares/{share['id']}/logo", data=data, headers=length
    )
    return found


async def test_a_links_look_is_on_its_own_pages_and_on_no_others(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    # Given two links to one asset, one with a logo, a colour, a title and a password
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(
        ana, asset_ids=[library.asset_id], title="Rough cut", accent="#FFEE00", password="open sesame"
    )
    plain = await make_share(ana, asset_ids=[library.asset_id])
    assert (await _put(ana, share, SVG))[0] == 204
    told = (await ana.call("GET", f"/api/shares/{share['id']}"))[1]
    assert (told["accent"], told["has_logo"]) == ("#ffee00", True)
    # When the door is opened, then it bears title, logo and colour before anybody is let in
    guest, other = guest_of(app, share), guest_of(app, plain)
    door = await (await guest.client.get(guest.root)).get_data(as_text=True)
    assert "Rough cut" in door
    assert f'src="{guest.root}/logo?' in door
    assert f'href="{guest.root}/style.css?' in door
    # Then the logo is a JPEG that we drew: nothing of what came in is in it
    logo = await guest.client.get(f"{guest.root}/logo")
    data = await logo.get_data(as_text=False)
    assert (logo.status_code, logo.headers["Content-Type"]) == (200, "image/jpeg")
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("JPEG", (400, 200))
        red, green, _ = image.convert("RGB").getpixel((200, 100))  # type: ignore[misc]
        assert red > green + 100
    assert b"script" not in data
    # And the yellow, which could not be read on light grey, is darker there
    style = await (await guest.client.get(f"{guest.root}/style.css")).get_data(as_text=True)
    assert style.startswith(":root { --accent: light-dark(#")
    assert "light-dark(#ffee00" not in style
    assert await guest.enter(password="open sesame") == 303
    page = await (await guest.client.get(guest.root)).get_data(as_text=True)
    assert f'src="{guest.root}/logo?' in page
    # And the other link has nothing of it
    assert await other.enter() == 303
    page = await (await other.client.get(other.root)).get_data(as_text=True)
    assert "/logo" not in page
    assert "style.css" not in page
    for below in ("/logo", "/style.css"):
        assert (await other.client.get(other.root + below)).status_code == 404
    # When the link is taken back, then its look is gone with it
    assert (await ana.call("DELETE", f"/api/shares/{share['id']}"))[0] == 204
    for below in ("/logo", "/style.css"):
        assert (await guest.client.get(guest.root + below)).status_code == 404


async def test_what_is_no_logo_is_refused_in_a_sentence(
    sqlite_box: Mam, sqlite_app: Quart, sqlite_people: dict[str, Any]
) -> None:
    ana, ben = sqlite_people["ana"], sqlite_people["ben"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    share = await make_share(ana, asset_ids=[library.asset_id])
    too_wide = _picture("PNG", (4097, 4096))
    for data in (b"<html>no</html>", _picture("GIF"), _picture("PNG")[:60], too_wide):
        status, body = await _put(ana, share, data)
        assert (status, body["errors"][0]["field"]) == (422, "logo"), data[:20]
    assert (await _put(ana, share, b"x" * (branding.LARGEST + 1)))[0] == 413
    assert (await _put(ben, share, _picture("PNG")))[0] == 404
    assert (await ana.call("PATCH", f"/api/shares/{share['id']}", json={"accent": "red"}))[0] == 422
    # Every kind that is promised is taken; one taken away is gone
    for kind in ("PNG", "JPEG", "WEBP"):
        assert (await _put(ana, share, _picture(kind)))[0] == 204, kind
    assert (await ana.call("GET", f"/api/shares/{share['id']}/logo"))[0] == 200
    assert (await ana.call("DELETE", f"/api/shares/{share['id']}/logo"))[0] == 204
    assert (await ana.call("GET", f"/api/shares/{share['id']}/logo"))[0] == 404
