"""Approvals over HTTP: the contract's answers, what is refused, and that open pages are told."""

from __future__ import annotations

from typing import Any

from library import actor_of, make_library, make_version
from pydantic import TypeAdapter

from mam.core import Mam
from mam.models import Member
from mam.web.api import answers, answers_approvals


async def test_a_review_from_the_question_to_the_answer(box: Mam, people: dict[str, Any]) -> None:
    ana, ben = people["ana"], people["ben"]
    library = make_library(box, actor_of(box, ana.token))
    path = f"/api/versions/{library.version_id}"
    fits = TypeAdapter(answers_approvals.Approvals).validate_python
    # Given Ben, who is no member, then he cannot be asked and sees nothing
    asked = {"reviewers": [ben.user["id"]], "due_at": "2036-01-01T12:00:00+01:00"}
    status, refused = await ana.call("POST", f"{path}/review", json=asked)
    assert (status, refused["errors"][0]["field"]) == (422, "reviewers")
    assert (await ben.call("GET", f"{path}/approvals"))[0] == 404
    # When he is a viewer, is asked, and requests changes
    Member.create(project=library.project_id, user=ben.user["id"], role="viewer")
    status, review = await ana.call("POST", f"{path}/review", json=asked)
    assert (status, review["request"]["due_at"]) == (201, "2036-01-01T11:00:00Z")
    fits(review, strict=True)
    status, waiting = await ben.call("GET", "/api/approvals")
    assert [one["asset_id"] for one in waiting["items"]] == [library.asset_id]
    TypeAdapter(answers.Page[answers_approvals.Waiting]).validate_python(waiting, strict=True)
    body = {"decision": "changes_requested", "note": "Louder"}
    status, review = await ben.call("PUT", f"{path}/approval", json=body)
    assert (status, review["review"]["status"], review["mine"]["note"]) == (
        200, "changes_requested", "Louder"
    )  # fmt: skip
    fits(review, strict=True)
    # Then the version shows it wherever it is shown, and lists find it
    status, asset = await ana.call("GET", f"/api/assets/{library.asset_id}")
    assert asset["versions"][0]["review"]["decisions"][0]["note"] == "Louder"
    TypeAdapter(answers.Asset).validate_python(asset, strict=True)
    status, found = await ana.call("GET", "/api/assets?review=changes_requested")
    assert [one["id"] for one in found["items"]] == [library.asset_id]
    assert (await ana.call("GET", "/api/assets?review=overdue"))[1]["items"] == []
    status, past = await ana.call("GET", f"{path}/approvals/history?limit=1")
    TypeAdapter(answers.Page[answers.Decided]).validate_python(past, strict=True)
    # And a second review is refused, the first can be changed and withdrawn
    status, refused = await ana.call("POST", f"{path}/review", json=asked)
    assert (status, refused["code"]) == (409, "review_exists")
    assert (await ana.call("PATCH", f"{path}/review", json={"due_at": None}))[1]["request"]["due_at"] is None
    assert (await ana.call("DELETE", f"{path}/review"))[0] == 204


async def test_turn_and_board(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    ana, ben = sqlite_people["ana"], sqlite_people["ben"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    Member.create(project=library.project_id, user=ben.user["id"], role="reviewer")
    path = f"/api/versions/{library.version_id}"
    steps = [{"reviewers": [ana.user["id"]]}, {"name": "Client", "reviewers": [ben.user["id"]]}]
    assert (await ana.call("POST", f"{path}/review", json={"steps": steps}))[0] == 201
    # A decision before its turn is refused with a code of its own
    status, refused = await ben.call("PUT", f"{path}/approval", json={"decision": "approved"})
    assert (status, refused["code"]) == (409, "not_your_turn")
    # The board tells who owes what
    status, column = await ben.call("GET", f"/api/projects/{library.project_id}/board?column=in_review")
    assert (column["items"][0]["owed_by"][0]["display_name"], column["items"][0]["mine"]) == ("Ana", False)
    TypeAdapter(answers.Page[answers_approvals.BoardCard]).validate_python(column, strict=True)
    status, counts = await ana.call("GET", f"/api/projects/{library.project_id}/board/counts")
    assert (status, counts["in_review"], counts["waiting"]) == (200, 1, 1)
    # And pages show it
    for page in ("/", f"/projects/{library.project_id}/board", f"/assets/{library.asset_id}/board-card"):
        status, body = await ana.call("GET", page, headers={"Accept": "text/html"})
        assert (status, b"A001" in body) == (200, True), page
    status, _ = await ana.call("GET", f"/projects/{library.project_id}/board/cards?column=nonsense")
    assert status == 404


async def test_odd_input_is_refused_by_field(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    ana = sqlite_people["ana"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    path = f"/api/versions/{library.version_id}"
    odd: tuple[tuple[str, str, dict[str, Any], str], ...] = (
        ("PUT", "approval", {"decision": "maybe"}, "decision"),
        ("PUT", "approval", {"decision": "approved", "note": "x" * 5001}, "note"),
        ("POST", "review", {"reviewers": ["x"]}, "reviewers.0"),
        ("POST", "review", {"rule": "coin"}, "rule"),
        ("POST", "review", {"steps": [{"reviewers": []}]}, "steps.0.reviewers"),
        ("POST", "review", {"steps": [{"reviewers": [ana.user["id"]]}] * 11}, "steps"),
        ("POST", "review", {"steps": [{"name": "a\nb", "reviewers": [ana.user["id"]]}]}, "steps.0.name"),
        ("POST", "review", {"reviewers": [ana.user["id"]], "due_at": "9999-99-99"}, "due_at"),
    )
    for method, call, body, field in odd:
        status, answer = await ana.call(method, f"{path}/{call}", json=body)
        assert (status, answer["errors"][0]["field"]) == (422, field), (body, answer)


async def test_the_next_version_is_found_by_the_current_one_only(
    sqlite_box: Mam, sqlite_people: dict[str, Any]
) -> None:
    # Given a version in review, and a newer one
    ana = sqlite_people["ana"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    path = f"/api/versions/{library.version_id}/review"
    assert (await ana.call("POST", path, json={"reviewers": [ana.user["id"]]}))[0] == 201
    second = make_version(library.asset_id, 2)
    # Then nothing waits any more, for the old one is superseded; the new one can ask the same people
    assert (await ana.call("GET", "/api/approvals"))[1]["items"] == []
    status, found = await ana.call("GET", f"/api/versions/{second.id}/approvals")
    assert found["previous"] == {"version_id": library.version_id, "number": 1}
    path = f"/api/versions/{second.id}/review"
    status, found = await ana.call("POST", path, json={"same_as": library.version_id})
    assert (status, found["owes"]) == (201, True)
