"""Documents from a master to what is shown: their pages, those that come later, and their words in search."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
import xxhash
from PIL import Image

from mam.core import Mam
from mam.ids import new_id
from mam.media.stills import Pointer
from mam.models import Asset, Job, Project, Version
from mam.services import assets, document_pages, jobs, posters, previews
from mam.types import SYSTEM


def stored(mam: Mam, data: bytes, name: str) -> Version:
    """A version whose master is that, as after a promote."""
    version_id = new_id()
    asset = Asset.create(project=Project.create(name="Papers"), title="A paper", status="processing")
    mam.storage.put("masters", version_id, io.BytesIO(data), len(data))
    Asset.update(current_version_id=version_id).where(Asset.id == asset.id).execute()
    return Version.create(
        id=version_id,
        asset=asset,
        number=1,
        filename=name,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        xxh128=xxhash.xxh3_128_hexdigest(data),
        master_key=version_id,
    )


def pdf(tmp_path: Path, pages: int) -> bytes:
    first, *others = (Image.new("RGB", (40, 60), (number, 0, 0)) for number in range(pages))
    first.save(tmp_path / "x.pdf", save_all=True, append_images=others)
    return (tmp_path / "x.pdf").read_bytes()


def examined(mam: Mam, version: Version) -> Version:
    jobs.run(mam, previews.request(mam, SYSTEM, version.id)["job_id"])
    return Version.get_by_id(version.id)


def pointer(mam: Mam, version: Version) -> Pointer:
    with mam.storage.open("previews", f"{version.id}/picture.json") as stream:
        found = Pointer.parse(stream.read())
    assert found is not None
    return found


def test_pages_that_take_long_come_later(
    sqlite_box: Mam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 3, item 1: a long document is shown at once, every page of it a little later."""
    # Given a document of 30 pages, and no time at all for more than the first
    monkeypatch.setattr(posters, "PAGES_SECONDS", 0.0)
    version = examined(sqlite_box, stored(sqlite_box, pdf(tmp_path, 30), "long.pdf"))
    # Then it is ready, and says how many pages are still to come
    assert (version.preview_status, version.media["pages"]) == ("ready", 30)
    first = pointer(sqlite_box, version)
    assert (first.pages, first.coming) == (1, 30)
    # When the job that follows has its time
    monkeypatch.setattr(posters, "PAGES_SECONDS", 60.0)
    job = Job.get(Job.version_id == version.id, Job.kind == "pages")
    jobs.run(sqlite_box, job.id)
    # Then every page is there
    last = pointer(sqlite_box, version)
    assert (last.pages, last.coming, last.generation) == (30, 0, first.generation)
    assert sqlite_box.storage.stat("previews", f"{version.id}/{last.source(30)}") is not None
    assert Job.get_by_id(job.id).state == "done"


def test_pages_of_a_generation_that_is_over_are_not_drawn(sqlite_box: Mam, tmp_path: Path) -> None:
    version = examined(sqlite_box, stored(sqlite_box, pdf(tmp_path, 3), "short.pdf"))
    Version.update(preview_generation="another").where(Version.id == version.id).execute()
    job = jobs.enqueue(
        document_pages.KIND,
        version_id=version.id,
        project_id=version.asset.project_id,
        payload={
            "generation": version.preview_generation,
            "media": {"kind": "document", "format": "pdf", "content_type": "application/pdf", "pages": 3},
        },
    )
    jobs.run(sqlite_box, job.id)
    assert list(sqlite_box.storage.list("previews", f"{version.id}/{version.preview_generation}/")) == []


def test_a_document_is_found_by_its_words(box: Mam) -> None:
    """Issue 3, item 1: text for search; it stays through a change of the title."""
    version = stored(box, b"The Quokka's call sheet\n", "notes.txt")
    version = examined(box, version)
    assert version.preview_status == "unsupported"
    assert version.media["note"]

    def found(q: str) -> list[str]:
        return [one["id"] for one in assets.list_assets(box, SYSTEM, q=q)["items"]]

    assert found("quokka") == [version.asset_id]
    assets.update_asset(box, SYSTEM, version.asset_id, title="Renamed")
    assert found("quokka renamed") == [version.asset_id]
    assert found("wombat") == []
