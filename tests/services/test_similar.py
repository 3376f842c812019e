"""Look-alikes from upload to answer: real ffmpeg behind real walls, on both databases."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from looks import jpeg, picture
from PIL import Image
from test_previews import make, stored
from upload_steps import member

from mam.core import Mam
from mam.errors import NotFoundError
from mam.models import Asset, Fingerprint, FingerprintBand, Job, Version, now
from mam.services import fingerprints, jobs, similar
from mam.types import SYSTEM

__all__ = ["stored"]
assert fingerprints.make_fingerprint  # imported, so that its jobs are queued
Store = Callable[..., Version]
SIZE = (320, 180)


def encode(path: Path, frames: list[Image.Image], *options: str) -> Path:
    """Pictures as a film of 5 a second."""
    size = "x".join(map(str, frames[0].size))
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", "5", "-i", "-"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", *options]
    data = b"".join(frame.tobytes() for frame in frames)
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, *coded, path], input=data, check=True)
    return path


def scenes(seed: int, seconds: int) -> list[Image.Image]:
    """Shots of a second each."""
    moments = range(seconds * 5)
    return [picture(100 * seed + at // 5, *SIZE, moment=(at % 5) / 5) for at in moments]


def told(mam: Mam, version: Version) -> dict[str, dict[str, object]]:
    """The look-alikes by version."""
    return {one["version_id"]: one for one in similar.similar(mam, SYSTEM, version.id)["items"]}


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A film, the same in other clothes, and another film, each with a leader of black or a slate too."""
    folder = tmp_path_factory.mktemp("films")
    one, other = scenes(1, 8), scenes(2, 8)
    black, slate = [Image.new("RGB", SIZE)] * 25, [picture(7, *SIZE)] * 25
    small = ["-vf", "scale=212:120,eq=brightness=0.05,pad=212:160:0:20", "-crf", "34"]
    return {
        "film": encode(folder / "film.mp4", one),
        "recoded": encode(folder / "recoded.mkv", one, *small),
        "trimmed": encode(folder / "trimmed.mp4", one[15:], "-crf", "30"),
        "with_black": encode(folder / "with_black.mp4", black + one),
        "other_black": encode(folder / "other_black.mp4", black + other),
        "with_slate": encode(folder / "with_slate.mp4", slate + one),
        "other_slate": encode(folder / "other_slate.mp4", slate + other),
        "black": encode(folder / "black.mp4", black),
    }


def test_a_film_is_found_in_other_clothes(box: Mam, stored: Store, films: dict[str, Path]) -> None:
    # Given a film, copies of it that were recoded, framed, cut or led in, and others with the same leaders
    made = {name: make(box, stored(box, path)) for name, path in films.items()}
    # When its look-alikes are asked for
    found = told(box, made["film"])
    # Then the copies are told, with the moment at which they begin, and nothing else
    copies = {"recoded": 0.0, "trimmed": 3.0, "with_black": -5.0, "with_slate": -5.0}
    assert {made[name].id for name in copies} == set(found)
    for name, offset in copies.items():
        one = found[made[name].id]
        assert one["reason"] == "similar"
        assert one["offset_seconds"] == pytest.approx(offset, abs=0.3)
        assert one["score"] > 0.8  # type: ignore[operator]
    # And leaders fool nobody
    assert made["other_black"].id not in told(box, made["with_black"])
    assert made["other_slate"].id not in told(box, made["with_slate"])
    assert told(box, made["black"]) == {}


