"""Pictures: upright once, stripped, bounded in memory and time, one reader a type."""

from __future__ import annotations

import contextlib
from pathlib import Path

import hostile
import pytest
import pyvips
from media_helpers import Canary, Listener, stays_below

from mam.errors import SourceError
from mam.media import images
from mam.media.images import image_info, make_poster
from mam.media.limits import MIB, Limits
from mam.media.process import Outcome, run_contained
from mam.media.sandbox import Sandbox

GPS = "exif-ifd3-GPSLatitude"
MAKE = "exif-ifd0-Make"


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> list[Outcome]:
    """How the contained runs of a test ended, for their memory and time."""
    kept: list[Outcome] = []

    def keep(*arguments: object, **options: object) -> Outcome:
        kept.append(run_contained(*arguments, **options))  # type: ignore[arg-type]
        return kept[-1]

    monkeypatch.setattr(images, "run_contained", keep)
    return kept


def corners() -> pyvips.Image:
    """A picture of 80 x 40 whose four corners differ."""
    black = pyvips.Image.black(40, 20, bands=3)
    colours = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))
    corner = [black.linear(1, list(colour)) for colour in colours]
    return pyvips.Image.arrayjoin(corner, across=2).cast("uchar").copy(interpretation="srgb")


# How the pixels have to lie so that an EXIF orientation shows `corners` upright (EXIF 2.3, tag 0x0112).
STORED = {
    1: lambda image: image,
    2: lambda image: image.fliphor(),
    3: lambda image: image.rot180(),
    4: lambda image: image.flipver(),
    5: lambda image: image.rot270().flipver(),
    6: lambda image: image.rot270(),
    7: lambda image: image.rot90().flipver(),
    8: lambda image: image.rot90(),
}


def photo(path: Path, orientation: int = 1, extra: str = "") -> Path:
    """A photo with EXIF: orientation, camera, a place."""
    image = STORED[orientation](corners()).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    image.set_type(pyvips.GValue.gstr_type, MAKE, "Camera Works")
    image.set_type(pyvips.GValue.gstr_type, GPS, "52/1 31/1 12/1")
    image.write_to_file(f"{path}{extra}")
    return path


@pytest.mark.parametrize("kind", [".jpg[Q=100]", ".webp[lossless]", ".tif"])
@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_comes_out_upright(
    sandbox: Sandbox, tmp_path: Path, kind: str, orientation: int
) -> None:
    """Promise B12: once, in every format that carries EXIF."""
    # Given a photo stored turned or mirrored
    suffix, _, options = kind.partition("[")
    source = photo(tmp_path / f"photo{suffix}", orientation, f"[{options}" if options else "")
    # When a poster is made
    info = make_poster(sandbox, source, tmp_path / "poster.jpg")
    # Then it is the picture as it was seen
    assert (info.width, info.height) == (80, 40)
    poster = pyvips.Image.new_from_file(str(tmp_path / "poster.jpg"))
    difference = (poster.cast("int") - corners().cast("int")).abs().avg()
    assert (poster.width, poster.height) == (80, 40)
    assert difference < 12


def test_posters_tell_no_place_and_masters_keep_it(sandbox: Sandbox, tmp_path: Path) -> None:
    """Promise B12: GPS, camera and all other metadata stay in the master."""
    source = photo(tmp_path / "photo.jpg")
    before = source.read_bytes()
    info = make_poster(sandbox, source, tmp_path / "poster.jpg")
    poster = pyvips.Image.new_from_file(str(tmp_path / "poster.jpg"))
    assert not [name for name in poster.get_fields() if name.startswith(("exif", "xmp", "iptc", "icc"))]
    assert b"Exif" not in (tmp_path / "poster.jpg").read_bytes()
    assert source.read_bytes() == before
    assert pyvips.Image.new_from_file(str(source)).get(GPS)
    assert info.tags["make"] == "Camera Works"
    assert not [name for name in info.tags if "gps" in name.lower()]


def test_large_pictures_fit_the_box_and_small_ones_stay(sandbox: Sandbox, tmp_path: Path) -> None:
    pyvips.Image.black(300, 2000, bands=3).write_to_file(str(tmp_path / "high.png"))
    make_poster(sandbox, tmp_path / "high.png", tmp_path / "p.jpg", width=500)
    poster = pyvips.Image.new_from_file(str(tmp_path / "p.jpg"))
    assert (poster.width, poster.height) == (75, 500)
    make_poster(sandbox, photo(tmp_path / "small.jpg"), tmp_path / "q.jpg")
    assert pyvips.Image.new_from_file(str(tmp_path / "q.jpg")).width == 80


