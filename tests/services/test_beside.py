"""What stands beside the ladder, from a master to a signed address: scrub sprites and captions."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xxhash
from PIL import Image

from mam.core import Mam
from mam.edge.paths import parse_preview
from mam.errors import CancelledWorkError, SourceError
from mam.ids import is_id, new_id
from mam.media import playlists
from mam.models import Asset, Job, Project, Rendition, Version, now
from mam.services import delivery, jobs, preview_state, previews, publishing, sprites
from mam.services import render as rendering
from mam.types import SYSTEM

SRT = "1\n00:00:00,500 --> 00:00:01,500\nWhat <i>is</i> <script>alert(1)</script>this?\n"


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds with captions in two languages, one of them empty of words."""
    folder = tmp_path_factory.mktemp("beside")
    (folder / "words.srt").write_text(SRT)
    (folder / "none.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\n<b></b>\n")
    made = folder / "film.mkv"
    source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=3"]
    source += ["-i", folder / "none.srt", "-i", folder / "words.srt"]
    encode = [
        "-map",
        "0",
        "-map",
        "1",
        "-map",
        "2",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-c:s",
        "subrip",
    ]
    encode += [
        "-pix_fmt",
        "yuv420p",
        "-metadata:s:s:1",
        "language=fre",
        "-metadata:s:s:1",
        "title=Pour <nous>",
    ]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, *encode, made], check=True)
    return made


@pytest.fixture
def stored(film: Path) -> Callable[[Mam], Version]:
    """Make a version whose master is the film, as after a promote."""

    def store(mam: Mam) -> Version:
        data, version_id = film.read_bytes(), new_id()
        asset = Asset.create(project=Project.create(name="Rushes"), title="A film", status="processing")
        mam.storage.put("masters", version_id, io.BytesIO(data), len(data))
        Asset.update(current_version_id=version_id).where(Asset.id == asset.id).execute()
        return Version.create(
            id=version_id, asset=asset, number=1, filename="film.mkv", size=len(data), master_key=version_id,
            sha256=hashlib.sha256(data).hexdigest(), xxh128=xxhash.xxh3_128_hexdigest(data),
        )  # fmt: skip

    return store


def run_due(mam: Mam, *kinds: str) -> None:
    """Run every queued job of these kinds, and those of them that they queue."""
    ours = (Job.state == "queued") & Job.kind.in_(kinds)
    while (job := Job.select().where(ours, Job.run_after <= now()).first()) is not None:
        jobs.run(mam, job.id)


def make(mam: Mam, version: Version, *, force: bool = False) -> Version:
    """Make the preview, but nothing that comes after it."""
    previews.request(mam, SYSTEM, version.id, force)
    run_due(mam, "examine", "render")
    return Version.get_by_id(version.id)


def sprites_job() -> Job:
    """The sprites' job that was queued last."""
    return Job.select().where(Job.kind == "sprites").order_by(Job.id.desc()).first()


def keys(mam: Mam, version: Version) -> list[str]:
    return [
        info.key.removeprefix(f"{version.id}/") for info in mam.storage.list("previews", f"{version.id}/")
    ]


def read(mam: Mam, key: str) -> bytes:
    with mam.storage.open("previews", key) as stream:
        return bytes(stream.read())


def at(url: str) -> tuple[str, str]:
    """What the edge takes a signed address for: key and content type."""
    path = parse_preview(f"/s/{url.partition('/s/')[2]}".encode())
    assert path is not None
    return path.key, path.content_type


