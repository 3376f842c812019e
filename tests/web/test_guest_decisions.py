"""What clients decide by link: in the version's review, on the board, required where the link says so."""

from __future__ import annotations

from typing import Any

from library import Library, actor_of, make_library, make_version
from quart import Quart
from share_steps import Guest, guest_of, make_share

from mam.core import Mam
from mam.models import Asset, AuditEntry, Decision, Version


async def _asked(box: Mam, app: Quart, ana: Any, **wanted: Any) -> tuple[Library, Guest, dict[str, Any]]:
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(ana, asset_ids=[library.asset_id], title="For Nordlicht", **wanted)
    guest = guest_of(app, share)
    assert await guest.enter("Vera") == 303
    return library, guest, share


async def _review(person: Any, library: Library) -> dict[str, Any]:
    status, found = await person.call("GET", f"/api/versions/{library.version_id}/approvals")
    assert status == 200, found
    return dict(found)


async def _card(person: Any, library: Library, column: str) -> dict[str, Any] | None:
    path = f"/api/projects/{library.project_id}/board?column={column}"
    items = (await person.call("GET", path))[1]["items"]
    return next((one for one in items if one["asset_id"] == library.asset_id), None)


async def test_a_client_decides_where_the_link_allows_it(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    ana = people["ana"]
    library, vera, share = await _asked(box, app, ana)
    path = f"/api/versions/{library.version_id}/decision"
    # Given a link that does not ask, then nobody decides by it
    assert (await vera.call("PUT", path, json={"decision": "approved"}))[0] == 403
    assert (await ana.call("PATCH", f"/api/shares/{share['id']}", json={"allow_decide": True}))[0] == 200
    # When the client requests changes, then the studio reads it with the name, and it became a note
    wish = {"decision": "changes_requested", "note": "Larger logo"}
    status, mine = await vera.call("PUT", path, json=wish)
    assert (status, mine["decision"], mine["note"]) == (200, "changes_requested", "Larger logo")
    found = await _review(ana, library)
    assert found["review"]["status"] == "changes_requested"
    assert [(one["guest_name"], one["decision"]) for one in found["others"]] == [
        ("Vera", "changes_requested")
    ]
    card = await _card(ana, library, "changes_requested")
    assert card is not None
    assert [one["guest_name"] for one in card["review"]["decisions"]] == ["Vera"]
    notes = (await vera.call("GET", f"/api/assets/{library.asset_id}/comments"))[1]["items"]
    assert ("Larger logo", True) in {(one["body"], one["mine"]) for one in notes}
    # When somebody else of the same name says something, then both stand; taking back takes one's own alone
    other = guest_of(app, share)
    assert await other.enter("Vera") == 303
    assert (await other.call("PUT", path, json={"decision": "approved"}))[0] == 200
    assert (await other.call("PUT", path, json={"decision": "pending"}))[1]["decision"] is None
    assert Decision.select().where(Decision.superseded_at.is_null()).count() == 1
    assert (await vera.call("PUT", path, json={"decision": "pending"}))[0] == 200
    found = await _review(ana, library)
    assert (found["review"]["status"], found["others"]) == ("none", [])
    notes = (await vera.call("GET", f"/api/assets/{library.asset_id}/comments"))[1]["items"]
    assert "Larger logo" not in {one["body"] for one in notes}
    assert "review.decided" in {one.action for one in AuditEntry.select()}


async def test_without_a_required_client_nothing_is_approved(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    ana = people["ana"]
    library, vera, share = await _asked(box, app, ana, allow_decide=True, decision_required=True)
    decide = f"/api/versions/{library.version_id}/decision"
    # Given a link that must agree, then the board says who is waited for
    card = await _card(ana, library, "in_review")
    assert card is not None
    assert [one["display_name"] for one in card["owed_by"]] == ["For Nordlicht"]
    # When the reviewers approve, then it waits for the client all the same
    review = f"/api/versions/{library.version_id}/review"
    assert (await ana.call("POST", review, json={"reviewers": [library.user_id], "rule": "any"}))[0] == 201
    approve = f"/api/versions/{library.version_id}/approval"
    assert (await ana.call("PUT", approve, json={"decision": "approved"}))[1]["review"][
        "status"
    ] == "in_review"
    # When the client approves, then it is approved; a no of the client is a no
    assert (await vera.call("PUT", decide, json={"decision": "approved"}))[0] == 200
    found = await _review(ana, library)
    assert found["review"]["status"] == "approved"
    assert found["clients"] == [{"share_id": share["id"], "title": "For Nordlicht", "decision": "approved"}]
    assert (await vera.call("PUT", decide, json={"decision": "changes_requested"}))[0] == 200
    assert (await _review(ana, library))["review"]["status"] == "changes_requested"
    # When the link is not required any more, then the reviewers' word is what counts
    status, _ = await ana.call("PATCH", f"/api/shares/{share['id']}", json={"decision_required": False})
    assert status == 200
    assert (await _review(ana, library))["review"]["status"] == "approved"


async def test_of_a_new_version_the_client_is_asked_again(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    # Given a version that the client approved
    ana = people["ana"]
    library, vera, _ = await _asked(box, app, ana, allow_decide=True, decision_required=True)
    path = f"/api/versions/{library.version_id}/decision"
    assert (await vera.call("PUT", path, json={"decision": "approved"}))[0] == 200
    second = make_version(library.asset_id, 2)
    Asset.update(current_version_id=library.version_id).where(Asset.id == library.asset_id).execute()
    # When another one is shown in its place, then that one waits for the client, and what was said stands
    assert (await ana.call("POST", f"/api/versions/{second.id}/current"))[0] == 200
    assert Version.get_by_id(second.id).review_status == "in_review"
    assert Version.get_by_id(library.version_id).review_status == "approved"


async def test_a_link_that_is_taken_back_is_waited_for_no_more(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    ana = people["ana"]
    library, _, share = await _asked(box, app, ana, allow_decide=True, decision_required=True)
    assert (await _review(ana, library))["review"]["status"] == "in_review"
    assert (await ana.call("DELETE", f"/api/shares/{share['id']}"))[0] == 204
    found = await _review(ana, library)
    assert (found["review"]["status"], found["clients"]) == ("none", [])


async def test_who_is_required_must_be_able_to_decide(
    sqlite_box: Mam, sqlite_app: Quart, sqlite_people: dict[str, Any]
) -> None:
    ana = sqlite_people["ana"]
    library, _, share = await _asked(sqlite_box, sqlite_app, ana)
    for path, method, wanted in (
        (f"/api/shares/{share['id']}", "PATCH", {"decision_required": True}),
        (
            "/api/shares", "POST",
            {"folder_id": library.folder_id, "allow_decide": True, "decision_required": True},
        ),
    ):  # fmt: skip
        status, body = await ana.call(method, path, json=wanted)
        assert (status, body["errors"][0]["field"]) == (422, "decision_required")
