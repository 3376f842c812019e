"""Ordering many assets: bulk changes and their undo, tags, fields, saved collections, the trash."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from comment_stage import Stage, make_stage

from mam.core import Mam
from mam.errors import ForbiddenError, NotFoundError, ValidationError
from mam.models import Asset, AuditEntry, Folder, Project, Version, now
from mam.services import assets, bulk, collections, fields, tags, trash


@pytest.fixture
def stage(box: Mam) -> Stage:
    """A project with one asset and somebody in each role."""
    return make_stage(box)


def add(stage: Stage, title: str, **more: Any) -> str:
    editor = stage.people["editor"]
    made = assets.create_asset(stage.mam, editor, project_id=stage.project_id, title=title, **more)
    return str(made["id"])


def change(stage: Stage, ids: list[str], action: str, who: str = "editor", **given: Any) -> dict[str, Any]:
    return bulk.change(stage.mam, stage.people[who], asset_ids=ids, action=action, **given)


def undo(stage: Stage, answer: dict[str, Any]) -> None:
    for body in answer["undo"]:
        change(stage, body["asset_ids"], **{key: body[key] for key in body if key != "asset_ids"})


def state(ids: list[str]) -> list[tuple[Any, ...]]:
    rows = {row.id: row for row in Asset.select().where(Asset.id.in_(ids))}
    found = [rows[one] for one in ids]
    return [(row.folder_id, row.tags, row.metadata, row.deleted_at is not None) for row in found]


def listed(stage: Stage, **filters: Any) -> list[str]:
    found = assets.list_assets(
        stage.mam, stage.people["viewer"], project_id=stage.project_id, sort="title", **filters
    )
    return [one["title"] for one in found["items"]]


def test_many_are_changed_at_once_and_all_of_it_is_taken_back(stage: Stage) -> None:
    # Given three assets of different folders, tags and metadata
    folder = Folder.create(project=stage.project_id, name="Day 1").id
    ids = [add(stage, "A", tags=["day"]), add(stage, "B", folder_id=folder), add(stage, "C", tags=["night"])]
    before = state(ids)
    for action, given, after in (
        ("move", {"folder_id": folder}, lambda one: one[0] == folder),
        ("tag", {"tags": ["day", "rushes"]}, lambda one: {"day", "rushes"} <= set(one[1])),
        ("untag", {"tags": ["day"]}, lambda one: "day" not in one[1]),
        ("set_field", {"field": "scene", "value": "7"}, lambda one: one[2] == {"scene": "7"}),
        ("trash", {}, lambda one: one[3]),
    ):
        # When each is changed
        answer = change(stage, ids, action, **given)
        assert [one["error"] for one in answer["results"]] == [None] * 3
        assert all(after(one) for one in state(ids)), action
        # Then what the answer says takes it back exactly, and nothing changes twice
        again = change(stage, ids, action, **given)
        assert not any(one["changed"] for one in again["results"])
        undo(stage, answer)
        assert [(one[0], sorted(one[1]), *one[2:]) for one in state(ids)] == before, action
    trashed = AuditEntry.select().where(AuditEntry.action == "asset.trashed")
    assert trashed.count() == 3


def test_each_asset_is_asked_for_by_itself(stage: Stage) -> None:
    """Promises G1, G2: what one may not do is told for that asset, others go on."""
    mine, other = add(stage, "Mine"), add(stage, "Other")
    elsewhere = make_stage_elsewhere(stage)
    results = change(stage, [mine, elsewhere, other], "tag", tags=["x"])["results"]
    assert [(one["changed"], (one["error"] or {}).get("code")) for one in results] == [
        (True, None), (False, "not_found"), (True, None),
    ]  # fmt: skip
    for who, code in (("viewer", "forbidden"), ("stranger", "not_found")):
        answer = change(stage, [mine, other], "trash", who)
        assert [one["error"]["code"] for one in answer["results"]] == [code, code]
    lacking = change(stage, [mine], "tag")["results"][0]
    assert lacking["error"]["code"] == "validation_failed"


def make_stage_elsewhere(stage: Stage) -> str:
    """An asset of a project that nobody here belongs to."""
    return str(Asset.create(project=Project.create(name="Elsewhere"), title="Theirs").id)


def test_tags_are_counted_renamed_and_merged(stage: Stage) -> None:
    ids = [
        add(stage, "A", tags=["day", "wide"]),
        add(stage, "B", tags=["day"]),
        add(stage, "C", tags=["Day 1"]),
    ]
    mam, editor = stage.mam, stage.people["editor"]
    assets.delete_asset(mam, editor, add(stage, "Gone", tags=["day"]))

    def counts(**page: Any) -> list[tuple[str, int]]:
        found = tags.list_tags(mam, stage.people["viewer"], stage.project_id, **page)
        return [(one["name"], one["assets"]) for one in found["items"]]

    assert sorted(counts()) == [("Day 1", 1), ("day", 2), ("wide", 1)]
    assert counts(limit=1) == counts()[:1]
    # When one is renamed into another that is there
    assert tags.rename_tag(mam, editor, stage.project_id, name="day", to="Day 1")["assets"] == 3
    # Then both are one; found and filtered by the new name
    assert sorted(counts()) == [("Day 1", 3), ("wide", 1)]
    assert state(ids)[0][1] == ["Day 1", "wide"]
    assert listed(stage, tag="Day 1") == listed(stage, q='"day 1"') == ["A", "B", "C"]
    # And it is taken off everywhere
    tags.rename_tag(mam, editor, stage.project_id, name="Day 1", to=None)
    assert counts() == [("wide", 1)]
    with pytest.raises(NotFoundError):
        tags.rename_tag(mam, editor, stage.project_id, name="Day 1", to="x")
    with pytest.raises(ForbiddenError):
        tags.rename_tag(mam, stage.people["viewer"], stage.project_id, name="wide", to="x")


GOOD_AND_BAD = {
    "text": ("x", 7), "number": (2.5, "2.5"), "date": ("2026-02-28", "2026-02-30"), "choice": ("A", "Z"),
    "choices": (["A", "B"], ["A", "Z"]), "checkbox": (True, "yes"),
    "url": ("https://x.org/a", "javascript:x"),
}  # fmt: skip


def test_values_of_a_projects_own_fields_fit_their_type(stage: Stage) -> None:
    mam, owner, editor = stage.mam, stage.people["owner"], stage.people["editor"]
    for kind, (good, bad) in GOOD_AND_BAD.items():
        options = ["A", "B"] if kind.startswith("choice") else []
        field = fields.create_field(
            mam, owner, stage.project_id, name=f"My {kind}", kind=kind, options=options
        )
        assert field["key"] == f"my_{kind}"
        assets.update_asset(mam, editor, stage.asset_id, metadata={field["key"]: good, "free": [1]})
        with pytest.raises(ValidationError) as caught:
            assets.update_asset(mam, editor, stage.asset_id, metadata={field["key"]: bad})
        assert caught.value.errors[0].field == f"metadata.{field['key']}"
        value = {True: "yes", ("A", "B"): "b"}.get(good if not isinstance(good, list) else tuple(good), good)
        assert listed(stage, field=f"{field['key']}:{value}") == ["Reel 1"], kind
        assert listed(stage, field=f"{field['key']}:other") == []
    person = fields.create_field(mam, owner, stage.project_id, name="Director", kind="person")
    with pytest.raises(ValidationError):
        add(stage, "X", metadata={person["key"]: stage.people["stranger"].user_id})
    add(stage, "Y", metadata={person["key"]: owner.user_id})
    number = {"project_id": stage.project_id, "metadata": {"my_number": 10}}
    assets.create_asset(mam, editor, title="Ten", **number)
    assert listed(stage, field="my_number>=3") == ["Ten"]
    assert listed(stage, field="my_number:") == ["Ten"]
    with pytest.raises(ForbiddenError):
        fields.create_field(mam, editor, stage.project_id, name="X", kind="text")
    with pytest.raises(ValidationError):
        fields.create_field(mam, owner, stage.project_id, name="X", kind="choice")


def test_a_deleted_field_keeps_its_values_until_that_is_confirmed(stage: Stage) -> None:
    mam, owner = stage.mam, stage.people["owner"]
    field = fields.create_field(mam, owner, stage.project_id, name="Reel", kind="number")
    asset = add(stage, "A", metadata={"reel": 3, "other": "x"})
    fields.delete_field(mam, owner, field["id"])
    assert fields.list_fields(mam, owner, stage.project_id)["items"] == []
    assert [one["id"] for one in fields.list_fields(mam, owner, stage.project_id, deleted=True)["items"]]
    assert state([asset])[0][2] == {"reel": 3, "other": "x"}
    fields.restore_field(mam, owner, field["id"])
    assert listed(stage, field="reel:3") == ["A"]
    fields.delete_field(mam, owner, field["id"])
    fields.delete_field(mam, owner, field["id"], values=True)
    assert state([asset])[0][2] == {"other": "x"}
    with pytest.raises(NotFoundError):
        fields.restore_field(mam, owner, field["id"])


def test_a_saved_collection_is_always_as_things_are_now(stage: Stage) -> None:
    mam, people = stage.mam, stage.people
    wanted = {"q": "fog", "tag": "day", "sort": "title"}
    own = collections.create_collection(mam, people["viewer"], stage.project_id, name="Fog", wanted=wanted)
    shared = collections.create_collection(
        mam, people["editor"], stage.project_id, name="All", wanted={}, shared=True
    )

    def inside() -> list[str]:
        found = collections.list_assets(mam, people["viewer"], own["id"])
        return [one["title"] for one in found["items"]]

    assert inside() == []
    asset = add(stage, "Fog B", tags=["day"])
    add(stage, "Fog A", tags=["day"])
    assert inside() == ["Fog A", "Fog B"]
    assert collections.holds(mam, people["viewer"], own["id"], asset)
    assets.delete_asset(mam, people["editor"], asset)
    assert inside() == ["Fog A"]
    # One's own is nobody else's; a shared one is changed only by who may change assets
    seen = collections.list_collections(mam, people["editor"], stage.project_id)["items"]
    assert [one["name"] for one in seen] == ["All"]
    with pytest.raises(NotFoundError):
        collections.list_assets(mam, people["editor"], own["id"])
    with pytest.raises(NotFoundError):
        collections.list_assets(mam, people["stranger"], shared["id"])
    with pytest.raises(ForbiddenError):
        collections.delete_collection(mam, people["viewer"], shared["id"])
    for bad in ({"project_id": "x"}, {"since": "now"}, {"field": "x"}, {"sort": "password"}, {"kind": 7}):
        with pytest.raises(ValidationError):
            collections.create_collection(
                mam, people["viewer"], stage.project_id, name="X", wanted={"q": "", **bad}
            )


def test_the_trash_says_who_put_it_there_and_what_is_locked_until_when(stage: Stage) -> None:
    # Given an asset whose master is locked for a year, thrown away
    end = now() + timedelta(days=365)
    Version.update(locked=True, retain_until=end).where(Version.id == stage.version_id).execute()
    change(stage, [stage.asset_id], "trash")
    # Then the trash says so, its master is as locked as before
    [row] = trash.list_trash(stage.mam, stage.people["editor"], stage.project_id)["items"]
    assert (row["title"], row["trashed_by"]) == ("Reel 1", "Editor")
    assert row["locked_until"].startswith(end.date().isoformat())
    assert Version.get_by_id(stage.version_id).locked
    # And reviewers do not see it
    with pytest.raises(ForbiddenError):
        trash.list_trash(stage.mam, stage.people["reviewer"], stage.project_id)
    # When it is brought back, it is gone from there
    change(stage, [stage.asset_id], "restore")
    assert trash.list_trash(stage.mam, stage.people["editor"], stage.project_id)["items"] == []
    assert Asset.get_by_id(stage.asset_id).deleted_by is None
