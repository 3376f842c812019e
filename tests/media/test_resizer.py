"""Pictures resized behind walls: sizes, shapes, formats; and what happens to bad and slow ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import pyvips
from PIL import Image

from mam.errors import RateLimitedError, SourceError
from mam.media import resizer as resizer_module
from mam.media.images import make_pictures
from mam.media.limits import Limits
from mam.media.resident import Resident
from mam.media.resizer import LIMITS, Resizer
from mam.media.sandbox import Sandbox
from mam.media.stills import wanted
from mam.media.walls import Room

LOADERS = {"jpeg": "jpegload_buffer", "webp": "webpload_buffer", "avif": "heifload_buffer"}


@pytest.fixture
def resizer(sandbox: Sandbox) -> Iterator[Resizer]:
    made = Resizer(lambda: sandbox, 1)
    yield made
    made.close()


def picture(width: int, height: int) -> bytes:
    """A JPEG, red on its left half, green on its right."""
    halves = [
        pyvips.Image.black(width // 2, height, bands=3).linear(1, colour)
        for colour in ([250, 0, 0], [0, 250, 0])
    ]
    return halves[0].join(halves[1], "horizontal").cast("uchar").jpegsave_buffer(Q=90)


def noise() -> bytes:
    """A JPEG of some 60 kB."""
    return pyvips.Image.gaussnoise(400, 400).cast("uchar").jpegsave_buffer(Q=90)


def opened(data: bytes) -> pyvips.Image:
    return pyvips.Image.new_from_buffer(data, "")


@pytest.mark.parametrize("f", LOADERS)
def test_formats_and_no_metadata(resizer: Resizer, f: str) -> None:
    image = opened(resizer.submit(picture(800, 600), wanted(w=320, f=f)).result(90))
    assert (image.width, image.height, image.get("vips-loader")) == (320, 240, LOADERS[f])
    assert not [name for name in image.get_fields() if name.startswith(("exif", "xmp", "iptc", "icc"))]
    assert image.interpretation == "srgb"


@pytest.mark.parametrize(
    ("wish", "size"),
    [
        ({"w": 320}, (320, 160)),
        ({"h": 64}, (128, 64)),
        ({"w": 320, "h": 320}, (320, 160)),
        ({"w": 128, "h": 128, "fit": "cover"}, (128, 128)),
        ({"w": 128, "h": 64, "fit": "fill"}, (128, 64)),
        ({"w": 3840}, (800, 400)),
        ({}, (800, 400)),
        ({"w": 3840, "h": 3840, "fit": "cover"}, (400, 400)),
        ({"w": 3840, "h": 3840, "fit": "fill"}, (400, 400)),
    ],
)
def test_sizes_and_fits_never_larger_than_the_picture(
    resizer: Resizer, wish: dict[str, object], size: tuple[int, int]
) -> None:
    image = opened(resizer.submit(picture(800, 400), wanted(**wish, f="jpeg")).result(90))  # type: ignore[arg-type]
    assert (image.width, image.height) == size


def test_what_is_cut_is_cut_evenly_and_what_is_stretched_is_whole(resizer: Resizer) -> None:
    for fit in ("cover", "fill"):
        made = resizer.submit(picture(800, 200), wanted(w=128, h=128, fit=fit, f="jpeg")).result(90)  # type: ignore[arg-type]
        left, right = opened(made).getpoint(30, 64), opened(made).getpoint(98, 64)
        assert left[0] - left[1] > 150
        assert right[1] - right[0] > 150


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        noise()[:3000],
        picture(16_000, 1600),
    ],
    ids=["nothing", "text", "drawing", "cut", "too many pixels"],
)
def test_a_bad_picture_is_an_answer_and_the_program_lives_on(resizer: Resizer, data: bytes) -> None:
    """Promise B5: only JPEGs are read, within bounds of pixels; the next one is made by the same program."""
    resizer.submit(picture(80, 40), wanted(w=64, f="jpeg")).result(90)
    before = children()
    with pytest.raises(SourceError) as caught:
        resizer.submit(data, wanted(w=64, f="jpeg")).result(90)
    assert caught.value.error_code == "source_corrupt"
    assert resizer.submit(picture(80, 40), wanted(w=64, f="jpeg")).result(90)
    assert children() == before


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def test_a_killed_program_costs_one_picture_at_most(resizer: Resizer) -> None:
    """Promise B10: a decoder that dies takes nobody with it."""
    before = children()
    resizer.submit(picture(80, 40), wanted(w=64, f="jpeg")).result(90)
    for pid in children() - before:
        program = psutil.Process(pid)
        program.kill()
        program.wait(60)
    assert resizer.submit(picture(80, 40), wanted(w=64, f="jpeg")).result(90)


def test_programs_end_with_the_resizer_and_give_way_in_time(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resizer_module, "PICTURES_EACH", 1)
    before, made = children(), Resizer(lambda: sandbox, 1)
    seen = set()
    for _ in range(2):
        made.submit(picture(80, 40), wanted(w=64, f="jpeg")).result(90)
        seen |= children() - before
    assert len(seen) == 2
    made.close()
    assert children() == before


def test_a_program_that_hangs_is_killed(sandbox: Sandbox) -> None:
    """Promise B6: after its wall clock limit, with a reason."""
    limits = Limits(wall_seconds=0.3)
    sleeper = Resident(sandbox, ["/usr/bin/sleep", "60"], Room(), limits)
    with pytest.raises(SourceError) as caught:
        sleeper.ask([b"wish"], lambda answers: answers.read(1) or _broken_off())
    assert caught.value.error_code == "source_timeout"
    assert not sleeper.alive  # which would have slept for a minute


def _broken_off() -> bytes:
    raise EOFError


def test_memory_is_bounded(sandbox: Sandbox) -> None:
    """Promise B5: a program that may not have the memory fails, and its caller lives."""
    starved = Resizer(lambda: sandbox, 1, limits=replace(LIMITS, memory=40 << 20))
    with pytest.raises(SourceError):
        starved.submit(picture(800, 400), wanted(w=64, f="jpeg")).result(90)
    starved.close()


def test_not_more_than_some_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def walls() -> Sandbox:
        gate.wait(20)
        raise SourceError("never reached in earnest")

    monkeypatch.setattr(resizer_module, "WAITING", 3)
    slow = Resizer(walls, 1)
    waiting = [slow.submit(b"", wanted()) for _ in range(3)]
    with pytest.raises(RateLimitedError):
        slow.submit(b"", wanted())
    gate.set()
    assert all(one.exception(20) for one in waiting)
    with pytest.raises(SourceError):
        slow.submit(b"", wanted()).result(90)
    slow.close()


Pages = Callable[[Path], None]


def test_every_page_is_drawn_large(sandbox: Sandbox, tmp_path: Path) -> None:
    # Given a TIFF of three pages, one wider than the others
    pages = [opened(picture(width, 100)) for width in (200, 300, 4200)]
    for number, page in enumerate(pages):
        page.tiffsave(str(tmp_path / f"{number}.tif"))
    _join_pages([tmp_path / f"{number}.tif" for number in range(3)], tmp_path / "scan.tif")
    (tmp_path / "out").mkdir()
    # When its pictures are made
    info = make_pictures(sandbox, tmp_path / "scan.tif", tmp_path / "out")
    # Then each page is there, none larger than 3840
    assert (info.pages, info.drawn) == (3, 3)
    sizes = [opened((tmp_path / "out" / f"picture-{n}.jpg").read_bytes()).width for n in (1, 2, 3)]
    assert sizes == [200, 300, 3840]
    assert opened((tmp_path / "out" / "poster.jpg").read_bytes()).width == 200


def _join_pages(files: list[Path], out: Path) -> None:
    """As one TIFF; libvips writes pages of one size only."""
    first, *others = [Image.open(file) for file in files]
    first.save(out, save_all=True, append_images=others)


def test_frames_of_an_animation_are_no_pages(sandbox: Sandbox, tmp_path: Path) -> None:
    frames = pyvips.Image.gaussnoise(40, 120, seed=1).cast("uchar").copy()
    frames.set_type(pyvips.GValue.gint_type, "page-height", 40)
    frames.set_type(pyvips.GValue.array_int_type, "delay", [100, 100, 100])
    frames.write_to_file(str(tmp_path / "a.gif"))
    info = make_pictures(sandbox, tmp_path / "a.gif", tmp_path)
    assert (info.pages, info.drawn) == (3, 1)
