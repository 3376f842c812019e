"""Reads what OpenImageIO reads: EXR, DPX, Cineon, PSD, JPEG XL, HDR and the film world's others.

Scene light becomes display light: linear by the sRGB curve, film densities by Cineon's (10-bit code 685 is
white, 95 black, 0.002 density a code, gamma 0.6). Rows are read in bands, so that a float picture never
lies in memory whole. Writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mam.media.readers import LONGEST_TAG, Drawing, Opened, ReaderError, UnknownError, check_bytes
from mam.media.readers.arrays import displayed, is_light, stretched, to_rec709, to_vips

READERS: dict[str, str] = {
    "image/x-exr": "openexr",
    "image/x-dpx": "dpx",
    "image/x-cineon": "cineon",
    "image/vnd.adobe.photoshop": "psd",
    "image/jxl": "jpegxl",
    "image/vnd.radiance": "hdr",
    "image/jp2": "jpeg2000",
    "image/j2c": "jpeg2000",
    "image/tiff": "tiff",
    "image/vnd.ms-dds": "dds",
    "image/x-softimage": "softimage",
    "image/x-sgi": "sgi",
    "image/x-portable-anymap": "pnm",
    "image/fits": "fits",
    "image/x-tga": "targa",
    "image/bmp": "bmp",
}
_LINEAR = frozenset(("image/x-exr", "image/vnd.radiance"))
_COSTS = {"image/jxl": 6, "image/jp2": 6, "image/j2c": 6}  # bytes a sample: their decoders hold all as floats
_BAND_ROWS = 64
_HEAD_BYTES = 64 * 1024
_EVERY_PIXEL = b"\1\0\0\0\1\0\0\0"
_BEAUTY = re.compile(
    r"^(?:.*\.)?(?:beauty|rgba?|combined|composite|c|left|main|color|colour)$", re.IGNORECASE
)
_BITS = {"uint8": 8, "uint16": 16, "uint32": 32, "half": 16, "float": 32, "double": 32}
_TAGS = {
    "Make": "make",
    "Model": "model",
    "Artist": "artist",
    "Copyright": "copyright",
    "ImageDescription": "description",
}
_CMYK_BANDS = 4
_MAX_PARTS = 256


@dataclass(frozen=True)
class _Part:
    """A part (subimage) of a file with its specification, and which of its channels are shown.

    `flat` holds those channels of a deep part, where each pixel had many samples.
    """

    number: int
    spec: Any
    channels: tuple[int, ...]
    alpha: int | None = None
    coloured: bool = True
    flat: np.ndarray | None = None


def open_picture(pyvips: Any, source: str, content_type: str) -> Opened:
    """Open by the header with the one reader for this type."""
    import OpenImageIO as oiio  # noqa: N813, PLC0415 - its own name for itself; only for these files

    oiio.attribute("threads", 1)
    oiio.attribute("limits:imagesize_MB", 4096)
    found = _input(oiio, source, content_type)
    part = _beauty(found, content_type)
    spec = part.spec
    linear = content_type in _LINEAR
    width, height = (spec.full_width, spec.full_height) if linear else (spec.width, spec.height)
    orientation = spec.get_int_attribute("Orientation", 1)
    if orientation in {5, 6, 7, 8}:
        width, height = height, width
    if min(width, height) < 1:
        raise ReaderError("no pixels")

    def draw(page: int, _side: int) -> Drawing:
        check_bytes(
            width, height, 3 if linear else len(part.channels), 1 if linear else _COSTS.get(content_type, 2)
        )
        wanted = part if page == 0 else _page(found, page)
        wanted = _flattened(oiio, source, wanted) if wanted.spec.deep else wanted
        image = _drawn(oiio, pyvips, found, wanted, content_type)
        image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
        return image.autorot(), False

    profile = spec.getattribute("ICCProfile")
    return Opened(
        format=found.format_name(),
        width=width,
        height=height,
        draw=draw,
        pages=_pages(found) if content_type == "image/tiff" else 1,
        bit_depth=spec.get_int_attribute("oiio:BitsPerSample", _BITS.get(str(spec.format), 32)),
        alpha=part.alpha is not None,
        profile=profile is not None,
        tags={
            ours: str(text)[:LONGEST_TAG] for name, ours in _TAGS.items() if (text := spec.getattribute(name))
        },
    )


def _pages(found: Any) -> int:
    """How many pictures a TIFF holds."""
    pages = 1
    while pages < _MAX_PARTS and found.seek_subimage(pages, 0):
        pages += 1
    found.seek_subimage(0, 0)
    return pages


def _page(found: Any, page: int) -> _Part:
    """A TIFF's further page."""
    if not found.seek_subimage(page, 0):
        raise ReaderError(found.geterror() or "no such page")
    return replace(_plain(found.spec()), number=page)