def test_a_picture_is_found_in_other_clothes(box: Mam, stored: Store, tmp_path: Path) -> None:
    # Given a picture, the same smaller, brighter and cropped, and another one
    image = picture(5)
    image.save(tmp_path / "a.png")
    cropped = jpeg(image.crop((12, 7, 628, 353)).resize((400, 225)), 40)
    cropped.save(tmp_path / "b.jpg", quality=40)
    picture(6).save(tmp_path / "c.png")
    Image.new("RGB", SIZE, (90, 90, 90)).save(tmp_path / "flat.png")
    one, copy, other, flat = (
        make(box, stored(box, tmp_path / name)) for name in ("a.png", "b.jpg", "c.png", "flat.png")
    )
    # Then the copy is found from both sides, the others are not
    assert list(told(box, one)) == [copy.id]
    assert list(told(box, copy)) == [one.id]
    assert told(box, other) == told(box, flat) == {}
    assert one.phash is not None
    assert len(one.phash) == 16
    assert flat.phash is None


def test_the_same_master_is_told_first(box: Mam, stored: Store, films: dict[str, Path]) -> None:
    one, same, alike = (make(box, stored(box, films[name])) for name in ("film", "film", "recoded"))
    items = similar.similar(box, SYSTEM, one.id)["items"]
    assert [(item["version_id"], item["reason"]) for item in items] == [
        (same.id, "same_master"),
        (alike.id, "similar"),
    ]
    assert (items[0]["score"], items[0]["offset_seconds"]) == (1.0, None)


def test_only_what_one_may_see_is_told(box: Mam, stored: Store, films: dict[str, Path]) -> None:
    """Promises G2, G6: neither look-alikes nor the same master of other projects; nothing from the trash."""
    one, same, alike = (make(box, stored(box, films[name])) for name in ("film", "film", "recoded"))
    viewer = member(Asset.get_by_id(one.asset_id), "viewer")
    assert similar.similar(box, viewer, one.id) == {"items": []}
    with pytest.raises(NotFoundError):
        similar.similar(box, viewer, alike.id)
    # When they are in the trash nobody is told of them
    Asset.update(deleted_at=now()).where(Asset.id.in_([same.asset_id, alike.asset_id])).execute()
    assert told(box, one) == {}


def test_a_fingerprint_made_again_replaces_the_first(
    sqlite_box: Mam, stored: Store, films: dict[str, Path]
) -> None:
    version = make(sqlite_box, stored(sqlite_box, films["film"]))
    bands = FingerprintBand.select().count()
    assert bands > 0
    make(sqlite_box, version, force=True)
    assert Fingerprint.select().count() == 1
    assert FingerprintBand.select().count() == bands
    assert Job.select().where(Job.kind == "fingerprint", Job.state == "done").count() == 2


def test_a_version_without_a_fingerprint_has_no_look_alikes(
    sqlite_box: Mam, stored: Store, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("cut at 12:04")
    version = make(sqlite_box, stored(sqlite_box, tmp_path / "notes.txt"))
    assert told(sqlite_box, version) == {}
    assert not Fingerprint.select().exists()


def test_a_generation_that_is_over_is_not_looked_at(
    sqlite_box: Mam, stored: Store, films: dict[str, Path]
) -> None:
    version = make(sqlite_box, stored(sqlite_box, films["film"]))
    Fingerprint.delete().execute()
    job = jobs.enqueue("fingerprint", version_id=version.id, payload={"generation": "old", "media": {}})
    jobs.run(sqlite_box, job.id)
    assert not Fingerprint.select().exists()


def test_two_versions_beside_each_other(sqlite_box: Mam, stored: Store, films: dict[str, Path]) -> None:
    made = {
        name: make(sqlite_box, stored(sqlite_box, films[name])) for name in ("film", "trimmed", "other_black")
    }
    one, cut, other = (made[name].id for name in ("film", "trimmed", "other_black"))
    match = similar.between(sqlite_box, SYSTEM, one, cut)
    assert match is not None
    assert match.offset == pytest.approx(3.0, abs=0.3)
    assert similar.between(sqlite_box, SYSTEM, one, other) is None
    assert similar.between(sqlite_box, SYSTEM, one, one) is not None
    assert similar.looked_at(sqlite_box, SYSTEM, one)
    with pytest.raises(NotFoundError):
        similar.between(sqlite_box, SYSTEM, one, "01999999-0000-7000-8000-000000000001")
