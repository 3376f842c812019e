"""Caption files that people add: in the playlists at once, through every render, out of them again."""

from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xxhash

from mam.core import Mam
from mam.edge.paths import parse_preview
from mam.errors import ConflictError, ForbiddenError, NotFoundError, ValidationError
from mam.ids import new_id
from mam.models import Asset, AuditEntry, Job, Project, Sidecar, Version, now
from mam.services import delivery, jobs, previews, publishing, sidecars
from mam.types import SYSTEM, Actor

SRT = b"1\n00:00:00,200 --> 00:00:01,000\nGuten <b>Tag</b><script>alert(1)</script>\n"
STRANGER = Actor(user_id=new_id(), roles=("member",))


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of picture with two sound tracks."""
    made = tmp_path_factory.mktemp("sidecars") / "film.mov"
    source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24000/1001:duration=2"]
    source += ["-f", "lavfi", "-i", "sine=duration=2", "-f", "lavfi", "-i", "sine=frequency=880:duration=2"]
    encode = ["-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-preset", "ultrafast"]
    encode += ["-pix_fmt", "yuv420p", "-c:a", "aac", "-metadata:s:a:0", "language=ger"]
    subprocess.run(["ffmpeg", "-v", "error", *source, *encode, made], check=True, timeout=60)
    return Path(made).read_bytes()


@pytest.fixture
def stored(film: bytes) -> Callable[[Mam], Version]:
    """Make a version whose master is the film, as after a promote."""

    def store(mam: Mam) -> Version:
        version_id = new_id()
        asset = Asset.create(project=Project.create(name="Rushes"), title="A film", status="processing")
        mam.storage.put("masters", version_id, io.BytesIO(film), len(film))
        Asset.update(current_version_id=version_id).where(Asset.id == asset.id).execute()
        return Version.create(
            id=version_id, asset=asset, number=1, filename="film.mov", size=len(film), master_key=version_id,
            sha256=hashlib.sha256(film).hexdigest(), xxh128=xxhash.xxh3_128_hexdigest(film),
        )  # fmt: skip

    return store


def make(mam: Mam, version: Version, *, force: bool = False) -> Version:
    """Make the preview and tidy up after it."""
    previews.request(mam, SYSTEM, version.id, force)
    ours = (Job.state == "queued") & (Job.queue != "later") & (Job.kind != "sprites")
    while (job := Job.select().where(ours, Job.run_after <= now()).first()) is not None:
        jobs.run(mam, job.id)
    assert {job.error_detail for job in Job.select() if job.kind in ("examine", "render")} == {None}
    return Version.get_by_id(version.id)


def read(mam: Mam, version: Version, name: str) -> str:
    with mam.storage.open("previews", f"{version.id}/{name}") as stream:
        return bytes(stream.read()).decode()


def media_lines(mam: Mam, version: Version) -> list[str]:
    master = read(mam, version, "master.m3u8")
    assert ('SUBTITLES="captions"' in master) == ("TYPE=SUBTITLES" in master)
    return [line for line in master.splitlines() if "TYPE=SUBTITLES" in line]


def test_a_caption_file_is_in_both_playlists_at_once_and_stays(box: Mam, stored: Any) -> None:
    # Given a preview that is ready
    version = make(box, stored(box))
    assert media_lines(box, version) == []
    # When somebody adds a caption file
    added = sidecars.add(box, SYSTEM, version.id, SRT, language="ger", filename="film.de.srt")
    # Then it is in both playlists, and its words are harmless
    assert (added["label"], added["cues"], added["format"]) == ("German", 1, "srt")
    (line,) = media_lines(box, version)
    assert 'NAME="German",LANGUAGE="de"' in line
    assert f'URI="sidecars/{added["id"]}.m3u8"' in line
    assert f"sidecars/{added['id']}.vtt" in read(box, version, "manifest.mpd")
    text = read(box, version, f"sidecars/{added['id']}.vtt")
    assert "Guten <b>Tag</b>alert(1)" in text
    assert f"{added['id']}.vtt" in read(box, version, f"sidecars/{added['id']}.m3u8")
    # And a person who asks is given its address, which the edge understands
    (one,) = delivery.sign_preview(box, SYSTEM, version.id)["captions"]
    assert (one["id"], one["language"], one["label"], one["forced"]) == (added["id"], "de", "German", False)
    path = parse_preview(f"/s/{one['url'].partition('/s/')[2]}".encode())
    assert path is not None
    assert (path.key, path.is_immutable) == (f"{version.id}/sidecars/{added['id']}.vtt", True)
    # And it outlives a new ladder, and the removal of the old one
    after = make(box, version, force=True)
    assert after.preview_generation != version.preview_generation
    assert media_lines(box, after) == [line]
    assert after.preview_generation in read(box, after, "master.m3u8")
    assert after.preview_generation in read(box, after, "manifest.mpd")
    assert read(box, after, f"sidecars/{added['id']}.vtt") == text
    # And it can be taken away
    sidecars.remove(box, SYSTEM, version.id, added["id"])
    assert media_lines(box, after) == []
    assert "sidecars" not in read(box, after, "manifest.mpd")
    assert list(box.storage.list("previews", f"{version.id}/sidecars/")) == []
    assert sidecars.list_for(box, SYSTEM, version.id)["items"] == []
    actions = [row.action for row in AuditEntry.select().where(AuditEntry.action.startswith("captions."))]
    assert actions == ["captions.added", "captions.removed"]


def test_a_caption_file_may_come_before_the_preview(sqlite_box: Mam, stored: Any) -> None:
    # Given a master without a preview, and its caption files
    version = stored(sqlite_box)
    sidecars.add(sqlite_box, SYSTEM, version.id, SRT, language="de", label="Für alle", forced=True)
    sidecars.add(sqlite_box, SYSTEM, version.id, SRT, language="de", label="Für alle")
    # When the preview is made
    after = make(sqlite_box, version)
    # Then they are in it, each with a name of its own
    first, second = media_lines(sqlite_box, after)
    assert 'NAME="Für alle (forced)"' in first
    assert "FORCED=YES" in first
    assert 'NAME="Für alle"' in second


def test_captions_added_while_a_render_points_are_not_lost(
    sqlite_box: Mam, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever changes the rows or the generation last writes what holds."""
    # Given somebody who adds a caption file between a render's pointing and its commit
    version = make(sqlite_box, stored(sqlite_box))
    honest, added = publishing.Publisher.point, []

    def pointed(self: Any, *captions: Any) -> None:
        honest(self, *captions)
        if not added:
            added.append(sidecars.add(sqlite_box, SYSTEM, version.id, SRT, language="de"))

    monkeypatch.setattr(publishing.Publisher, "point", pointed)
    # When the render ends
    after = make(sqlite_box, version, force=True)
    # Then both are shown: the new ladder and the captions
    assert after.preview_generation in read(sqlite_box, after, "master.m3u8")
    assert added[0]["id"] in read(sqlite_box, after, "master.m3u8")


