"""What guests of share links do with notes: edit and delete their own, react, attach, reply."""

from __future__ import annotations

from typing import Any

from library import Library, actor_of, make_library
from quart import Quart
from share_steps import Guest, guest_of, make_share

from mam.core import Mam
from mam.services import attachments

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"
)


async def _two_veras(box: Mam, app: Quart, ana: Any, **wanted: Any) -> tuple[Library, Guest, Guest, Any]:
    """Two people who came by one link and gave the same name, and a note of the first."""
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(ana, asset_ids=[library.asset_id], **wanted)
    first, second = guest_of(app, share), guest_of(app, share)
    assert [await first.enter("Vera"), await second.enter("Vera")] == [303, 303]
    note = {"version_id": library.version_id, "frame": 3, "body": "Brighter, please"}
    status, made = await first.call("POST", f"/api/assets/{library.asset_id}/comments", json=note)
    assert status == 201, made
    return library, first, second, made


async def test_a_guest_edits_and_deletes_their_own_notes_by_the_rules_of_everybody(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    library, vera, _, made = await _two_veras(box, app, people["ana"])
    path = f"/api/comments/{made['id']}"
    # Given a note of one's own, when it is edited, then it says so, and what it said is kept for its author
    status, edited = await vera.call("PATCH", path, json={"body": "Darker, please", "frame": 4})
    assert (status, edited["body"], edited["frame"], edited["mine"]) == (200, "Darker, please", 4, True)
    assert edited["edited_at"] is not None
    former = (await vera.call("GET", f"{path}/history"))[1]["items"]
    assert [one["body"] for one in former] == ["Brighter, please"]
    assert former[0]["edited_by"] == {"id": None, "display_name": "Vera", "guest": True}
    # And nothing becomes internal by a guest
    assert (await vera.call("PATCH", path, json={"internal": True}))[0] == 403
    # When it is deleted, then it is gone for everybody, and the undo brings it back
    assert (await vera.call("DELETE", path))[0] == 204
    listed = f"/api/assets/{library.asset_id}/comments"
    assert made["id"] not in {one["id"] for one in (await people["ana"].call("GET", listed))[1]["items"]}
    assert (await vera.call("POST", f"{path}/restore"))[0] == 200
    seen = {one["id"]: one["mine"] for one in (await vera.call("GET", listed))[1]["items"]}
    assert seen == {made["id"]: True, library.comment_id: False}


async def test_another_guest_of_the_same_name_is_somebody_else(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    """A guest is known by having been let in: a name is only shown."""
    library, vera, other, made = await _two_veras(box, app, people["ana"])
    path = f"/api/comments/{made['id']}"
    file = {"data": PNG, "headers": {"Content-Length": str(len(PNG))}}
    assert (await vera.call("POST", f"{path}/files?filename=a.png", **file))[0] == 201
    held = (await vera.call("GET", f"/api/assets/{library.asset_id}/comments"))[1]["items"]
    attached = next(one for one in held if one["id"] == made["id"])["files"][0]["id"]
    # Given the first one's note, when the second tries all that its author may, then it is refused
    for method, below, body in (
        ("PATCH", "", {"body": "Mine now"}),
        ("DELETE", "", None),
        ("GET", "/history", None),
        ("DELETE", f"/files/{attached}", None),
    ):
        assert (await other.call(method, path + below, json=body))[0] == 403, (method, below)
    assert (await other.call("POST", f"{path}/files?filename=b.png", **file))[0] == 403
    assert (await vera.call("DELETE", path))[0] == 204
    assert (await other.call("POST", f"{path}/restore"))[0] == 403
    # Nor does a note of the house change by one
    for method, body in (("PATCH", {"body": "x"}), ("DELETE", None)):
        assert (await other.call(method, f"/api/comments/{library.comment_id}", json=body))[0] == 403


async def test_guests_react_reply_and_attach(box: Mam, app: Quart, people: dict[str, Any]) -> None:
    library, vera, other, made = await _two_veras(box, app, people["ana"])
    # Given a note of the house, when two guests of one name react to it, then they count as two
    note = f"/api/comments/{library.comment_id}"
    for one in (vera, vera, other):
        status, answer = await one.call("PUT", f"{note}/reactions/heart")
        assert status == 200
    (heart,) = answer["reactions"]
    assert (heart["name"], heart["count"]) == ("heart", 2)
    assert {one["display_name"] for one in heart["people"]} == {"Vera"}
    assert (await vera.call("DELETE", f"{note}/reactions/heart"))[1]["reactions"][0]["count"] == 1
    assert (await vera.call("PUT", f"{note}/reactions/skull"))[0] == 404
    # When one replies, then the studio reads it below, with the name
    reply = {"version_id": library.version_id, "body": "His", "parent_id": library.comment_id}
    assert (await vera.call("POST", f"/api/assets/{library.asset_id}/comments", json=reply))[0] == 201
    items = (await people["ana"].call("GET", f"/api/assets/{library.asset_id}/comments"))[1]["items"]
    below = next(one for one in items if one["id"] == library.comment_id)["replies"]
    assert [(one["author"]["display_name"], one["body"]) for one in below] == [("Vera", "His")]
    # When one attaches a picture, then it is kept as what its bytes are and read by whoever sees the note
    files = f"/api/comments/{made['id']}/files"
    status, file = await vera.call(
        "POST", f"{files}?filename=ref.txt", data=PNG, headers={"Content-Length": str(len(PNG))}
    )
    assert (status, file["content_type"]) == (201, "image/png")
    assert (await other.call("GET", f"{files}/{file['id']}"))[0] == 302
    address = other.last.headers["Location"]
    assert await (await app.test_client().get(address[address.index("/d/") :])).get_data(as_text=False) == PNG
    page = b"<html><script>alert(1)</script>"
    refused = {"data": page, "headers": {"Content-Length": str(len(page))}}
    assert (await vera.call("POST", f"{files}?filename=a.png", **refused))[0] == 422
    assert (await vera.call("DELETE", f"{files}/{file['id']}"))[0] == 204


async def test_a_guests_files_have_a_limit_in_all(
    sqlite_box: Mam, sqlite_app: Quart, sqlite_people: dict[str, Any], monkeypatch: Any
) -> None:
    _, vera, _, made = await _two_veras(sqlite_box, sqlite_app, sqlite_people["ana"])
    monkeypatch.setattr(attachments, "MOST_OF_A_GUEST", 1)
    files = f"/api/comments/{made['id']}/files"
    said = [
        await vera.call(
            "POST", f"{files}?filename={name}", data=PNG, headers={"Content-Length": str(len(PNG))}
        )
        for name in ("a.png", "b.png")
    ]
    assert [status for status, _ in said] == [201, 409]
    assert "in all" in said[1][1]["detail"]


async def test_where_notes_are_off_nothing_of_it_is_to_be_had(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    ana = people["ana"]
    library, vera, _, made = await _two_veras(box, app, ana)
    share = (await ana.call("GET", f"/api/shares?project_id={library.project_id}"))[1]["items"][0]
    assert (await ana.call("PATCH", f"/api/shares/{share['id']}", json={"allow_comments": False}))[0] == 200
    path = f"/api/comments/{made['id']}"
    for method, below, body in (
        ("PATCH", "", {"body": "x"}),
        ("DELETE", "", None),
        ("PUT", "/reactions/heart", None),
    ):
        assert (await vera.call(method, path + below, json=body))[0] == 403, method