@pytest.mark.parametrize("name", ["alpha.png", "deep.png", "grey.jpg", "cmyk.tif", "anim.gif", "new.avif"])
def test_odd_colours_become_plain_srgb(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    image = {
        "alpha.png": corners().bandjoin(0),
        "deep.png": (corners().cast("ushort") * 256).copy(interpretation="rgb16"),
        "grey.jpg": corners().colourspace("b-w"),
        "cmyk.tif": corners().colourspace("cmyk"),
        "anim.gif": corners(),
        "new.avif": corners(),
    }[name]
    image.write_to_file(str(tmp_path / name))
    info = make_poster(sandbox, tmp_path / name, tmp_path / "p.jpg")
    poster = pyvips.Image.new_from_file(str(tmp_path / "p.jpg"))
    assert (info.width, info.height) == (poster.width, poster.height) == (80, 40)
    assert (poster.bands, poster.format) in {(3, "uchar"), (1, "uchar")}
    if name == "alpha.png":
        assert poster.avg() > 250, "what is transparent is shown on white"


def test_a_photo_cut_short_is_shown_as_far_as_it_goes(sandbox: Sandbox, tmp_path: Path) -> None:
    pyvips.Image.gaussnoise(400, 400).cast("uchar").write_to_file(str(tmp_path / "x.jpg"))
    cut = (tmp_path / "x.jpg").read_bytes()
    (tmp_path / "x.jpg").write_bytes(cut[: len(cut) // 2])
    assert make_poster(sandbox, tmp_path / "x.jpg", tmp_path / "p.jpg").partial
    assert (tmp_path / "p.jpg").exists()


def test_drawings_open_and_call_nothing(
    sandbox: Sandbox, tmp_path: Path, canary: Canary, listener: Listener, outcomes: list[Outcome]
) -> None:
    """Promises B1, B2, B5: drawn without what they name, or refused; in bounds."""
    for name, content in hostile.svgs(canary.path, listener.port).items():
        (tmp_path / name).write_bytes(content)
        with contextlib.suppress(SourceError):
            make_poster(sandbox, tmp_path / name, tmp_path / "p.jpg")
        assert not canary.sang(), name
        assert not listener.heard(), name
    assert all(stays_below(outcome, 256 * MIB) for outcome in outcomes)
    assert max(outcome.cpu_seconds for outcome in outcomes) < 5


def test_a_drawing_without_end_is_stopped(sandbox: Sandbox, tmp_path: Path, outcomes: list[Outcome]) -> None:
    """Promise B6: ten to the thirtieth squares, and the clock."""
    (tmp_path / "x.svg").write_bytes(hostile.nested_use_svg())
    limits = Limits(memory=images.LIMITS.memory, cpu_seconds=2, wall_seconds=120)
    with pytest.raises(SourceError) as caught:
        make_poster(sandbox, tmp_path / "x.svg", tmp_path / "p.jpg", limits=limits)
    assert caught.value.error_code in {"source_timeout", "source_corrupt"}
    assert not (tmp_path / "p.jpg").exists()
    assert stays_below(outcomes[0], 256 * MIB)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (hostile.png(40_000, 40_000, rows=10), "source_too_large"),
        (hostile.png(0x7FFFFFFF, 0x7FFFFFFF, rows=1), "source_corrupt"),
        (b"GIF89a/*" + bytes(4) + b"*/=1;alert(document.domain)//s;", "source_corrupt"),
        (hostile.png(1, 1)[:30], "source_corrupt"),
    ],
    ids=["40000x40000", "2^31 a side", "script", "cut"],
)
def test_bombs_and_damage_are_refused(
    sandbox: Sandbox, tmp_path: Path, outcomes: list[Outcome], content: bytes, code: str
) -> None:
    """Promise B5: with a reason, from the header."""
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        make_poster(sandbox, tmp_path / "x", tmp_path / "p.jpg")
    assert caught.value.error_code == code
    assert all(stays_below(outcome, 256 * MIB) for outcome in outcomes)


def test_a_bomb_within_the_pixel_limit_stays_small(
    sandbox: Sandbox, tmp_path: Path, outcomes: list[Outcome]
) -> None:
    """Promise B5: 121 megapixels, a text chunk of 64 MB, a GIF of 65 535 a side: below 512 MB."""
    bombs = [
        hostile.png(11_000, 11_000, depth=8),
        hostile.png(16, 16, extra=hostile.text_bomb()),
        hostile.huge_gif(),
    ]
    for content in bombs:
        (tmp_path / "x").write_bytes(content)
        make_poster(sandbox, tmp_path / "x", tmp_path / "p.jpg")
    assert all(stays_below(outcome, 512 * MIB) for outcome in outcomes)


@pytest.mark.parametrize(
    "content", [b"push graphic-context", b"%!PS", b"II\xbc\x01", b"\0\0\3\0\1\0", bytes(64)]
)
def test_bytes_of_other_types_reach_no_reader(
    sandbox: Sandbox, tmp_path: Path, outcomes: list[Outcome], content: bytes
) -> None:
    """Promise A14: what is not one of the known pictures never gets to libvips."""
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        image_info(sandbox, tmp_path / "x.png")
    assert caught.value.error_code == "source_rejected"
    assert outcomes == []


@pytest.mark.parametrize(
    ("returncode", "stderr", "code"),
    [
        (0, "VIPS-WARNING: error in tile 3", "source_corrupt"),
        (1, "unable to malloc", "source_too_large"),
        (-11, "", "source_corrupt"),
        (0, "", "source_corrupt"),
    ],
)
def test_words_of_the_reader_count_beside_its_exit_status(returncode: int, stderr: str, code: str) -> None:
    """Promise B5: libvips once ended well with an error in a tile."""
    outcome = Outcome(returncode, None, b"not json", stderr, 0.1, 0, 0.1)
    with pytest.raises(SourceError) as caught:
        images._answer(outcome, images.LIMITS)  # noqa: SLF001 - endings that cannot be had at will
    assert caught.value.error_code == code
