"""Kinds of pictures that libvips has no decoder for: each comes out as the picture that went in."""

from __future__ import annotations

import gzip
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import OpenImageIO as oiio  # noqa: N813 - its own name for itself
import pytest
import pyvips
from PIL import Image

from mam.errors import SourceError
from mam.media.images import make_pictures
from mam.media.readers import raw
from mam.media.sandbox import Sandbox
from mam.media.sniff import sniff
from mam.media.sniff_pictures import is_old_jpeg

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
        elif isinstance(value, tuple):
            wanted.attribute(name, *value)
        else:
            wanted.attribute(name.replace("__", ":"), value)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), wanted), out.geterror()
    assert out.write_image(samples), out.geterror()
    out.close()
    return path


ACES = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
"""SMPTE ST 2065-1: its primaries and white."""


def in_aces(light: np.ndarray) -> np.ndarray:
    """Linear sRGB as ACES2065-1, by the matrix that the Academy prints for Rec. 709 (S-2014-004)."""
    matrix = np.array(((0.4397010, 0.3829780, 0.1773350), (0.0897923, 0.8134230, 0.0967616),
                       (0.0175440, 0.1115440, 0.8707040)), np.float32)  # fmt: skip
    return np.ascontiguousarray(light @ matrix.T)


def deep_exr(path: Path) -> None:
    """Two samples a pixel: the corners behind half a grey of nothing."""
    spec = oiio.ImageSpec(80, 40, 5, "half")
    spec.channelnames, spec.deep = ("A", "B", "G", "R", "Z"), True
    data = oiio.DeepData()
    data.init(80 * 40, 5, "half", spec.channelnames)
    for at, colour in enumerate(linear(corners()).reshape(-1, 3)):
        data.set_samples(at, 2)
        for sample, values in enumerate(((0, 0, 0, 0, 1), (1, colour[2], colour[1], colour[0], 2))):
            for channel, value in enumerate(values):
                data.set_deep_value(at, channel, sample, float(value))
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec), out.geterror()
    assert out.write_deep_image(data), out.geterror()
    out.close()


def drawing(comment: str) -> str:
    """The corners as SVG, after words of those who made it."""
    places = ((0, 0, "f00"), (40, 0, "0f0"), (0, 20, "00f"), (40, 20, "ff0"))
    parts = "".join(
        f'<rect x="{x}" y="{y}" width="40" height="20" fill="#{colour}"/>' for x, y, colour in places
    )
    head = f'<?xml version="1.0"?><!-- {comment} -->'
    return f'{head}<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40">{parts}</svg>'


def luma_chroma_exr() -> bytes:
    """The head of an OpenEXR whose chroma is coarser than its luma (its format's document)."""

    def field(name: bytes, kind: bytes, value: bytes) -> bytes:
        return name + b"\0" + kind + b"\0" + struct.pack("<I", len(value)) + value

    channels = b"".join(
        name + b"\0" + struct.pack("<IIII", 1, 0, step, step)
        for name, step in ((b"BY", 2), (b"RY", 2), (b"Y", 1))
    )
    window, one = struct.pack("<4i", 0, 0, 79, 39), struct.pack("<f", 1)
    fields = (
        field(b"channels", b"chlist", channels + b"\0"), field(b"compression", b"compression", b"\0"),
        field(b"dataWindow", b"box2i", window), field(b"displayWindow", b"box2i", window),
        field(b"lineOrder", b"lineOrder", b"\0"), field(b"pixelAspectRatio", b"float", one),
        field(b"screenWindowCenter", b"v2f", bytes(8)), field(b"screenWindowWidth", b"float", one),
    )  # fmt: skip
    return struct.pack("<II", 20000630, 2) + b"".join(fields) + b"\0" + bytes(8 * 40)


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
    "zstd.tif": lambda path: Image.fromarray(corners()).save(path, compression="zstd"),
    "deep.exr": deep_exr,
    "aces.exr": lambda path: written(
        path, in_aces(linear(corners())), "float", chromaticities=("float[8]", ACES)
    ),
    "wide.svg": lambda path: path.write_bytes(drawing("x").encode("utf-16")),
    "long.svg": lambda path: path.write_bytes(drawing("x" * 5000).encode()),
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


