"""Every kind of film is in pieces what it is in one: each picture, each time, each sample of its sound."""

from __future__ import annotations

import math
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pieces_bench import make, numbered_film, stored, times_of, version_of

from mam.core import Mam
from mam.ids import new_id
from mam.media import pieces as cutting
from mam.media import playlists
from mam.models import Version
from mam.services import preview_state
from mam.testing_transcoders import turned

pytestmark = pytest.mark.timeout(300)

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60")
PQ = "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:keyint=60"
HDR = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-x265-params", PQ)
FIELDS = ("-flags", "+ilme+ildct", "-x264opts", "tff=1")
SURROUND = ("-af", "pan=5.1|FL=c0|FR=0.5*c0|FC=0.3*c0|LFE=0*c0|BL=0.2*c0|BR=0.1*c0", "-c:a", "flac")
TALL, WIDE, AS_STORED = (288, 64), (64, 576), (64, 288)  # of decoded pictures: height, width


@dataclass(frozen=True)
class Kind:
    """How a film is made; by how much it is turned clockwise; what it is shown as."""

    name: str
    encode: tuple[str, ...]
    turn: int = 0
    shown: tuple[int, int] = AS_STORED
    seconds: float = 7.2


KINDS = (
    Kind("pq.mp4", HDR),
    Kind("turned.mp4", X264, 90, TALL),
    Kind("fields.mkv", (*X264, *FIELDS)),
    Kind("anamorphic.mov", ("-vf", "setsar=2", *X264), shown=WIDE),
    Kind("surround.mkv", (*X264, *SURROUND)),
    Kind("one-frame-more.mp4", X264, seconds=8.04),
)


@pytest.fixture(autouse=True)
def counts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Films of some seconds are cut already, into pieces of a segment; how many each was cut into."""
    found: list[int] = []
    honest = cutting.cut

    def note(*arguments: Any, **options: Any) -> Any:
        parts = honest(*arguments, **options)
        found.append(len(parts))
        return parts

    for name in ("SHORT_SECONDS", "_SHORTEST", "_LONGEST"):
        monkeypatch.setattr(cutting, name, 1.5)
    monkeypatch.setattr("mam.services.film.cut", note)
    return found


@dataclass(frozen=True)
class Made:
    """A stored film: its pictures in grey, when they are shown, its sound's samples."""

    pictures: np.ndarray
    times: list[Fraction]
    samples: np.ndarray


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_pieces_are_the_whole(sqlite_box: Mam, tmp_path: Path, counts: list[int], kind: Kind) -> None:
    # Given a film of that kind
    film = numbered_film(tmp_path / kind.name, "25", kind.seconds, *kind.encode)
    if kind.turn:
        film = turned(film, tmp_path / "upright.mp4", kind.turn)
    # Then in pieces it is what it is in one
    alone = both_ways(sqlite_box, film, tmp_path)
    assert counts == [0, math.floor((kind.seconds - 1) / 2)]
    assert alone.pictures.shape[1:] == kind.shown
    assert len(alone.pictures) == round(kind.seconds * 25)


def test_sound_that_comes_late_comes_as_late_in_pieces(
    sqlite_box: Mam, tmp_path: Path, counts: list[int]
) -> None:
    # Given a film whose sound begins 1.5 seconds after its picture
    film = numbered_film(tmp_path / "film.mkv", "25", 8, *X264, sound=False)
    late = tmp_path / "late.mkv"
    tone = ["-itsoffset", "1.5", "-f", "lavfi", "-i", "sine=d=6"]
    ffmpeg("-i", str(film), *tone, "-c:v", "copy", "-c:a", "aac", str(late))
    # Then that is so in pieces too
    alone = both_ways(sqlite_box, late, tmp_path)
    assert counts == [0, 3]
    assert np.abs(alone.samples[: 48_000 * 14 // 10]).max() < 50
    assert np.abs(alone.samples[48_000 * 16 // 10 : 48_000 * 7]).max() > 1000


def test_a_picture_that_comes_late_is_found_in_pieces_too(
    sqlite_box: Mam, tmp_path: Path, counts: list[int]
) -> None:
    # Given a film whose picture begins 1.2 seconds after its sound
    film = numbered_film(tmp_path / "film.mp4", "25", 8, *X264, sound=False)
    late = tmp_path / "late.mov"
    ffmpeg("-itsoffset", "1.2", "-i", str(film), "-f", "lavfi", "-i", "sine=d=9", "-c:v", "copy", str(late))
    # Then frame 0 is its first picture, in pieces too
    assert both_ways(sqlite_box, late, tmp_path).times[0] == 0
    assert counts == [0, 3]


def both_ways(mam: Mam, film: Path, folder: Path) -> Made:
    """Make a film in one piece and anew in pieces; they are the same. What the one looks like."""
    whole = make(mam, version_of(mam, film), slots=0)
    alone = made(mam, whole, folder)
    shared = made(mam, make(mam, whole, slots=2, force=True), folder)
    assert shared.times == alone.times == [Fraction(number, 25) for number in range(len(alone.times))]
    assert shared.pictures.shape == alone.pictures.shape
    # An encoder that begins anew rounds elsewhere; the next or last picture would differ by a bit: 16
    apart = np.abs(shared.pictures.astype(int) - alone.pictures.astype(int)).mean(axis=(1, 2))
    assert apart.max() < 4
    assert np.abs(np.diff(alone.pictures.astype(int), axis=0)).mean(axis=(1, 2)).min() > 8
    assert np.array_equal(shared.samples, alone.samples)
    return alone


def made(mam: Mam, version: Version, folder: Path) -> Made:
    """What was stored of a version."""
    assert (version.preview_status, version.preview_error_code) == ("ready", None)
    base = f"{version.id}/{version.preview_generation}"
    film = rendition(mam, f"{base}/64", folder)
    size = ffprobe_size(film)
    raw = ffmpeg("-i", str(film), "-fps_mode", "passthrough", "-pix_fmt", "gray", "-f", "rawvideo", "-")
    sound = b""
    if any(track["name"] == "audio0" for track in preview_state.status_of(version)["renditions"]):
        sound = ffmpeg("-i", str(rendition(mam, f"{base}/audio0", folder)), "-f", "s16le", "-ac", "1", "-")
    return Made(
        np.frombuffer(raw, np.uint8).reshape(-1, size[1], size[0]),
        times_of(film),
        np.frombuffer(sound, np.int16),
    )


def rendition(mam: Mam, base: str, folder: Path) -> Path:
    """A stored rendition as one file."""
    listing = playlists.parse_media(stored(mam, f"{base}/index.m3u8").decode())
    assert listing.ended
    film = folder / f"{new_id()}.mp4"
    names = ["init.mp4", *(one.name for one in listing.segments)]
    film.write_bytes(b"".join(stored(mam, f"{base}/{name}") for name in names))
    return film


def ffmpeg(*arguments: str) -> bytes:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout


def ffprobe_size(film: Path) -> tuple[int, int]:
    command = ["ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", str(film)]
    told = subprocess.run(command, check=True, capture_output=True, timeout=60, text=True).stdout
    width, height = map(int, told.strip().split(","))
    return width, height