def test_sprites_come_after_ready_and_are_signed(box: Mam, stored: Any) -> None:
    # Given a preview that is ready: nobody waited for sprites
    version = make(box, stored(box))
    assert version.preview_status == "ready"
    assert delivery.sign_preview(box, SYSTEM, version.id)["sprite_url"] is None
    assert (sprites_job().state, sprites_job().queue) == ("queued", "quick")
    # When their job has run
    run_due(box, "sprites")
    # Then a signed address leads to a text and that to a sheet with a picture for each second
    assert sprites_job().state == "done"
    key, kind = at(delivery.sign_preview(box, SYSTEM, version.id)["sprite_url"])
    assert (key, kind) == (
        f"{version.id}/{version.preview_generation}/sprites.vtt",
        "text/vtt; charset=utf-8",
    )
    boxes = re.findall(r"(\S+)#xywh=(\d+),(\d+),160,90", read(box, key).decode())
    assert boxes == [
        ("sprites-0.jpg", "0", "0"),
        ("sprites-0.jpg", "160", "0"),
        ("sprites-0.jpg", "320", "0"),
    ]
    sheet = read(box, key.replace("sprites.vtt", "sprites-0.jpg"))
    with Image.open(io.BytesIO(sheet), formats=["JPEG"]) as image:
        assert image.size == (480, 90)
    # And they are nothing that a player plays, and no scratch is left
    assert [one["name"] for one in previews.status(box, SYSTEM, version.id)["renditions"]] == ["180"]
    assert Rendition.get(Rendition.kind == "sprites").bytes == len(sheet)
    assert list(box.config.work.iterdir()) == []


