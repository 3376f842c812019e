"""Long films in pieces: every frame where it belongs, whatever the source, and one piece where that fails."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pieces_bench import look, make, numbered_film, version_of

from mam import hookimpl
from mam.config import Media
from mam.core import Mam
from mam.ids import is_id
from mam.media import pieces as cutting
from mam.media.ladder import plan
from mam.models import Job, Version
from mam.plugins import Plugin, State
from mam.services import leases, pieces
from mam.types import MediaInfo, VideoTrack

SECONDS = 64


def generations(mam: Mam, version: Version) -> set[str]:
    keys = [info.key.split("/")[1] for info in mam.storage.list("previews", f"{version.id}/")]
    return {key for key in keys if is_id(key)}


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pieces each film was cut into."""
    counts: list[int] = []
    honest = cutting.cut

    def note(*arguments: Any, **options: Any) -> Any:
        found = honest(*arguments, **options)
        counts.append(len(found))
        return found

    monkeypatch.setattr("mam.services.film.cut", note)
    return counts


@pytest.mark.parametrize(
    ("rate", "film_as"),
    [
        ("24000/1001", ("film.mp4",)),
        ("25", ("film.mkv",)),
        ("30000/1001", ("intra.mov", "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p")),
        ("60000/1001", ("film.mp4",)),
        ("25", ("film.mxf", "-c:v", "mpeg2video", "-b:v", "4M", "-pix_fmt", "yuv420p", "-ar", "48000")),
    ],
)
def test_every_frame_is_where_it_belongs(
    sqlite_box: Mam, tmp_path: Path, noted: list[int], rate: str, film_as: tuple[str, ...]
) -> None:
    # Given a film that several workers can share
    name, *encode = film_as
    film = numbered_film(tmp_path / name, rate, SECONDS, *encode)
    # When it is made in pieces
    version = make(sqlite_box, version_of(sqlite_box, film), slots=2)
    # Then it was, and frame n lies at n / rate and shows n, from the first to the last
    assert noted[0] == 4
    assert (version.preview_status, version.preview_error_code) == ("ready", None)
    seen = look(sqlite_box, version, "64", tmp_path)
    assert seen.numbers == list(range(len(seen.numbers)))
    assert len(seen.numbers) == pytest.approx(SECONDS * Fraction(rate), abs=1)
    assert seen.times == [number / Fraction(rate) for number in range(len(seen.times))]
    assert seen.sequence == list(range(1, len(seen.sequence) + 1))
    # And nothing of the pieces is left
    assert generations(sqlite_box, version) == {version.preview_generation}
    assert not Job.select().where(Job.kind == "render_piece").exists()
    assert list(sqlite_box.config.work.iterdir()) == []


def test_pictures_that_need_more_than_a_copy_meet_as_well(
    sqlite_box: Mam, tmp_path: Path, noted: list[int]
) -> None:
    """Interlaced and variable: what a frame is depends on its neighbours, also across a seam."""
    # Given a film whose frames come at odd times, of fields
    film = numbered_film(
        tmp_path / "film.mkv", "25", SECONDS,
        *("-vf", "select='mod(n,7)',setfield=tff", "-fps_mode", "vfr", "-c:v", "libx264", "-bf", "2"),
        *("-flags", "+ilme+ildct", "-x264opts", "tff=1:open-gop=1", "-g", "60"),
    )  # fmt: skip
    # When it is made in one piece, and anew in pieces
    whole = make(sqlite_box, version_of(sqlite_box, film), slots=0)
    alone = look(sqlite_box, whole, "64", tmp_path)
    version = make(sqlite_box, whole, slots=2, force=True)
    shared = look(sqlite_box, version, "64", tmp_path)
    # Then every frame is the same one, at the same time
    assert noted == [0, 4]
    assert version.preview_generation != whole.preview_generation
    assert shared == alone


