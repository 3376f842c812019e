"""Reads what Pillow reads, one format let in at a time: HEIC, JPEG 2000, icons, and the old plain ones.

Numbers above 8 bits stay 16 bits where Pillow has them. Writes nothing.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from mam.media.readers import LONGEST_TAG, Drawing, KeptError, Opened, ReaderError, check_bytes
from mam.media.readers.arrays import stretched, to_vips

FORMATS = {
    "image/jpeg": ("JPEG",),
    "image/heic": ("HEIF",),
    "image/heif": ("HEIF",),
    "image/heic-sequence": ("HEIF",),
    "image/avif": ("AVIF",),
    "image/avif-sequence": ("AVIF",),
    "image/jp2": ("JPEG2000",),
    "image/j2c": ("JPEG2000",),
    "image/bmp": ("BMP", "DIB"),
    "image/x-icon": ("ICO", "CUR"),
    "image/icns": ("ICNS",),
    "image/x-tga": ("TGA",),
    "image/x-pcx": ("PCX",),
    "image/x-sgi": ("SGI",),
    "image/x-qoi": ("QOI",),
    "image/x-sun-raster": ("SUN",),
    "image/x-portable-anymap": ("PPM",),
    "image/tiff": ("TIFF",),
    "image/vnd.adobe.photoshop": ("PSD",),
    "image/vnd.ms-dds": ("DDS",),
}
_SEQUENCES = frozenset(("image/avif-sequence", "image/heic-sequence"))
_PAGED = frozenset(("image/heic", "image/heif", "image/tiff", "image/x-icon"))
_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    KeyError,
    TypeError,
    IndexError,
    RuntimeError,
    OverflowError,
)
"""What Pillow's readers raise over damage; it has no one error of its own."""

_TAGS = {271: "make", 272: "model", 270: "description", 315: "artist", 33432: "copyright"}
_EXIF_IFD, _EXIF_TAGS = 0x8769, {36867: "date_time_original", 42036: "lens_model"}
_AS_RGB = frozenset(("YCbCr", "HSV", "RGBX", "BGR;15", "BGR;16", "BGR;24"))
_SIXTEEN = ("I;16", "I;16L", "I;16B", "I;16N")
_COSTS = {"JPEG2000": 5}  # bytes a sample while it is decoded: OpenJPEG holds each as 32 bits beside ours
_PSD_HEADER = 26  # bytes
_BANDS = {"CMYK": 4, "RGBA": 4, "RGBa": 4, "L": 1, "1": 1, "LA": 2}


def open_picture(pyvips: Any, source: str, content_type: str) -> Opened:
    """Open by the header; nothing is decoded yet. `KeptError` for a header that no picture follows."""
    from PIL import Image  # noqa: PLC0415 - only for these files

    formats = FORMATS[content_type]
    if "HEIF" in formats:
        import pi_heif  # noqa: PLC0415 - decoders only: its sister brings x265, which is GPL

        pi_heif.register_heif_opener(thumbnails=False)
    if formats == ("PSD",) and _is_bare_psd(source):
        raise KeptError("The file has a header and no picture; there is nothing to show.")
    Image.MAX_IMAGE_PIXELS = None  # pixels are counted by our own limit, before anything is decoded
    warnings.simplefilter("ignore")
    try:
        picture = Image.open(source, formats=formats)
        first = picture.tell()
        pages = 1 if content_type in _SEQUENCES else max(1, int(getattr(picture, "n_frames", 1)))
        orientation = picture.getexif().get(274, 1) if _turns(picture) else 1
        tags = _tags(picture)
    except _FAULTS as error:
        raise ReaderError(str(error)) from error
    size = picture.size[::-1] if orientation in {5, 6, 7, 8} else picture.size

    def draw(page: int, _side: int) -> Drawing:
        order = [first, *(one for one in range(pages) if one != first)]
        return _drawn(pyvips, picture, order[page]), False

    return Opened(
        format=str(picture.format or "").lower(),
        width=size[0],
        height=size[1],
        draw=draw,
        pages=pages,
        moving=bool(getattr(picture, "is_animated", False)) and content_type not in _PAGED,
        bit_depth=16 if picture.mode.startswith("I") else 8,
        alpha=picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info,
        profile=bool(picture.info.get("icc_profile")),
        tags=tags,
    )


