"""Batches over HTTP: accepted at once, asked for again, whose they are, what is too much."""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.models import Asset, Batch, Job
from mam.services import jobs


async def test_a_batch_is_taken_at_once_and_answered_for_item_by_item(
    sqlite_box: Mam, sqlite_people: dict[str, Any]
) -> None:
    ana, ben, admin = (sqlite_people[name] for name in ("ana", "ben", "admin"))
    project = (await ana.call("POST", "/api/projects", json={"name": "P"}))[1]
    # Given three assets asked for in one call, which is sent twice
    items = [{"title": "A"}, {"title": "B", "folder_id": project["id"]}, {"title": "C"}]
    body = {"operation": "create", "items": items, "options": {"project_id": project["id"]}}
    headers = {"Idempotency-Key": "one"}
    status, made = await ana.call("POST", "/api/batches", json=body, headers=headers)
    path = f"/api/batches/{made['id']}"
    assert (status, ana.last.headers["Location"], made["links"]["self"]) == (202, path, path)
    assert (await ana.call("POST", "/api/batches", json=body, headers=headers)) == (202, made)
    assert Batch.select().count() == 1
    # When the worker did it
    jobs.run(sqlite_box, Job.get(Job.kind == "batch").id)
    # Then each item says what came of it, page by page
    found = (await ana.call("GET", path))[1]
    assert (found["state"], found["counts"]) == ("done", {"total": 3, "done": 2, "failed": 1})
    first = (await ana.call("GET", f"{path}/items?limit=2"))[1]
    rest = (await ana.call("GET", f"{path}/items?limit=2&cursor={first['next_cursor']}"))[1]
    states = [(one["index"], one["state"]) for one in first["items"] + rest["items"]]
    assert (states, rest["next_cursor"]) == ([(0, "done"), (1, "failed"), (2, "done")], None)
    assert Asset.get_by_id(first["items"][0]["result_id"]).title == "A"
    failed = (await ana.call("GET", f"{path}/items?state=failed"))[1]["items"]
    assert [(one["index"], one["error"]["code"]) for one in failed] == [(1, "validation_failed")]
    # And it is Ana's, for administrators to look at, and for nobody else
    for method, below in (("GET", ""), ("GET", "/items"), ("POST", "/cancel")):
        assert (await ben.call(method, path + below))[0] == 404
    assert (await admin.call("GET", path))[0] == 200
    assert [one["id"] for one in (await ana.call("GET", "/api/batches?state=done"))[1]["items"]] == [
        made["id"]
    ]
    assert (await admin.call("GET", "/api/batches"))[1]["items"] == []
    assert (await ana.call("POST", f"{path}/cancel"))[1]["code"] == "already_done"
    # And it is taken back once, by a batch of its own
    assert (await ben.call("POST", f"{path}/undo"))[0] == 404
    status, back = await ana.call("POST", f"{path}/undo")
    assert (status, back["operation"], back["counts"]["total"]) == (202, "trash", 2)
    assert ana.last.headers["Location"] == f"/api/batches/{back['id']}"
    assert (await ana.call("POST", f"{path}/undo"))[1]["code"] == "already_undone"


async def test_what_is_too_much_or_does_not_fit_is_refused_with_its_field(
    sqlite_people: dict[str, Any],
) -> None:
    ana = sqlite_people["ana"]
    item = {"asset_id": "01a1ff8e-7c00-7000-8000-000000000003"}
    for body, field in (
        ({"operation": "tag", "items": [item] * 1001, "options": {"tags": ["x"]}}, "items"),
        ({"operation": "tag", "items": []}, "items"),
        ({"operation": "explode", "items": [item]}, "operation"),
        ({"operation": "tag", "items": [item, {"asset_id": "x"}]}, "items.1.asset_id"),
        ({"operation": "tag", "items": [item]}, "items.0.tags"),
        ({"operation": "trash", "items": [{**item, "surprise": 1}]}, "items.0.surprise"),
        ({"operation": "trash", "items": [item], "options": {"force": True}}, "options.force"),
    ):
        status, refused = await ana.call("POST", "/api/batches", json=body)
        assert (status, refused["errors"][0]["field"]) == (422, field), body["operation"]
    assert not Batch.select().exists()