def unknown_raw(orientation: int) -> bytes:
    """A camera's file that LibRaw does not know: a thumbnail, a preview of 200 x 100, noise."""
    tags = (
        (254, 4, 1), (256, 4, 0), (257, 4, 0), (259, 3, 6), (271, 2, 0x00786F46), (274, 3, orientation),
        (330, 4, 8), (513, 4, 999_999),
    )  # fmt: skip
    entries = b"".join(
        struct.pack("<HHII", tag, kind, 4 if kind == 2 else 1, value) for tag, kind, value in tags
    )
    pictures = [srgb().thumbnail_image(side, height=100_000).jpegsave_buffer(Q=90) for side in (50, 200)]
    noise = np.random.default_rng(1).integers(0, 255, 9000, dtype=np.uint8).tobytes()
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    return head + b"".join(pictures) + noise


@pytest.mark.parametrize(("orientation", "size"), [(1, (100, 200)), (8, (200, 100))])
def test_of_an_unknown_camera_the_preview_that_it_put_in_is_shown(
    sandbox: Sandbox, tmp_path: Path, orientation: int, size: tuple[int, int]
) -> None:
    (tmp_path / "a.nef").write_bytes(unknown_raw(orientation))
    assert drawn(sandbox, tmp_path / "a.nef").shape[:2] == size


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


def twelve_bits(path: Path) -> None:
    """A JPEG whose frame says 12 bits a sample (ITU-T T.81, B.2.2)."""
    Image.fromarray(corners()).save(path, format="JPEG")
    data = bytearray(path.read_bytes())
    data[data.index(b"\xff\xc0") + 4] = 12
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("twelve.jpg", twelve_bits, "12 bits"),
        ("luma.exr", lambda path: path.write_bytes(luma_chroma_exr()), "coarser chroma"),
    ],
    ids=["jpeg", "exr"],
)
def test_a_sound_picture_that_nobody_here_reads_is_kept(
    sandbox: Sandbox, tmp_path: Path, name: str, make: Callable[[Path], object], reason: str
) -> None:
    """Promise B14: it is not called damaged, and the reason says what it is."""
    make(tmp_path / name)
    with pytest.raises(SourceError, match=reason) as caught:
        drawn(sandbox, tmp_path / name)
    assert caught.value.error_code == "source_rejected"


def test_a_tiff_cut_short_is_flagged(sandbox: Sandbox, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.tif")
    whole = (tmp_path / "cut.tif").read_bytes()
    start = whole.index(noise[0].tobytes())  # its directory lies before its picture
    (tmp_path / "cut.tif").write_bytes(whole[: start + 50_000])
    assert make_pictures(sandbox, tmp_path / "cut.tif", tmp_path).partial


def test_pages_cut_short_are_flagged(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given three pages, when the file ends in the third, then it says that something is lost."""
    pages = [Image.effect_noise((200, 200), 90) for _ in range(3)]
    pages[0].save(tmp_path / "whole.tif", save_all=True, append_images=pages[1:])
    whole = (tmp_path / "whole.tif").read_bytes()
    (tmp_path / "cut.tif").write_bytes(whole[: -200 * 100])
    told = [make_pictures(sandbox, tmp_path / name, tmp_path).partial for name in ("whole.tif", "cut.tif")]
    assert told == [False, True]


def test_a_tiff_of_the_first_jpeg_is_for_another_reader() -> None:
    """Tiles of it are black to libvips, which says nothing of that."""
    directory = struct.pack("<HHHII", 1, 259, 3, 1, 6) + bytes(4)
    assert is_old_jpeg(b"II*\0" + struct.pack("<I", 8) + directory)
    assert not is_old_jpeg(b"II*\0" + struct.pack("<I", 8) + directory.replace(b"\6", b"\7"))


def test_a_preview_of_another_shape_is_not_taken_for_the_photo() -> None:
    """LibRaw hands out the first strip of a preview in strips."""
    photo = SimpleNamespace(iwidth=3000, iheight=4000)
    alike = [raw._alike(photo, SimpleNamespace(width=width, height=height))  # noqa: SLF001 - no camera here
             for width, height in ((1200, 1600), (1600, 1200), (1600, 900), (1600, 100))]  # fmt: skip
    assert alike == [True, True, True, False]