def _input(oiio: Any, source: str, content_type: str) -> Any:
    """The file opened; OpenImageIO chooses by the first bytes, and what it chose has to be of this type."""
    wishes = oiio.ImageSpec()
    wishes.attribute("psd:RawData", 1)  # CMYK stays CMYK, for its own profile
    found = oiio.ImageInput.open(source, wishes)
    if found is None:
        reason = oiio.geterror() or "it cannot be opened"
        if content_type == "image/x-exr" and _is_subsampled(source):
            raise UnknownError("OpenEXR of luma and coarser chroma is not read here.")
        raise ReaderError(reason)
    if found.format_name() != READERS[content_type]:
        raise ReaderError(f"it is {found.format_name()}")
    return found


def _is_subsampled(source: str) -> bool:
    """Whether an OpenEXR's first part has channels with fewer samples than pixels, by its list of them."""
    with Path(source).open("rb") as stream:
        _, _, listed = stream.read(_HEAD_BYTES).partition(b"channels\0chlist\0")
    channels = listed[4 : 4 + int.from_bytes(listed[:4], "little")]
    while (end := channels.find(b"\0")) > 0:
        steps = channels[end + 9 : end + 17]  # its type and a flag stand before
        if steps not in {_EVERY_PIXEL, b""}:
            return True
        channels = channels[end + 17 :]
    return False


def _beauty(found: Any, content_type: str) -> _Part:
    """The part and the channels that a viewer would show first."""
    parts: list[_Part] = []
    while content_type == "image/x-exr" and len(parts) < _MAX_PARTS and found.seek_subimage(len(parts), 0):
        parts.append(_part(len(parts), found.spec()))
    if not parts:
        return _plain(found.spec())
    named = [one for one in parts if one.coloured and _BEAUTY.match(str(one.spec.getattribute("name") or ""))]
    coloured = [one for one in parts if one.coloured]
    return (named or coloured or parts)[0]


def _plain(spec: Any) -> _Part:
    """A file of one picture: its first channels are the colours, whatever they are called."""
    cmyk = tuple(spec.channelnames[:_CMYK_BANDS]) == ("C", "M", "Y", "K")
    alpha = spec.alpha_channel if 0 <= spec.alpha_channel < spec.nchannels and not cmyk else None
    colours = [one for one in range(spec.nchannels) if one != alpha]
    grey = len(colours) < 3  # noqa: PLR2004 - red, green, blue
    wanted = 1 if grey else (_CMYK_BANDS if cmyk else 3)
    return _Part(0, spec, tuple(colours[:wanted]), alpha)


def _part(number: int, spec: Any) -> _Part:
    """The channels of an EXR's part: top-level RGB, else a layer called beauty, else the first layer."""
    layers: dict[str, dict[str, int]] = {}
    for at, name in enumerate(spec.channelnames):
        layer, _, channel = name.rpartition(".")
        layers.setdefault(layer, {})[channel.upper()] = at
    rgb = [layer for layer, channels in layers.items() if set("RGB") <= channels.keys()]
    if rgb:
        beauty = "" if "" in rgb else next((one for one in rgb if _BEAUTY.match(one)), rgb[0])
        channels = layers[beauty]
        return _Part(number, spec, tuple(channels[one] for one in "RGB"), channels.get("A"))
    bright = next((channels["Y"] for channels in layers.values() if "Y" in channels), None)
    return _Part(number, spec, (0 if bright is None else bright,), None, coloured=bright is not None)


def _drawn(oiio: Any, pyvips: Any, found: Any, part: _Part, content_type: str) -> Any:
    """The part decoded, as libvips has it."""
    spec = part.spec
    if content_type in _LINEAR:
        return to_vips(pyvips, _from_light(oiio, found, part))
    if str(spec.format) in {"float", "double", "half"}:
        return to_vips(pyvips, _from_floats(oiio, found, part))
    kept = part.channels if part.alpha is None else (*part.channels, part.alpha)
    deep = str(spec.format) != "uint8"
    samples = np.empty((spec.height, spec.width, len(kept)), np.uint16 if deep else np.uint8)
    for top, rows in _bands(oiio, found, part, "uint16" if deep else "uint8"):
        samples[top : top + len(rows)] = rows[:, :, kept]
    if _is_film_density(spec, content_type):
        return to_vips(pyvips, _from_density(samples))
    cmyk = len(part.channels) == _CMYK_BANDS
    if cmyk:  # Photoshop keeps how much ink is absent
        samples = np.bitwise_not(samples[:, :, :_CMYK_BANDS])
    profile = spec.getattribute("ICCProfile")
    return to_vips(pyvips, samples, meaning="cmyk" if cmyk else "", profile=_bytes(profile))


