"""Search over 100 000 assets on both databases: a page of a search, of a list with words, suggestions.

Asked for: under 100 ms each (issue 5, item 6), for words that are typical, rare, in every asset, in none,
and for the first letters of one. `MAM_BENCH_ASSETS=10000 make bench` measures with fewer.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mam.core import Mam
from mam.ids import new_id
from mam.models import Asset, AssetSearch, AssetTag, Comment, Version, database, now
from mam.search_words import fold, line, name_line
from mam.services import accounts, assets, projects, search, search_index, suggestions
from mam.types import SYSTEM, Actor

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

ASSETS = int(os.environ.get("MAM_BENCH_ASSETS", "100000"))
WANTED_MS = 100.0
ROUNDS = 20
WORDS = (  # noqa: SIM905 - to be read
    "harbour night interview drone bridge winter kitchen archive rooftop ferry market violin desert studio "
    "glacier tunnel parade workshop meadow lantern orchard stadium chapel harvest quarry regatta"
).split()
QUERIES = {
    "typical": "interview bridge",
    "phrase": '"night interview"',
    "file name": "c0421",
    "rare": "aardvark",
    "very common": "rushes",
    "common and rare": "rushes aardvark",
    "only in old notes": "zeppelin",
    "in no asset": "xylophone",
    "one letter": "r",
    "two letters": "in",
    "common, never in a title": "too dark",
}
FILTERED: dict[str, tuple[str, dict[str, Any]]] = {
    "rare, a kind": ("aardvark", {"kind": "video"}),
    "very common, a tag": ("rushes", {"tag": "day 7"}),
    "very common, a tag nobody has": ("rushes", {"tag": "day 99"}),
    "very common, a status nothing has": ("rushes", {"status": "failed"}),
    "typical, a day": ("interview bridge", {"since": "2020-01-01", "to": "2020-01-02"}),
}
TYPED = ("h", "ha", "harb", "harbour ni", "rushes", "aardv", "xylo")


def fill(actor: Actor, project_id: str) -> None:
    """Insert the assets with their words as the services keep them; every fifth has a note."""
    chance = random.Random(7)  # noqa: S311 - the same library every time
    start = now() - timedelta(seconds=ASSETS)
    for first in range(0, ASSETS, 2000):
        rows = [_rows(actor, project_id, number, start, chance) for number in range(first, first + 2000)]
        with database.atomic():
            for table, at in ((Asset, 0), (Version, 1), (Comment, 2), (AssetSearch, 3), (AssetTag, 4)):
                flat = [row for one in rows for row in one[at]]
                for part in range(0, len(flat), 400):
                    table.insert_many(flat[part : part + 400]).execute()


def _rows(actor: Actor, project_id: str, number: int, start: Any, chance: random.Random) -> tuple[Any, ...]:
    asset_id, version_id = new_id(), new_id()
    title = f"{chance.choice(WORDS)} {chance.choice(WORDS)} scene {number % 400} take {number % 9}"
    filename = f"A{number % 1000:03d}_C{number % 997:04d}_0615.mov"
    tags = ["rushes", f"day {number % 30}"]
    metadata = {"scene": str(number % 400), "camera": chance.choice("ABC")}
    body = "Too dark, please open the shadows" if number % 5 == 0 else ""
    body += " zeppelin" if number < ASSETS * 0.3 else ""
    title += " aardvark" if number % 9973 == 17 else ""
    moment = start + timedelta(seconds=number)
    asset = {
        "id": asset_id, "project": project_id, "title": title, "kind": "video", "status": "ready",
        "tags": tags, "metadata": metadata, "current_version_id": version_id, "created_by": actor.user_id,
        "created_at": moment, "updated_at": moment,
    }  # fmt: skip
    version = {
        "id": version_id, "asset": asset_id, "number": 1, "filename": filename, "size": 1, "sha256": "0" * 64,
        "xxh128": "0" * 32, "master_key": version_id, "preview_status": "ready",
    }  # fmt: skip
    note = {"id": new_id(), "asset": asset_id, "version": version_id, "body": body, "frame": 12}
    found = {
        "asset": asset_id, "place": search_index.place(project_id), "title": name_line([title]),
        "labels": name_line([filename]) + line([*tags, *search_index.texts(metadata)]), "said": line([body]),
    }  # fmt: skip
    common = {"asset": asset_id, "project": project_id}
    rows = [{**common, "name": tag, "folded": fold(tag)} for tag in tags]
    return [asset], [version], [note] if body else [], [found], rows


def milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """Median and 95th percentile of some rounds, the first left out."""
    work()
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    return taken[len(taken) // 2], taken[int(len(taken) * 0.95) - 1]


def measure(mam: Mam, people: dict[str, Actor], project_id: str) -> dict[str, tuple[float, float]]:
    """What each query takes as a search of an administrator, of a member, and as a list."""
    found = {}
    for name, q in QUERIES.items():
        for who, actor in people.items():
            found[f"search, {who}: {name}"] = milliseconds(
                lambda q=q, actor=actor: search.search(mam, actor, q=q)
            )  # type: ignore[misc]
        found[f"list: {name}"] = milliseconds(
            lambda q=q: assets.list_assets(mam, SYSTEM, q=q, project_id=project_id, sort="title")  # type: ignore[misc]
        )
    for name, (q, filters) in FILTERED.items():
        found[f"search, filtered: {name}"] = milliseconds(
            lambda q=q, filters=filters: search.search(mam, people["owner"], q=q, **filters)
        )  # type: ignore[misc]
    for q in TYPED:
        for who, actor in people.items():
            found[f"suggest, {who}: {q}"] = milliseconds(
                lambda q=q, actor=actor: suggestions.suggest(mam, actor, q=q)
            )  # type: ignore[misc]
    return found


@pytest.fixture
def people(box: Mam) -> dict[str, Actor]:
    """An administrator, the owner of everything, and somebody whose own project holds one asset."""
    made = {"administrator": SYSTEM}
    for name in ("owner", "stranger"):
        user = accounts.add_user(box, email=f"{name}@example.org", name=name, password="correct horse")
        made[name] = Actor(user["id"], user["email"], name, ("member",))
    return made


def test_search_in_a_large_library(box: Mam, people: dict[str, Actor], figure: Callable[..., None]) -> None:
    # Given a hundred thousand assets of one project, and a small project of somebody else
    project_id = projects.create_project(box, people["owner"], name="Everything")["id"]
    small = projects.create_project(box, people["stranger"], name="Small")["id"]
    assets.create_asset(box, people["stranger"], project_id=small, title="Interview", tags=["rushes"])
    fill(people["owner"], project_id)
    database.execute_sql("ANALYZE")
    # When each query is asked
    taken = measure(box, people, project_id)
    for name, (median, late) in taken.items():
        print(f"{name:50} p50 {median:7.1f} ms   p95 {late:7.1f} ms")  # noqa: T201 - what a benchmark says
    kind = type(database.obj).__name__
    for way in ("search", "list", "suggest"):
        late, name = max((late, name) for name, (_, late) in taken.items() if name.startswith(way))
        note = f"the slowest: {name.partition(': ')[2]}"
        figure(f"{way} among {ASSETS}, {kind}: p95", late, "ms", at_most=WANTED_MS, note=note)
    # Then 95 of 100 answers come within the time
    slow = {name: late for name, (_, late) in taken.items() if late > WANTED_MS}
    assert slow == {}
