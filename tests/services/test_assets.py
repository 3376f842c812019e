"""Lists page by page, filters, search, the trash: what the caller sees and nothing else."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from peewee import Database

from mam.core import Mam
from mam.errors import ForbiddenError, NotFoundError, ValidationError
from mam.ids import new_id
from mam.models import Asset, Rendition, Version, database
from mam.services import accounts, assets, folders, projects
from mam.types import SYSTEM, Actor


@pytest.fixture
def ana(box: Mam) -> Actor:
    """A member."""
    return member(box, "ana")


def member(box: Mam, name: str) -> Actor:
    user = accounts.add_user(box, email=f"{name}@example.org", name=name, password="correct horse")
    return Actor(user["id"], user["email"], name, ("member",))


@pytest.fixture
def project_id(box: Mam, ana: Actor) -> str:
    """Ana's project."""
    return str(projects.create_project(box, ana, name="Rushes")["id"])


def add(box: Mam, actor: Actor, project_id: str, title: str, **more: Any) -> dict[str, Any]:
    return assets.create_asset(box, actor, project_id=project_id, title=title, **more)


def titles(answer: dict[str, Any]) -> list[str]:
    return [one["title"] for one in answer["items"]]


def pages_of(box: Mam, actor: Actor, **filters: Any) -> list[str]:
    """Every title, followed from page to page."""
    found: list[str] = []
    cursor = None
    while True:
        answer = assets.list_assets(box, actor, cursor=cursor, limit=3, **filters)
        assert len(answer["items"]) <= 3
        found += titles(answer)
        cursor = answer["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize(
    "sort", ["created_at", "-created_at", "updated_at", "-updated_at", "title", "-title"]
)
def test_pages_have_everything_once_in_order(box: Mam, ana: Actor, project_id: str, sort: str) -> None:
    """Also where many rows have the same value: the id breaks ties."""
    names = ["b", "a", "c", "a", "é", "a", "B", "a", "d", "z"]
    for name in names:
        add(box, ana, project_id, name)
    moment = Asset.select().first().created_at
    Asset.update(created_at=moment, updated_at=moment).where(Asset.title == "a").execute()
    found = pages_of(box, ana, sort=sort)
    assert sorted(found) == sorted(names)
    if "title" in sort:
        backwards = pages_of(box, ana, sort="title" if sort.startswith("-") else "-title")
        assert found == backwards[::-1]


def test_a_page_is_stable_while_others_add(box: Mam, ana: Actor, project_id: str) -> None:
    for number in range(6):
        add(box, ana, project_id, str(number))
    first = assets.list_assets(box, ana, limit=3)
    add(box, ana, project_id, "new")
    second = assets.list_assets(box, ana, limit=3, cursor=first["next_cursor"])
    assert titles(first) + titles(second) == ["5", "4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    "cursor", ["", "x", "W10", "bnVsbA", "WyItdGl0bGUiLCJhIiwieCJd", "é" * 10, "A" * 5000]
)
def test_a_cursor_of_something_else_is_refused(box: Mam, ana: Actor, cursor: str) -> None:
    with pytest.raises(ValidationError) as caught:
        assets.list_assets(box, ana, cursor=cursor)
    assert caught.value.errors[0].field == "cursor"


def test_filters_and_search(box: Mam, ana: Actor, project_id: str) -> None:
    folder = folders.create_folder(box, ana, project_id, name="Day 1")
    add(box, ana, project_id, "Straße 100%", tags=["Rushes"], metadata={"scene": {"nr": 7, "slate": "B_2"}})
    add(box, ana, project_id, "Beach", folder_id=folder["id"], tags=["rushes", 'say "cut"'])
    kept = add(box, ana, project_id, "Drone")
    Asset.update(kind="video", status="ready").where(Asset.id == kept["id"]).execute()

    def found(**filters: Any) -> list[str]:
        return titles(assets.list_assets(box, ana, sort="title", **filters))

    assert found(folder_id=folder["id"]) == ["Beach"]
    assert found(kind="video") == found(status="ready") == ["Drone"]
    assert found(tag="rushes") in (["Beach"], ["Beach", "Straße 100%"])
    assert found(tag='say "cut"') == ["Beach"]
    assert found(q="STRASSE") == found(q="straße") == ["Straße 100%"]
    assert found(q="100%") == found(q="b_2 7") == ["Straße 100%"]
    assert found(q="b-2") == ["Straße 100%"]  # signs part words, like blanks
    assert found(q="1000") == found(q="_") == found(q="%") == []
    assert found(q="be rush") == ["Beach"]
    assert found(project_id=project_id) == ["Beach", "Drone", "Straße 100%"]


def test_search_finds_file_names(box: Mam, ana: Actor, project_id: str) -> None:
    asset = add(box, ana, project_id, "Take")
    add_version(asset["id"], filename="A003_C012_0815.mxf")
    assets.refresh_search(asset["id"])
    assert titles(assets.list_assets(box, ana, q="c012")) == ["Take"]


def test_others_see_nothing(box: Mam, ana: Actor, project_id: str) -> None:
    """Promise G2: another's assets are not listed, not found, and cannot be moved into."""
    asset = add(box, ana, project_id, "Secret")
    ben = member(box, "ben")
    own = str(projects.create_project(box, ben, name="Own")["id"])
    assert titles(assets.list_assets(box, ben)) == []
    folder = folders.create_folder(box, ana, project_id, name="F")
    for refused in (
        lambda: assets.list_assets(box, ben, project_id=project_id),
        lambda: assets.get_asset(box, ben, asset["id"]),
        lambda: assets.update_asset(box, ben, asset["id"], title="Mine"),
        lambda: assets.delete_asset(box, ben, asset["id"]),
        lambda: add(box, ben, project_id, "Intruder"),
    ):
        with pytest.raises(NotFoundError):
            refused()
    with pytest.raises(ValidationError):
        add(box, ben, own, "Intruder", folder_id=folder["id"])
    assert titles(assets.list_assets(box, SYSTEM)) == ["Secret"]