@pytest.mark.parametrize("slots", [0, 1])
def test_one_worker_makes_one_piece(sqlite_box: Mam, tmp_path: Path, noted: list[int], slots: int) -> None:
    film = numbered_film(tmp_path / "film.mp4", "25", SECONDS, sound=False)
    assert make(sqlite_box, version_of(sqlite_box, film), slots=slots).preview_status == "ready"
    assert noted == [0]


def test_what_does_not_fit_is_made_in_one_piece(
    sqlite_box: Mam, tmp_path: Path, noted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a film whose third piece begins with other pictures than the second saw coming
    honest = pieces.proof

    def lying(folder: Path, name: str) -> tuple[str, ...]:
        found = honest(folder, name)
        with leases.connected():
            running = Job.select().where(Job.kind == "render_piece", Job.state == "running").first()
        third = running is not None and running.payload["number"] == 2
        return ("0" * 32, *found[1:]) if name == "first.md5" and third else found

    monkeypatch.setattr(pieces, "proof", lying)
    film = numbered_film(tmp_path / "film.mp4", "25", SECONDS)
    # When it is made
    version = make(sqlite_box, version_of(sqlite_box, film), slots=2)
    # Then it is whole and right, in a generation of its own, with nothing left over
    assert noted == [4]
    seen = look(sqlite_box, version, "64", tmp_path)
    assert seen.numbers == list(range(25 * SECONDS))
    assert generations(sqlite_box, version) == {version.preview_generation}
    assert {job.state for job in Job.select().where(Job.kind == "render_piece")} <= {"done", "cancelled"}


def test_a_transcoder_that_knows_no_pieces_is_passed_over(sqlite_box: Mam, tmp_path: Path) -> None:
    # Given a transcoder in front of ours that always makes the whole film
    asked = []

    def old(config: Any, source: Any, recipe: Any, target: Any, report: Any) -> Any:
        from mam_transcode_cpu import mam_transcode

        asked.append(recipe.start_frame)
        recipe = replace(recipe, start_frame=0, frames=0)
        return mam_transcode(config=config, source=source, recipe=recipe, target=target, report=report)

    module = SimpleNamespace(mam_transcode=hookimpl(old))
    sqlite_box.hooks.plugins["old"] = Plugin("old", State.ENABLED, module=module)
    sqlite_box.hooks.manager.register(module, name="old")
    film = numbered_film(tmp_path / "film.mp4", "25", SECONDS)
    # When a film is made in pieces
    version = make(sqlite_box, version_of(sqlite_box, film), slots=2)
    # Then it was asked, and the film is right all the same
    assert asked
    seen = look(sqlite_box, version, "64", tmp_path)
    assert seen.numbers == list(range(25 * SECONDS))
    assert generations(sqlite_box, version) == {version.preview_generation}


def test_films_are_cut_only_where_that_pays_and_can_be_exact() -> None:
    video = VideoTrack("h264", 640, 360, 640, 360, Fraction(25), "yuv420p")
    film = MediaInfo("video", "mov,mp4,m4a", "video/mp4", duration=600.0, video=video)
    recipe = plan(film, Media())
    # Many workers get several pieces each, which cover the film without a gap in whole segments
    parts = cutting.cut(recipe, film, 4)
    assert len(parts) == 20
    ends = [part.start_frame + part.frames for part in parts]
    assert [part.start_frame for part in parts] == [0, *ends[:-1]]
    assert parts[-1].frames == 0
    assert all(part.start_frame % recipe.gop == 0 and not part.audio for part in parts)
    # A copy of the master for each piece costs more: then each worker has one
    assert len(cutting.cut(recipe, film, 4, near=False)) == 4
    # And none for one worker, short films, unknown lengths, containers without an index, sound alone
    assert cutting.cut(recipe, film, 1) == ()
    assert cutting.cut(recipe, replace(film, duration=60.0), 4) == ()
    assert cutting.cut(recipe, replace(film, duration=None), 4) == ()
    assert cutting.cut(recipe, replace(film, format="mpegts"), 4) == ()
    assert cutting.cut(replace(recipe, rungs=()), film, 4) == ()