def test_who_may_and_what_is_refused(sqlite_box: Mam, stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    version = stored(sqlite_box)
    with pytest.raises(NotFoundError):
        sidecars.add(sqlite_box, STRANGER, version.id, SRT)
    with pytest.raises(ValidationError, match="language"):
        sidecars.add(sqlite_box, SYSTEM, version.id, SRT, language="klingon!")
    with pytest.raises(ValidationError, match="Line 1 ") as error:
        sidecars.add(sqlite_box, SYSTEM, version.id, b"00:00:77,000 --> 00:00:01,000\nx\n")
    assert error.value.error_code == "captions_invalid"
    monkeypatch.setattr(sidecars, "MOST", 1)
    kept = sidecars.add(sqlite_box, SYSTEM, version.id, SRT)
    with pytest.raises(ConflictError, match="1 caption"):
        sidecars.add(sqlite_box, SYSTEM, version.id, SRT)
    with pytest.raises(NotFoundError):
        sidecars.remove(sqlite_box, SYSTEM, version.id, new_id())
    with pytest.raises((NotFoundError, ForbiddenError)):
        sidecars.remove(sqlite_box, STRANGER, version.id, kept["id"])
    assert [row.id for row in Sidecar.select()] == [kept["id"]]
    # And what a refusal left in the store goes, an hour later
    monkeypatch.setattr(sidecars, "_ORPHAN_AGE", -sidecars._ORPHAN_AGE)  # noqa: SLF001 - time is what is tried
    sidecars.tidy(sqlite_box, version.id)
    names = {info.key.rpartition("/")[2] for info in sqlite_box.storage.list("previews", f"{version.id}/")}
    assert names == {f"{kept['id']}.vtt", f"{kept['id']}.m3u8"}


def test_captions_in_time_code_stand_where_the_film_says_them(sqlite_box: Mam, stored: Any) -> None:
    """A tape's captions begin at its hour; the film's start time code is read in their own counting."""
    # Given a film of 23.976 frames whose tape begins at one hour
    version = stored(sqlite_box)
    media = {"frame_rate": "24000/1001", "start_timecode": "01:00:00:00", "duration": 2.0}
    Version.update(media=media).where(Version.id == version.id).execute()
    # When captions in 29.97 drop-frame come for it
    said = b"Scenarist_SCC V1.0\n\n01:00:01;00\t9420 c8e9 942f\n\n01:00:02;00\t942c\n"
    added = sidecars.add(sqlite_box, SYSTEM, version.id, said, filename="film.en.scc")
    # Then they stand a second after its first picture
    assert (added["format"], added["cues"]) == ("scc", 1)
    text = read(sqlite_box, version, f"sidecars/{added['id']}.vtt")
    assert "00:00:01.068 --> 00:00:02.002\nHi\n" in text
