"""Kinds of pictures that libvips has no decoder for: each comes out as the picture that went in."""

from __future__ import annotations

import gzip
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813 - its own name for itself
import pytest
import pyvips
from PIL import Image

from mam.errors import SourceError
from mam.media.images import make_pictures
from mam.media.sandbox import Sandbox
from mam.media.sniff import sniff

COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))


def corners() -> np.ndarray:
    """A picture of 80 x 40 whose four corners differ."""
    quarter = [np.full((20, 40, 3), colour, np.uint8) for colour in COLOURS]
    return np.vstack([np.hstack(quarter[:2]), np.hstack(quarter[2:])])


def linear(samples: np.ndarray) -> np.ndarray:
    """Display values as linear light (IEC 61966-2-1)."""
    value = samples / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.asarray(light, np.float32)


def written(path: Path, samples: np.ndarray, kind: str, **spec: object) -> Path:
    """A file by OpenImageIO; `spec` are fields of its specification."""
    wanted = oiio.ImageSpec(samples.shape[1], samples.shape[0], samples.shape[2], kind)
    for name, value in spec.items():
        if hasattr(wanted, name):
            setattr(wanted, name, value)
        else:
            wanted.attribute(name.replace("__", ":"), value)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), wanted), out.geterror()
    assert out.write_image(samples), out.geterror()
    out.close()
    return path


def psd(mode: int, depth: int, planes: list[np.ndarray]) -> bytes:
    """A Photoshop file of nothing but its composite (Adobe's format specification)."""
    height, width = planes[0].shape
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, len(planes), height, width, depth, mode)
    return head + bytes(4 + 4 + 4 + 2) + b"".join(plane.tobytes() for plane in planes)


def dng(orientation: int) -> bytes:
    """A camera's negative of grey noise, 160 x 120, as it comes from a Bayer sensor (DNG 1.6)."""
    mosaic = np.random.default_rng(1).integers(200, 4000, (120, 160)).astype("<u2")
    short, long, bytes_, text, signed = "H", "I", "B", "s", "ii"
    tags = (
        (254, 4, long, [0]), (256, 4, long, [160]), (257, 4, long, [120]), (258, 3, short, [16]),
        (259, 3, short, [1]), (262, 3, short, [32803]), (271, 2, text, b"Canon\0"),
        (272, 2, text, b"EOS 5D\0"),
        (273, 4, long, [0]), (274, 3, short, [orientation]), (277, 3, short, [1]), (278, 4, long, [120]),
        (279, 4, long, [mosaic.nbytes]), (33421, 3, short, [2, 2]), (33422, 1, bytes_, [0, 1, 1, 2]),
        (50706, 1, bytes_, [1, 4, 0, 0]), (50708, 2, text, b"EOS 5D\0"), (50717, 4, long, [4095]),
        (50721, 10, signed, [(one, 1) for one in (1, 0, 0, 0, 1, 0, 0, 0, 1)]), (50778, 3, short, [21]),
    )  # fmt: skip
    start, extra, entries = 8 + 2 + 12 * len(tags) + 4, b"", []
    for tag, kind, code, values in tags:
        data = (
            values
            if isinstance(values, bytes)
            else b"".join(
                struct.pack(f"<{code}", *(value if isinstance(value, tuple) else (value,)))
                for value in values
            )
        )
        count = len(values)
        if len(data) > 4:
            entries.append((tag, kind, count, struct.pack("<I", start + len(extra))))
            extra += data + bytes(len(data) % 2)
        else:
            entries.append((tag, kind, count, data.ljust(4, b"\0")))
    place = struct.pack("<I", start + len(extra))
    packed = [
        struct.pack("<HHI", tag, kind, count) + (place if tag == 273 else data)
        for tag, kind, count, data in entries
    ]
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    return head + b"".join(packed) + bytes(4) + extra + mosaic.tobytes()


def srgb() -> pyvips.Image:
    return pyvips.Image.new_from_array(corners()).copy(interpretation="srgb")


def heic(path: Path) -> None:
    """Written once by libheif with x265: no encoder of HEIC is installed here."""
    shutil.copyfile(Path(__file__).with_name("corners.heic"), path)


