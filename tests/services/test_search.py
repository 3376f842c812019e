"""Search: what is found, by whom, in which order, marked how; and what is suggested."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from comment_stage import Stage, make_stage

from mam.core import Mam
from mam.errors import NotFoundError, ValidationError
from mam.models import Asset, AssetSearch, database, dump, schema
from mam.services import assets, comments, search, search_index, suggestions
from mam.testing import make_blank
from mam.types import SYSTEM


@pytest.fixture
def stage(box: Mam) -> Stage:
    """A project with one asset and somebody in each role."""
    made = make_stage(box)
    assets.refresh_search(made.asset_id)
    return made


def add(stage: Stage, title: str, **more: Any) -> str:
    made = assets.create_asset(
        stage.mam, stage.people["editor"], project_id=stage.project_id, title=title, **more
    )
    return str(made["id"])


def hits(stage: Stage, q: str, who: str = "viewer", **more: Any) -> list[dict[str, Any]]:
    return list(search.search(stage.mam, stage.people[who], q=q, **more)["items"])


def titles(stage: Stage, q: str, who: str = "viewer", **more: Any) -> list[str]:
    return [one["title"] for one in hits(stage, q, who, **more)]


HOSTILE = (
    "", " ", '"', '""', "'", "*", "-", "(", ")", "AND", "OR NOT NEAR", "a AND", "NEAR(a b)", "{title}:x",
    "title:", "a:*", "!", "&|<->", "'x':A", "\\", "%", "_", "\x00", "a\x00b", "\ud83c\udfac", "x" * 10_000,
    "x " * 5000,
    '"' * 10_000, "; DROP TABLE asset", "ﷺ" * 100, "\u202e", "\ufeff", "e\u0301" * 50,
)  # fmt: skip


def test_words_are_found_as_people_mean_them(stage: Stage) -> None:
    # Given assets whose words differ in case, accents, signs and scripts
    add(stage, "Müller & Söhne", metadata={"scene": {"slate": "B_2"}}, tags=["Großaufnahme"])
    add(stage, "日本語映画祭 2026")
    add(stage, "A001_C003_0615.mov")
    add(stage, "scene12take3")
    add(stage, "Night drive, cut two")
    # When they are looked for by a beginning, without accents, by a part of a name, by some characters
    for q, found in {
        "mul": "Müller & Söhne", "SOHNE muller": "Müller & Söhne", "b_2": "Müller & Söhne",
        "grossauf": "Müller & Söhne", "映画": "日本語映画祭 2026", "祭": "日本語映画祭 2026",
        "語映画": "日本語映画祭 2026",
        "c003": "A001_C003_0615.mov", "a001_c003": "A001_C003_0615.mov", "061": "A001_C003_0615.mov",
        "take3": "scene12take3", '"drive cut"': "Night drive, cut two", "cut night": "Night drive, cut two",
    }.items():  # fmt: skip
        # Then the search and the list find the same one
        assert titles(stage, q) == [found], q
        listed = assets.list_assets(stage.mam, stage.people["viewer"], q=q)["items"]
        assert [one["title"] for one in listed] == [found], q
    # And not what has only some of the words, other words, or the words in another order
    for q in ("cut three", '"cut drive"', '"night driv"', "画映", "ller", "012"):
        assert titles(stage, q) == [], q
    # And no query is an error, for whoever asks
    for q in HOSTILE:
        for who in ("viewer", "stranger"):
            search.search(stage.mam, stage.people[who], q=q)
            suggestions.suggest(stage.mam, stage.people[who], q=q)
        assets.list_assets(stage.mam, stage.people["viewer"], q=q)


def test_titles_come_first_then_labels_then_notes_page_by_page(stage: Stage) -> None:
    # Given the same word in a note, in tags and in titles, the newest of each last
    stage.write("reviewer", body="More <b>fog</b> please", frame=24)
    for number in range(2):
        add(stage, f"Tagged {number}", tags=["fog"])
    for number in range(3):
        add(stage, f"Fog {number}", tags=["fog"])
    expected = ["Fog 2", "Fog 1", "Fog 0", "Tagged 1", "Tagged 0", "Reel 1"]
    assert titles(stage, "fog") == expected
    # When the hits are asked for two at a time
    found: list[str] = []
    cursor = None
    while True:
        page = search.search(stage.mam, stage.people["viewer"], q="fog", limit=2, cursor=cursor)
        found += [one["title"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    # Then each is there once, in the same order; a note's hit says where it stands, and is escaped
    assert found == expected
    [snippet] = hits(stage, "fog")[-1]["snippets"]
    assert snippet["html"] == "More &lt;b&gt;<mark>fog</mark>&lt;/b&gt; please"
    assert (snippet["field"], snippet["frame"]) == ("note", 24)
    assert hits(stage, "fog")[0]["title_html"] == "<mark>Fog</mark> 2"
    with pytest.raises(ValidationError):
        search.search(stage.mam, stage.people["viewer"], q="fog", cursor="W10")
    # And filters narrow it
    assert titles(stage, "fog", tag="fog", project_id=stage.project_id) == expected[:5]
    assert titles(stage, "fog", kind="video") == titles(stage, "fog", since="2100-01-01") == []
    with pytest.raises(ValidationError):
        titles(stage, "fog", since="yesterday")


def test_a_search_tells_only_of_what_may_be_seen(stage: Stage) -> None:
    """Promises G2, G6: nothing of others' projects, of the trash, or of internal notes, in no way."""
    # Given an internal note, a note that is deleted, an asset in the trash, and a stranger
    mam, people = stage.mam, stage.people
    stage.write("editor", body="Terrible wig", internal=True)
    gone = stage.write("reviewer", body="Wonderful wig")
    comments.delete_comment(mam, people["reviewer"], gone["id"])
    trashed = add(stage, "Outtake", tags=["bloopers"])
    assets.delete_asset(mam, people["editor"], trashed)
    for word in ("wig", "outtake", "bloopers"):
        for who in ("owner", "viewer", "stranger"):
            assert titles(stage, word, who) == [], (word, who)
            assert suggestions.suggest(mam, people[who], q=word) == {"titles": [], "tags": [], "people": []}
    # When a stranger asks for what is there
    assert titles(stage, "reel") == ["Reel 1"]
    assert titles(stage, "reel", "stranger") == []
    assert suggestions.suggest(mam, people["stranger"], q="viewer")["people"] == []
    for ask in (search.search, suggestions.suggest):
        with pytest.raises(NotFoundError):
            ask(mam, people["stranger"], q="reel", project_id=stage.project_id)
    # Then what is brought back is found again, and administrators find everything
    assets.restore_asset(mam, people["editor"], trashed)
    assert titles(stage, "bloop") == ["Outtake"]
    assert [one["title"] for one in search.search(mam, SYSTEM, q="reel")["items"]] == ["Reel 1"]


