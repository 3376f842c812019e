"""The core's describer over honest files, disguised ones, and the corpus where it is at hand."""

from __future__ import annotations

import contextlib
import resource
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pyvips

from mam.builtin.describe import mam_check, mam_describe
from mam.config import Config
from mam.errors import SourceError
from mam.media.ffmpeg import find_tools
from mam.types import MediaInfo, Source

CORPUS = Path(__file__).parents[3] / "shared" / "media"
CANARY_PORT = 39997  # the corpus' hostile files point there, on loopback
CANARY_FOLDER = Path("/tmp/mam_canary")  # noqa: S108 - likewise
LEFT_BEHIND = ("zipslip.txt", "abs.txt", "tragick", "gs")  # what they would write into it
Describe = Callable[..., MediaInfo]


@pytest.fixture
def describe(tmp_path: Path) -> Describe:
    """Describe a file, or bytes under a name, with the default configuration."""

    def ask(content: bytes | Path, name: str = "") -> MediaInfo:
        path = content if isinstance(content, Path) else tmp_path / "master"
        if isinstance(content, bytes):
            path.write_bytes(content)
        return mam_describe(Config(data=tmp_path), Source(path, name or path.name, path.stat().st_size))

    return ask


@pytest.fixture
def film(tmp_path: Path) -> Path:
    source = ["-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=1", "-f", "lavfi", "-i", "sine=d=1"]
    subprocess.run([find_tools().ffmpeg, "-v", "error", *source, tmp_path / "film.mov"], check=True)
    return tmp_path / "film.mov"


def test_a_film_under_any_name_is_a_film(describe: Describe, film: Path) -> None:
    """Promise A14: re-typed by its bytes."""
    info = describe(film, "holiday.jpg")
    assert (info.kind, info.content_type, info.width, info.previewable) == (
        "video",
        "video/quicktime",
        160,
        True,
    )


def test_a_picture_under_any_name_is_a_picture(describe: Describe, tmp_path: Path) -> None:
    pyvips.Image.black(60, 30, bands=3).write_to_file(str(tmp_path / "x.png"))
    info = describe(tmp_path / "x.png", "film.mp4")
    assert (info.kind, info.content_type, info.width, info.height) == ("image", "image/png", 60, 30)
    assert info.previewable


def test_sound_in_a_film_container_is_sound(describe: Describe, film: Path, tmp_path: Path) -> None:
    command = [find_tools().ffmpeg, "-v", "error", "-i", film, "-vn", tmp_path / "sound.mp4"]
    subprocess.run(command, check=True)
    info = describe(tmp_path / "sound.mp4")
    assert (info.kind, info.content_type) == ("audio", "audio/mp4")


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc", "document"),
        (b"a shot list\n", "a.txt", "document"),
        (b"PK\x03\x04rest", "a.zip", "other"),
        (b"II\xbc\x01rest", "a.jxr", "image"),
        (bytes(range(256)), "camera.raw", "other"),
        (b"\x7fELF\x02\x01\x01", "tool", "other"),
    ],
)
def test_what_is_not_shown_is_kept(describe: Describe, content: bytes, name: str, kind: str) -> None:
    """Promise B14: unknown is not failed; there is a note instead of a preview."""
    info = describe(content, name)
    assert (info.kind, info.previewable) == (kind, False)
    assert info.note


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "film.mp4"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "playlist.txt"),
        (b"<html></html>", "holiday.jpg"),
        (b"x", "film.mov"),
        (bytes(2000), "film.mkv"),
        (b"", "film.mp4"),
    ],
)
def test_traps_and_damage_are_refused_with_a_sentence(describe: Describe, content: bytes, name: str) -> None:
    """Promise B1, A14: one sentence for a person, one code for a program."""
    with pytest.raises(SourceError) as caught:
        describe(content, name)
    assert caught.value.error_code in {"source_rejected", "source_corrupt"}
    assert caught.value.detail.endswith(".")


def test_limits_of_the_configuration_hold(film: Path, tmp_path: Path) -> None:
    config = Config(data=tmp_path)
    small = replace(config, media=replace(config.media, max_pixels=1000))
    with pytest.raises(SourceError) as caught:
        mam_describe(small, Source(film, "film.mov", 1))
    assert caught.value.error_code == "source_too_large"


def test_the_self_check_tells_tools_and_walls(tmp_path: Path) -> None:
    config = Config(data=tmp_path)
    assert [(found.check, found.severity) for found in mam_check(config)] == [
        ("ffmpeg", "ok"),
        ("sandbox", "ok"),
    ]
    broken = replace(config, media=replace(config.media, ffmpeg=str(tmp_path / "nothing")))
    [finding] = mam_check(broken)
    assert (finding.check, finding.severity, finding.blocks) == ("ffmpeg", "error", True)


def rows() -> list[list[str]]:
    """The corpus' hostile and damaged files with the verdict that is due to each."""
    manifest = CORPUS / "MANIFEST.tsv"
    lines = manifest.read_text().splitlines()[1:] if manifest.exists() else []
    return [line.split("\t") for line in lines if line.startswith(("hostile/", "corrupt/", "other/"))]


def listening() -> socket.socket:
    """Our ear at the address that hostile files call; another run that has it now is waited for."""
    deadline = time.monotonic() + 40
    while True:
        try:
            return socket.create_server(("127.0.0.1", CANARY_PORT), reuse_port=True)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.fixture
def canary_folder() -> Iterator[None]:
    """The folder that hostile files would write into: it is there, else they could not."""
    with contextlib.suppress(FileExistsError):  # another run's
        CANARY_FOLDER.mkdir()
    yield
    with contextlib.suppress(OSError):
        CANARY_FOLDER.rmdir()


def _spent() -> float:
    """Seconds of a processor that our children took so far: a busy machine makes no more of them."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.usefixtures("canary_folder")
@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of hostile files is not beside this checkout")
@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_the_corpus_gets_its_verdict(describe: Describe, row: list[str]) -> None:
    """Promises B1, B2, B5, B6, B8, B9, B14: each hostile file by its own verdict, in 10 seconds, unheard."""
    verdict = row[4]
    info: MediaInfo | None = None
    with listening() as listener:
        before = _spent()
        listener.setblocking(False)
        with contextlib.suppress(SourceError):
            info = describe(CORPUS / row[0])
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert _spent() - before < 10
    assert not [name for name in LEFT_BEHIND if (CANARY_FOLDER / name).exists()]
    if verdict.startswith("REJECT:") or verdict in {"REJECT", "REJECT; no stack overflow"}:
        assert info is None
    if verdict.startswith("ACCEPT;"):
        assert info is not None
        assert info.previewable
    if verdict.startswith("STORE-ONLY"):
        assert info is not None
        assert not info.previewable
