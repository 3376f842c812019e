"""What the home and project pages show beside the contract's shapes, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from library import Library, actor_of, make_library, make_version

from mam import signing
from mam.core import Mam
from mam.models import Asset, Version, database, now
from mam.services import projects, showcase
from mam.services.shapes import iso


def _poster(mam: Mam, people: dict[str, Any], who: str, library: Library) -> str | None:
    found = showcase.posters(mam, actor_of(mam, people[who].token), [library.version_id])
    return found.get(library.version_id)


def test_posters_are_for_those_who_see_the_project(box: Mam, people: dict[str, Any]) -> None:
    # Given Ana's version with a poster
    library = make_library(box, actor_of(box, people["ana"].token))
    # When Ana, an administrator and Ben ask, then Ben gets nothing
    assert _poster(box, people, "ana", library)
    assert _poster(box, people, "admin", library)
    assert _poster(box, people, "ben", library) is None
    assert showcase.posters(box, actor_of(box, people["ana"].token), []) == {}


def test_a_poster_keeps_its_address_until_something_happens(box: Mam, people: dict[str, Any]) -> None:
    # Given an asset that nobody touched for a day
    library = make_library(box, actor_of(box, people["ana"].token))
    Asset.update(updated_at=now() - timedelta(days=1)).execute()
    first = _poster(box, people, "ana", library)
    assert first is not None
    # Then its address stays, and is a grant that the edge takes for 45 minutes at least
    assert _poster(box, people, "ana", library) == first
    _, _, token, version_id, generation, name = first.split("/")
    soon = now().timestamp() + 44 * 60
    grant = signing.check_grant(box.keys, token, version_id=version_id, now=soon, ip="")
    assert (generation, name) == (Version.get_by_id(version_id).preview_generation, "poster.jpg")
    assert f"asset:{library.asset_id}" in grant.tags
    # When the asset changes (its old addresses may have been revoked), then there is a new one
    Asset.update(updated_at=now() - timedelta(seconds=5)).execute()
    second = _poster(box, people, "ana", library)
    assert second is not None
    later = signing.check_grant(box.keys, second.split("/")[2], version_id=version_id, now=soon, ip="")
    assert later.issued_at > grant.issued_at


def test_rows_of_projects(box: Mam, people: dict[str, Any]) -> None:
    # Given a project with six members and five assets, and an empty one
    ana = actor_of(box, people["ana"].token)
    library = make_library(box, ana)
    projects.set_member(box, ana, library.project_id, people["ben"].user["id"], "viewer")
    for number in range(5):
        asset = Asset.create(project=library.project_id, title=str(number))
        make_version(asset.id)
    newest = now() + timedelta(seconds=5)
    Asset.update(updated_at=newest).where(Asset.id == asset.id).execute()
    empty = projects.create_project(box, ana, name="Empty")["id"]
    # When the rows are asked for
    rows = showcase.projects(box, ana, [library.project_id, empty])
    # Then the one has its people, four posters and its last activity, the other nothing of all that
    row = rows[library.project_id]
    assert row["people"] == ["Ana", "Ben"]
    assert row["people_count"] == 2
    assert len(row["pictures"]) == showcase.STRIP
    assert row["active_at"] == iso(newest)
    assert rows[empty] == {"active_at": None, "people": ["Ana"], "people_count": 1, "pictures": []}
    assert not database.in_transaction()