def test_a_viewer_reads_only(box: Mam, ana: Actor, project_id: str) -> None:
    ben = member(box, "ben")
    projects.set_member(box, ana, project_id, str(ben.user_id), "viewer")
    asset = add(box, ana, project_id, "Seen")
    assert assets.get_asset(box, ben, asset["id"])["title"] == "Seen"
    assert titles(assets.list_assets(box, ben)) == ["Seen"]
    with pytest.raises(ForbiddenError):
        assets.update_asset(box, ben, asset["id"], title="x")


def test_trash_and_back(box: Mam, ana: Actor, project_id: str) -> None:
    asset = add(box, ana, project_id, "Gone")
    assets.delete_asset(box, ana, asset["id"])
    assert titles(assets.list_assets(box, ana)) == []
    assert titles(assets.list_assets(box, ana, trashed=True)) == ["Gone"]
    with pytest.raises(NotFoundError):
        assets.get_asset(box, ana, asset["id"])
    assert assets.restore_asset(box, ana, asset["id"])["title"] == "Gone"
    assert titles(assets.list_assets(box, ana)) == ["Gone"]


def test_changes_replace_what_is_given(box: Mam, ana: Actor, project_id: str) -> None:
    folder = folders.create_folder(box, ana, project_id, name="F")
    asset = add(box, ana, project_id, "T", tags=["a", "a", "b"], metadata={"k": 1}, folder_id=folder["id"])
    assert asset["tags"] == ["a", "b"]
    changed = assets.update_asset(box, ana, asset["id"], title="U")
    assert (changed["title"], changed["tags"], changed["folder_id"]) == ("U", ["a", "b"], folder["id"])
    changed = assets.update_asset(box, ana, asset["id"], folder_id=None, tags=[], metadata={})
    assert (changed["folder_id"], changed["tags"], changed["metadata"]) == (None, [], {})
    with pytest.raises(ValidationError):
        assets.update_asset(box, ana, asset["id"], metadata={"k": "x" * 70_000})


def test_versions_come_newest_first_with_their_renditions(box: Mam, ana: Actor, project_id: str) -> None:
    asset = add(box, ana, project_id, "T")
    for number in (1, 2):
        add_version(asset["id"], number=number)
    versions = assets.get_asset(box, ana, asset["id"])["versions"]
    assert [one["number"] for one in versions] == [2, 1]
    assert [one["name"] for one in versions[0]["preview"]["renditions"]] == ["720", "360", "audio0"]
    assert versions[0]["master"]["locked"] is True
    assert versions[0]["media"]["audio_tracks"] == []


def add_version(asset_id: str, number: int = 1, filename: str = "a.mov") -> None:
    """A version with two generations of renditions; the second is shown."""
    old, new = new_id(), new_id()
    version = Version.create(
        asset=asset_id, number=number, filename=filename, size=1, sha256="0" * 64, xxh128="0" * 32,
        master_key=new_id(), locked=True, preview_generation=new, preview_playable=True,
    )  # fmt: skip
    names = (("360", 360), ("720", 720), ("audio0", None))
    for generation, wanted in ((old, names[:1]), (new, names)):
        for name, height in wanted:
            Rendition.create(
                version=version.id, generation=generation, name=name, kind="video", height=height
            )
    Rendition.create(version=version.id, generation=new, name="poster", kind="poster", height=720)


def test_a_list_asks_three_questions_whatever_its_length(
    box: Mam, ana: Actor, project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    run = Database.execute_sql

    def counted(self: Database, sql: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(sql)
        return run(self, sql, *args, **kwargs)

    for number in range(20):
        add_version(add(box, ana, project_id, str(number))["id"])
    kind = type(database.obj)  # type: ignore[attr-defined]
    monkeypatch.setattr(kind, "execute_sql", counted)
    assert len(assets.list_assets(box, ana)["items"]) == 20
    assert len(asked) == 3


def test_a_list_that_is_only_passed_on_never_misses_a_write(box: Mam, ana: Actor, project_id: str) -> None:
    # Given somebody whose list was just asked for, as the API does
    def listed() -> list[str]:
        return titles(assets.list_assets(box, ana, project_id=project_id, parse=orjson.Fragment))

    assert listed() == []
    # When assets are written by the same connection, and by another one, then the next list has them
    asset_id = add(box, ana, project_id, "ours")["id"]
    assert listed() == ["ours"]
    assert listed() == ["ours"]
    with ThreadPoolExecutor(1) as pool:
        pool.submit(rename_elsewhere, asset_id).result()
    assert listed() == ["theirs"]
    # And what is taken back is not remembered
    with database.atomic() as transaction:
        assets.update_asset(box, ana, asset_id, title="undone")
        assert listed() == ["undone"]
        transaction.rollback()
    assert listed() == ["theirs"]
    # And what somebody else has written but not committed is not there, and is as soon as it is
    written, seen = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(rename_elsewhere, asset_id, "later", written, seen)
        assert written.wait(60)
        assert listed() == ["theirs"]
        seen.set()
        slow.result()
    assert listed() == ["later"]


def rename_elsewhere(asset_id: str, title: str = "theirs", *steps: threading.Event) -> None:
    with database.connection_context(), database.atomic():
        Asset.update(title=title).where(Asset.id == asset_id).execute()
        if steps:
            steps[0].set()
            assert steps[1].wait(60)