def _flattened(oiio: Any, source: str, part: _Part) -> _Part:
    """A deep part with the samples of each pixel laid over each other."""
    spec = part.spec
    check_bytes(spec.width, spec.height, spec.nchannels + len(part.channels), 4)
    names = tuple(spec.channelnames[channel] for channel in part.channels)
    flat = oiio.ImageBufAlgo.flatten(oiio.ImageBuf(source, part.number, 0))
    shown = oiio.ImageBufAlgo.channels(flat, names)
    rows = shown.get_pixels(oiio.FLOAT)
    if flat.has_error or shown.has_error or rows is None or rows.shape[:2] != (spec.height, spec.width):
        raise ReaderError(flat.geterror() or shown.geterror() or "its samples cannot be read")
    return replace(part, channels=tuple(range(len(names))), flat=rows)


def _bytes(profile: Any) -> bytes:
    return b"" if profile is None else np.asarray(profile, np.uint8).tobytes()


def _bands(oiio: Any, found: Any, part: _Part, kind: str) -> Iterator[tuple[int, np.ndarray]]:
    """The picture's rows from its data window's top on, some at a time: (first row, samples)."""
    spec = part.spec
    if part.flat is not None:
        for top in range(0, spec.height, _BAND_ROWS):
            yield top, part.flat[top : top + _BAND_ROWS]
        return
    step = spec.tile_height * max(1, _BAND_ROWS // spec.tile_height) if spec.tile_width else _BAND_ROWS
    for top in range(0, spec.height, step):
        below = min(top + step, spec.height)
        first, last = spec.y + top, spec.y + below
        if spec.tile_width:
            right = spec.x + spec.width
            rows = found.read_tiles(
                part.number, 0, spec.x, right, first, last, 0, 1, 0, spec.nchannels, oiio.TypeDesc(kind)
            )
        else:
            rows = found.read_scanlines(
                part.number, 0, first, last, 0, 0, spec.nchannels, oiio.TypeDesc(kind)
            )
        if rows is None:
            raise ReaderError(found.geterror() or "its rows cannot be read")
        yield top, np.asarray(rows).reshape(below - top, spec.width, spec.nchannels)


def _from_light(oiio: Any, found: Any, part: _Part) -> np.ndarray:
    """Scene-linear light in the display window, 8 bits a colour; nothing lies beyond the data window."""
    spec = part.spec
    bands = len(part.channels)
    if not part.coloured:
        return stretched(
            np.concatenate([rows[:, :, part.channels] for _, rows in _bands(oiio, found, part, "float")])
        )
    shown = np.zeros((spec.full_height, spec.full_width, bands), np.uint8)
    told = spec.getattribute("chromaticities")
    matrix = to_rec709(told) if bands == len("RGB") and told is not None else None
    left, right = max(spec.x, spec.full_x), min(spec.x + spec.width, spec.full_x + spec.full_width)
    for top, rows in _bands(oiio, found, part, "float"):
        for at, row in enumerate(rows, spec.y + top - spec.full_y):
            if 0 <= at < spec.full_height and left < right:
                seen = row[left - spec.x : right - spec.x, part.channels]
                seen = seen if matrix is None else seen @ matrix
                shown[at, left - spec.full_x : right - spec.full_x] = displayed(seen)
    return shown


def _from_floats(oiio: Any, found: Any, part: _Part) -> np.ndarray:
    """Floats of a file that is not scene-linear by its nature: light where they look like it, else data."""
    rows = [rows[:, :, part.channels] for _, rows in _bands(oiio, found, part, "float")]
    samples = np.concatenate(rows)
    return displayed(samples) if is_light(samples) else stretched(samples)


def _is_film_density(spec: Any, content_type: str) -> bool:
    """Cineon always; DPX where its header says so (SMPTE ST 268: 1 printing density, 3 logarithmic).

    What says "linear" in whole numbers is video in practice (ffmpeg writes that), and is shown as it is.
    """
    if content_type == "image/x-cineon":
        return True
    said = str(spec.getattribute("dpx:Transfer") or "").lower()
    return content_type == "image/x-dpx" and said in {"printing density", "logarithmic", "kodaklog"}


def _from_density(samples: np.ndarray) -> np.ndarray:
    """Densities of a film scan as 8 bits for a screen, by a table of all 16-bit codes."""
    codes = np.arange(65536, dtype=np.float32) / 65535 * 1023
    black = 10 ** ((95 - 685) * 0.002 / 0.6)
    linear = (10 ** ((codes - 685) * 0.002 / 0.6) - black) / (1 - black)
    table = displayed(linear)
    wide = samples if samples.dtype == np.uint16 else samples.astype(np.uint16) * 257
    return np.asarray(table[wide[:, :, :3]])
