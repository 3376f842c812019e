"""Long films in pieces: every frame where it belongs, whatever the source, and one piece where that fails."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pieces_bench import look, make, numbered_film, version_of

from mam.core import Mam
from mam.ids import is_id
from mam.media import pieces as cutting
from mam.models import Job, Version

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
    ("rate", "name", "encode"),
    [
        ("24000/1001", "film.mp4", ()),
        ("25", "film.mkv", ()),
        ("30000/1001", "intra.mov", ("-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p")),
        ("60000/1001", "film.mp4", ()),
        ("25", "film.mxf", ("-c:v", "mpeg2video", "-b:v", "4M", "-pix_fmt", "yuv420p", "-ar", "48000")),
    ],
)
def test_every_frame_is_where_it_belongs(
    sqlite_box: Mam, tmp_path: Path, noted: list[int], rate: str, name: str, encode: tuple[str, ...]
) -> None:
    # Given a film that several workers can share
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
