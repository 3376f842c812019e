"""Notes as files over HTTP: a list goes in once, files come out, strangers and hostile lists are refused."""

from __future__ import annotations

from typing import Any

from library import actor_of, make_library
from quart import Quart
from web_people import Person

from mam.core import Mam
from mam.ids import new_id
from mam.models import Version

MEDIA = {"frame_rate": "25/1", "start_timecode": "01:00:00:00", "drop_frame": False, "duration": 60.0}
TABLE = b"timecode,text\n01:00:01:00,Too dark\n00:00:00:00,Before\n"


def staged(mam: Mam, person: Person) -> Any:
    library = make_library(mam, actor_of(mam, person.token))
    Version.update(media=MEDIA).where(Version.id == library.version_id).execute()
    return library


async def send(person: Person, path: str, data: bytes) -> tuple[int, Any]:
    return await person.call("POST", path, data=data, headers={"Content-Length": str(len(data))})


async def test_a_list_goes_in_once(box: Mam, people: dict[str, Person]) -> None:
    ana = people["ana"]
    path = f"/api/versions/{staged(box, ana).version_id}/comments/import"
    status, shown = await send(ana, f"{path}?dry_run=true", TABLE)
    assert (status, shown["new"], shown["imported"], shown["unreadable"]) == (200, 1, 0, 1)
    assert shown["notes"][0]["timecode"] == "01:00:01:00"
    assert (await send(ana, path, TABLE))[1]["imported"] == 1
    assert (await send(ana, f"{path}?format=csv&start=01:00:00:00", TABLE))[1]["there"] == 1


async def test_what_is_no_list_is_refused(sqlite_box: Mam, sqlite_people: dict[str, Person]) -> None:
    ana, ben = sqlite_people["ana"], sqlite_people["ben"]
    path = f"/api/versions/{staged(sqlite_box, ana).version_id}/comments/import"
    for data, query, status, field in (
        (b"\x89PNG\r\n\x1a\n\0", "", 422, "file"), (b"", "", 422, "file"), (TABLE, "?start=25", 422, "start"),
        (TABLE, "?format=pdf", 422, "format"), (TABLE, "?other=1", 422, "other"),
        (b"x" * (4 << 20) + b"x", "", 413, ""),
    ):  # fmt: skip
        found = await send(ana, path + query, data)
        assert found[0] == status, (data[:20], query, found)
        assert not field or [one["field"] for one in found[1]["errors"]] == [field]
    # What is not there, or not for everybody, is not there
    assert (await send(ben, path, TABLE))[0] == 404
    assert (await send(ana, f"/api/versions/{new_id()}/comments/import", TABLE))[0] == 404


async def test_files_come_out(sqlite_box: Mam, sqlite_people: dict[str, Person], sqlite_app: Quart) -> None:
    ana, ben = sqlite_people["ana"], sqlite_people["ben"]
    library = staged(sqlite_box, ana)
    path = f"/api/versions/{library.version_id}/comments/export"
    client = sqlite_app.test_client()
    for form, start in (
        ("pdf", b"%PDF-"), ("json", b"{"), ("csv", b"\xef\xbb\xbf"), ("edl", b"TITLE"), ("otio", b"{"),
        ("xmeml", b"<?xml"), ("fcpxml", b"<?xml"), ("avid", b"Ana\t"),
    ):  # fmt: skip
        answer = await client.get(f"{path}?format={form}", headers={"Authorization": f"Bearer {ana.token}"})
        assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (200, "nosniff"), form
        assert "attachment" in answer.headers["Content-Disposition"]
        assert (await answer.get_data()).startswith(start), form
    for query, status in (
        (f"format=csv&ids={new_id()}", 404), ("format=csv&ids=x", 422), ("format=doc", 422),
        ("format=csv&ids=" + ",".join(new_id() for _ in range(101)), 422),
    ):  # fmt: skip
        assert (await ana.call("GET", f"{path}?{query}"))[0] == status, query
    assert (await ben.call("GET", f"{path}?format=pdf"))[0] == 404
    page = f"/assets/{library.asset_id}/notes?version={library.version_id}"
    for address, status in (
        (page, 200),
        (page.replace(library.asset_id, new_id()), 404),
        (page + "&state=x", 404),
    ):
        headers = {"Authorization": f"Bearer {ana.token}", "Accept": "text/html"}
        assert (await client.get(address, headers=headers)).status_code == status, address