def test_suggestions_are_titles_tags_and_people(stage: Stage) -> None:
    add(stage, "Viewpoint", tags=["view from above"])
    found = suggestions.suggest(stage.mam, stage.people["viewer"], q="vie")
    assert [one["html"] for one in found["titles"]] == ["<mark>Viewpoint</mark>"]
    assert [one["name"] for one in found["tags"]] == ["view from above"]
    assert [one["display_name"] for one in found["people"]] == ["Viewer"]


def test_a_files_words_are_found_and_shown(stage: Stage) -> None:
    # Given a document of two pages
    assets.keep_words(stage.asset_id, "Call sheet\fLunch at the <Zirkus> at noon")
    # Then its words are found, with their page
    [hit] = hits(stage, "zirkus")
    assert hit["snippets"][0]["html"] == "Lunch at the &lt;<mark>Zirkus</mark>&gt; at noon"
    assert (hit["snippets"][0]["field"], hit["snippets"][0]["page"]) == ("text", 2)
    # And another file's words take their place
    assets.keep_words(stage.asset_id, "Another")
    assert titles(stage, "zirkus") == []


def test_the_index_is_part_of_the_transaction_and_can_be_built_anew(stage: Stage) -> None:
    # Given a change that is rolled back
    with database.atomic() as transaction:
        add(stage, "Never was")
        transaction.rollback()
    assert titles(stage, "never") == []
    # And an index that lost a row, and has another's title wrong
    lost = add(stage, "Lost")
    assets.keep_words(lost, "and found")
    other = add(stage, "Other")
    AssetSearch.update(title=" wrong ").where(AssetSearch.asset == other).execute()
    AssetSearch.delete().where(AssetSearch.asset == stage.asset_id).execute()
    assert titles(stage, "wrong") == ["Other"]
    # When it is built anew
    assert search_index.rebuild() == 3
    # Then everything is found by what it is
    assert (titles(stage, "other"), titles(stage, "wrong"), titles(stage, "reel")) == (
        ["Other"],
        [],
        ["Reel 1"],
    )
    assert titles(stage, '"and found"') == ["Lost"]
    # And an asset that is gone for good leaves nothing behind
    Asset.delete().where(Asset.id == lost).execute()
    assert titles(stage, "lost") == []


def test_what_is_there_already_is_indexed_by_the_migration(stage: Stage) -> None:
    # Given a library from before there was an index, with a note, tags, metadata and a file's own words
    stage.write("reviewer", body="Flicker")
    stage.write("editor", body="Wig", internal=True)
    add(stage, "Große Kulisse", tags=["Day 1"], metadata={"slate": "B_2"})
    make_older(stage.mam, "0019_shares")
    mark = database.param
    words = ("before \x1e call sheet", stage.asset_id)
    database.execute_sql(f"UPDATE asset SET search_text = {mark} WHERE id = {mark}", words)  # noqa: S608
    # When the box is brought forward
    database.close()
    schema.run_migrations()
    database.connect()
    # Then all of it is found, internal notes are not
    kept = {"kuliss": 0, '"day 1"': 0, "b_2": 0, "flicker": 1, "reel.mov": 1, '"call sheet"': 1}
    for q, which in kept.items():
        found = ("Große Kulisse", "Reel 1")[which]
        assert titles(stage, q) == [found], q
    assert titles(stage, "wig") == titles(stage, "before") == []
    assert [one["name"] for one in suggestions.suggest(stage.mam, SYSTEM, q="day")["tags"]] == ["Day 1"]


def make_older(mam: Mam, target: str) -> None:
    """The same rows in the schema of a release that ended with this migration."""
    with dump.one_moment():
        rows = {name: list(dump.rows(name)) for name in dump.tables()}
    make_blank(mam)
    schema.run_migrations(target)
    database.connect()
    columns = {name: database.get_columns(name) for name in rows if database.table_exists(name)}
    dump.load({name: partial(_fitting, rows[name], some) for name, some in columns.items()})


def _fitting(rows: list[dict[str, Any]], columns: list[Any]) -> Iterator[dict[str, Any]]:
    """Only the columns that there were; what had to be filled then is empty."""
    for row in rows:
        yield {one.name: row.get(one.name, None if one.null else "") for one in columns}