PLANES = [corners()[:, :, band].copy() for band in range(3)]
WIDE = [(plane.astype(">u2") * 257).astype(">u2") for plane in PLANES]
DEEP = corners().astype(np.uint16) * 257
MAKE: dict[str, Callable[[Path], object]] = {
    "a.heic": heic,
    "a.psd": lambda path: path.write_bytes(psd(3, 8, PLANES)),
    "wide.psd": lambda path: path.write_bytes(psd(3, 16, WIDE)),
    "mask.psd": lambda path: path.write_bytes(psd(3, 8, [*PLANES, np.zeros((40, 80), np.uint8)])),
    "half.exr": lambda path: written(path, linear(corners()), "half"),
    "piz.exr": lambda path: written(path, linear(corners()), "float", compression="piz"),
    "layers.exr": lambda path: written(
        path,
        np.concatenate([np.zeros((40, 80, 3), np.float32), linear(corners())], 2),
        "half",
        channelnames=("diffuse.R", "diffuse.G", "diffuse.B", "beauty.R", "beauty.G", "beauty.B"),
    ),
    "video.dpx": lambda path: written(path, DEEP, "uint16", oiio__BitsPerSample=10),
    "a.hdr": lambda path: written(path, linear(corners()), "float"),
    "a.jxl": lambda path: written(path, corners(), "uint8"),
    "a.jp2": lambda path: Image.fromarray(corners()).save(path),
    "a.bmp": lambda path: Image.fromarray(corners()).save(path),
    "a.tga": lambda path: Image.fromarray(corners()).save(path),
    "a.qoi": lambda path: Image.fromarray(corners()).save(path),
    "a.ppm": lambda path: Image.fromarray(corners()).save(path),
    "lab.tif": lambda path: srgb().colourspace("lab").tiffsave(path),
    "luma.tif": lambda path: Image.fromarray(corners()).convert("YCbCr").save(path),
    "double.tif": lambda path: pyvips.Image.new_from_array(linear(corners())).cast("double").tiffsave(path),
}  # fmt: skip


def drawn(sandbox: Sandbox, source: Path, page: int = 1) -> np.ndarray:
    out = source.parent / "out"
    out.mkdir()
    make_pictures(sandbox, source, out, content_type="image/x-tga" if source.suffix == ".tga" else "")
    return np.asarray(Image.open(out / f"picture-{page}.jpg").convert("RGB")).astype(int)


@pytest.mark.parametrize("name", MAKE)
def test_every_kind_comes_out_as_it_went_in(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    """Issue 3, item 1: HEIC, PSD, EXR, DPX and the others, in the colours of a screen."""
    MAKE[name](tmp_path / name)
    shown = drawn(sandbox, tmp_path / name)
    assert shown.shape == (40, 80, 3)
    assert np.abs(shown - corners()).mean() < 12


def test_film_densities_become_light(sandbox: Sandbox, tmp_path: Path) -> None:
    """Cineon's curve: code 685 is white, 95 black."""
    codes = np.repeat(np.array([95, 445, 685], np.uint16) * 64, 20)[None, :, None].repeat(20, 0).repeat(3, 2)
    written(
        tmp_path / "scan.dpx",
        codes.copy(),
        "uint16",
        dpx__Transfer="Printing density",
        oiio__BitsPerSample=10,
    )
    shown = drawn(sandbox, tmp_path / "scan.dpx")[10, :, 1]
    assert shown[5] < 12
    assert 100 < shown[30] < 150
    assert shown[55] > 245


def test_an_exr_is_shown_in_its_display_window(sandbox: Sandbox, tmp_path: Path) -> None:
    window = {"x": 10, "y": 5, "full_x": 0, "full_y": 0, "full_width": 100, "full_height": 60}
    written(tmp_path / "window.exr", linear(corners()), "half", **window)
    shown = drawn(sandbox, tmp_path / "window.exr")
    assert shown.shape == (60, 100, 3)
    assert shown[2, 2].max() < 10
    assert np.abs(shown[5:45, 10:90] - corners()).mean() < 14


@pytest.mark.parametrize(("orientation", "size"), [(1, (120, 160)), (6, (160, 120))])
def test_a_camera_negative_is_developed_upright(
    sandbox: Sandbox, tmp_path: Path, orientation: int, size: tuple[int, int]
) -> None:
    (tmp_path / "a.dng").write_bytes(dng(orientation))
    assert drawn(sandbox, tmp_path / "a.dng").shape[:2] == size


def test_a_photo_of_too_many_pixels_is_refused_by_its_header(sandbox: Sandbox, tmp_path: Path) -> None:
    """Promise B5: nothing is decoded of a bomb."""
    small = psd(3, 8, PLANES)
    (tmp_path / "bomb.psd").write_bytes(small[:14] + struct.pack(">II", 30000, 30000) + small[22:])
    with pytest.raises(SourceError) as caught:
        drawn(sandbox, tmp_path / "bomb.psd")
    assert caught.value.error_code == "source_too_large"


def test_the_levels_of_a_pyramid_are_no_pages(sandbox: Sandbox, tmp_path: Path) -> None:
    large = srgb().resize(16, kernel="nearest")
    large.tiffsave(str(tmp_path / "pyramid.tif"), tile=True, pyramid=True, tile_width=128, tile_height=128)
    assert make_pictures(sandbox, tmp_path / "pyramid.tif", tmp_path).pages == 1


def test_a_packed_drawing_is_a_drawing(sandbox: Sandbox, tmp_path: Path) -> None:
    """SVGZ: known by its name and by what is in it."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><path d="M0 0h80v40z"/></svg>'
    (tmp_path / "a.svgz").write_bytes(gzip.compress(svg))
    found = sniff(tmp_path / "a.svgz", "a.svgz").content_type
    made = make_pictures(sandbox, tmp_path / "a.svgz", tmp_path, content_type=found)
    assert (made.format, made.width, made.height) == ("svg", 80, 40)
    assert sniff(tmp_path / "a.svgz", "a.gz").kind == "other"