def _is_bare_psd(source: str) -> bool:
    """Whether a Photoshop file is whole up to its picture and ends there (a word says how that is packed)."""
    size, at = Path(source).stat().st_size, _PSD_HEADER
    with Path(source).open("rb") as stream:
        for _ in ("colours", "resources", "layers"):
            stream.seek(at)
            at += 4 + int.from_bytes(stream.read(4), "big")
    return at <= size <= at + 2


def _turns(picture: Any) -> bool:
    """Whether EXIF tells how to hold it; HEIF's own transforms are done by its reader, PSD has none."""
    return picture.format not in {"HEIF", "PSD"}


def _drawn(pyvips: Any, picture: Any, frame: int) -> Any:
    """One frame, decoded, upright, as libvips has it."""
    from PIL import ImageOps  # noqa: PLC0415

    width, height = picture.size
    check_bytes(width, height, _BANDS.get(picture.mode, 3), _COSTS.get(str(picture.format), 1))
    try:
        if picture.tell() != frame:
            picture.seek(frame)
        picture.load()
        profile = picture.info.get("icc_profile") or b""
        upright = ImageOps.exif_transpose(picture) if _turns(picture) else picture
        samples, meaning = _samples(upright)
    except _FAULTS as error:
        raise ReaderError(str(error)) from error
    return to_vips(pyvips, samples, meaning=meaning, profile=bytes(profile))


def _samples(picture: Any) -> tuple[np.ndarray, str]:
    """A Pillow picture of any mode as samples that libvips knows, and what they mean."""
    mode = picture.mode
    if picture.format == "PSD" and mode in {"RGBA", "LA"}:  # the composite lies on white; this is a mask
        return np.asarray(picture.convert(mode.removesuffix("A"))), ""
    if mode in {"I", "F", *_SIXTEEN}:
        return _deep(np.asarray(picture), mode), ""
    if mode == "LAB":
        return _from_lab(picture), ""
    return np.asarray(_plain(picture, mode)), "cmyk" if mode == "CMYK" else ""


def _deep(samples: np.ndarray, mode: str) -> np.ndarray:
    """Grey of more than 8 bits as 16 bits where it fits, else as 8 bits from its darkest to its lightest."""
    if mode == "F" or int(samples.min()) < 0 or int(samples.max()) > 0xFFFF:  # noqa: PLR2004 - 16 bits
        return stretched(samples)
    return samples.astype(np.uint16)


def _plain(picture: Any, mode: str) -> Any:
    """Palettes, bits and odd colour models as grey, RGB or RGBA."""
    if mode in {"P", "PA"}:
        return picture.convert("RGBA" if mode == "PA" or "transparency" in picture.info else "RGB")
    if mode == "1":
        return picture.convert("L")
    if mode in {"RGBa", "La"}:
        return picture.convert("RGBA")
    if mode in {"RGB", "L"} and "transparency" in picture.info:
        return picture.convert("RGBA")
    return picture.convert("RGB") if mode in _AS_RGB else picture


def _from_lab(picture: Any) -> np.ndarray:
    """CIE L*a*b* on an sRGB screen."""
    from PIL import ImageCms  # noqa: PLC0415

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return np.asarray(ImageCms.profileToProfile(picture, lab, srgb, outputMode="RGB"))


def _tags(picture: Any) -> dict[str, str]:
    """The few written tags that are kept for search; places are not among them."""
    exif = picture.getexif()
    found = {ours: exif.get(number) for number, ours in _TAGS.items()}
    inner = exif.get_ifd(_EXIF_IFD)
    found |= {ours: inner.get(number) for number, ours in _EXIF_TAGS.items()}
    return {name: str(value).strip("\0 ")[:LONGEST_TAG] for name, value in found.items() if value}