def test_a_worker_that_lost_its_lease_adds_no_sprites(
    sqlite_box: Mam, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise C4: also the last moment before the commit is fenced."""
    # Given a worker that loses its lease while it stores
    version = make(sqlite_box, stored(sqlite_box))
    honest, job = publishing.put_text, sprites_job()

    def robbed(*arguments: Any) -> None:
        honest(*arguments)
        Job.update(lease_token=new_id()).where(Job.id == job.id).execute()

    monkeypatch.setattr(publishing, "put_text", robbed)
    # When it ends
    jobs.run(sqlite_box, job.id)
    # Then nothing is said of its work, and whoever has the lease now can finish it
    assert not Rendition.select().where(Rendition.kind == "sprites").exists()
    assert delivery.sign_preview(sqlite_box, SYSTEM, version.id)["sprite_url"] is None
    monkeypatch.undo()
    Job.update(state="queued").where(Job.id == job.id).execute()
    run_due(sqlite_box, "sprites")
    assert delivery.sign_preview(sqlite_box, SYSTEM, version.id)["sprite_url"] is not None


def test_sprites_of_a_generation_that_is_over_leave_nothing(
    sqlite_box: Mam, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given sprites that are being stored while another generation takes the place of theirs
    version = make(sqlite_box, stored(sqlite_box))
    old, newer = version.preview_generation, new_id()
    honest = preview_state.sprites

    def overtaken(*arguments: Any) -> None:
        Version.update(preview_generation=newer).where(Version.id == version.id).execute()
        honest(*arguments)

    monkeypatch.setattr(preview_state, "sprites", overtaken)
    # When the job ends
    run_due(sqlite_box, "sprites")
    # Then neither a row nor a file of it is there
    assert sprites_job().state == "done"
    assert not Rendition.select().where(Rendition.kind == "sprites").exists()
    assert [key for key in keys(sqlite_box, version) if "sprites" in key] == []
    # And where it was overtaken before it began, nothing is done at all
    again = jobs.enqueue("sprites", version_id=version.id, payload={"generation": old})
    monkeypatch.setattr(sprites, "scratch", None)
    jobs.run(sqlite_box, again.id)
    assert Job.get_by_id(again.id).state == "done"


def test_sprites_and_captions_go_with_their_generation(sqlite_box: Mam, stored: Any) -> None:
    # Given a preview with everything beside it
    first = make(sqlite_box, stored(sqlite_box))
    run_due(sqlite_box, "sprites")
    # When it is made anew
    after = make(sqlite_box, first, force=True)
    assert delivery.sign_preview(sqlite_box, SYSTEM, first.id)["sprite_url"] is None
    run_due(sqlite_box, "sprites", "tidy")
    # Then the first generation's are gone, and there are new ones
    assert {key.split("/")[0] for key in keys(sqlite_box, first) if is_id(key.split("/")[0])} == {
        after.preview_generation
    }
    assert {row.generation for row in Rendition.select()} == {after.preview_generation}
    signed = delivery.sign_preview(sqlite_box, SYSTEM, first.id)
    assert after.preview_generation in signed["sprite_url"]
    assert after.preview_generation in signed["captions"][0]["url"]


def test_sprites_that_cannot_be_drawn_cost_nothing_else(
    sqlite_box: Mam, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any, **_options: Any) -> None:
        raise SourceError("No scrub pictures could be drawn.", code="source_corrupt")

    version = make(sqlite_box, stored(sqlite_box))
    monkeypatch.setattr(sprites.sprites, "draw", broken)
    run_due(sqlite_box, "sprites")
    assert (sprites_job().state, sprites_job().error_code) == ("done", "source_corrupt")
    assert (Version.get_by_id(version.id).preview_status, version.preview_playable) == ("ready", True)
    assert Version.get_by_id(version.id).preview_error_code is None


def test_captions_are_in_the_playlist_and_signed(box: Mam, stored: Any) -> None:
    # Given a film with a track of words and one without
    version = make(box, stored(box))
    generation = version.preview_generation
    # When a person asks
    (captions,) = delivery.sign_preview(box, SYSTEM, version.id)["captions"]
    # Then the one with words is there, harmless
    assert (captions["language"], captions["label"]) == ("fr", "Pour <nous>")
    key, kind = at(captions["url"])
    assert (key, kind) == (f"{version.id}/{generation}/captions-1.vtt", "text/vtt; charset=utf-8")
    text = read(box, key).decode()
    assert text.startswith("WEBVTT\n")
    assert "What <i>is</i>" in text
    assert "<script" not in text
    # And the player finds it in the playlist, for the whole length
    master = read(box, f"{version.id}/master.m3u8").decode()
    (line,) = [line for line in master.splitlines() if "TYPE=SUBTITLES" in line]
    assert 'LANGUAGE="fr"' in line
    assert f'URI="{generation}/captions-1.m3u8"' in line
    assert 'SUBTITLES="captions"' in master
    listing = playlists.parse_media(read(box, f"{version.id}/{generation}/captions-1.m3u8").decode())
    assert ([one.name for one in listing.segments], listing.ended) == (["captions-1.vtt"], True)
    assert listing.segments[0].duration == pytest.approx(3, abs=0.1)
    # And the metadata names both
    assert [one["language"] for one in version.media["captions"]] == ["", "fre"]


def test_captions_that_cannot_be_read_cost_nothing_else(
    sqlite_box: Mam, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any, **_options: Any) -> None:
        raise SourceError("The file takes too much processor time.", code="source_timeout")

    monkeypatch.setattr("mam.services.captions.extract", broken)
    version = make(sqlite_box, stored(sqlite_box))
    assert version.preview_status == "ready"
    assert delivery.sign_preview(sqlite_box, SYSTEM, version.id)["captions"] == []
    assert "SUBTITLES" not in read(sqlite_box, f"{version.id}/master.m3u8").decode()


def test_captions_stop_when_the_encode_ends_badly(
    sqlite_box: Mam, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given captions that take for ever, and an encode that ends badly once it is shown
    stopped: list[str] = []

    def endless(_mam: Any, _source: Any, _folder: Any, go_on: Callable[[], None]) -> None:
        try:
            while True:
                go_on()
        except CancelledWorkError as error:
            stopped.append(error.detail)
            raise

    monkeypatch.setattr(rendering, "film_captions", endless)
    begin = rendering._Run._begin_beside  # noqa: SLF001 - the moment after it is what is tried

    def fails(run: Any) -> None:
        begin(run)
        raise SourceError("The second half is damaged.", code="source_corrupt")

    monkeypatch.setattr(rendering._Run, "_begin_beside", fails)  # noqa: SLF001
    # When / Then the worker is free at once
    version = make(sqlite_box, stored(sqlite_box))
    assert version.preview_status == "failed"
    assert stopped in ([], ["The encode is over."])
