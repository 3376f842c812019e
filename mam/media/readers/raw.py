"""Reads camera RAW by LibRaw: the preview that the camera put in, else a quick development.

Writes nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mam.media.readers import Drawing, Opened, ReaderError, UnknownError, check_bytes
from mam.media.readers.arrays import to_vips

_LARGE_ENOUGH = 1000
"""Longer side in pixels from which the camera's own preview is taken."""

_MOST_CROPPED = 1.5
"""How much longer than the other the preview or the picture may be: 4:3 beside 16:9 is 1.33."""

_FLIPPED = {3: 3, 5: 8, 6: 6}
"""LibRaw's turns as EXIF orientations."""


def open_picture(pyvips: Any, source: str, _content_type: str) -> Opened:
    """Open by the header. `ReaderError` and `UnknownError` leave it to whoever finds the camera's preview."""
    import rawpy  # noqa: PLC0415 - only for these files

    try:
        raw = rawpy.imread(source)
    except rawpy.LibRawFileUnsupportedError as error:
        raise ReaderError("LibRaw does not know this camera") from error
    except rawpy.LibRawError as error:
        raise ReaderError(str(error)) from error
    sizes = raw.sizes
    turn = _FLIPPED.get(sizes.flip, 1)
    size = (sizes.iwidth, sizes.iheight)
    width, height = size[::-1] if turn in {6, 8} else size

    def draw(_page: int, _side: int) -> Drawing:
        preview = _preview(pyvips, rawpy, raw, turn)
        return (_developed(pyvips, rawpy, raw) if preview is None else preview), False

    return Opened("raw", width, height, draw, bit_depth=16)


def _reason(error: Exception) -> str:
    """LibRaw's own words, which come as bytes."""
    said = error.args[0] if error.args else ""
    return said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)


def _preview(pyvips: Any, rawpy: Any, raw: Any, turn: int) -> Any:
    """The camera's own preview, upright; None where there is none or a small one."""
    try:
        found = raw.extract_thumb()
    except rawpy.LibRawError:
        return None
    if found.format != rawpy.ThumbFormat.JPEG:
        return None
    try:
        pyvips.operation_block_set("VipsForeignLoadJpeg", False)
        image = pyvips.Image.new_from_buffer(found.data, "")
    except pyvips.Error:
        return None
    if max(image.width, image.height) < _LARGE_ENOUGH or not _alike(raw.sizes, image):
        return None
    if "orientation" not in image.get_fields() or image.get("orientation") == 1:
        image = image.copy()
        image.set_type(pyvips.GValue.gint_type, "orientation", turn)
    return image.autorot()


def _developed(pyvips: Any, rawpy: Any, raw: Any) -> Any:
    """A quick development at half the size, as the camera would balance its white."""
    sizes = raw.sizes
    check_bytes(sizes.raw_width, sizes.raw_height, 3, 2)
    small = max(sizes.raw_width, sizes.raw_height) < 2 * _LARGE_ENOUGH
    try:
        samples = raw.postprocess(use_camera_wb=True, half_size=not small, output_bps=8)
    except (rawpy.LibRawIOError, rawpy.LibRawDataError) as error:
        raise ReaderError(_reason(error)) from error
    except rawpy.LibRawError as error:
        raise UnknownError(f"This camera's raw pictures are not known here ({_reason(error)}).") from error
    return to_vips(pyvips, np.asarray(samples))


def _alike(sizes: Any, image: Any) -> bool:
    """Whether a preview has about the picture's shape; of one in strips LibRaw hands out the first alone."""
    shapes = [max(width, height) / max(1, min(width, height)) for width, height in (
        (sizes.iwidth, sizes.iheight), (image.width, image.height))]  # fmt: skip
    return max(shapes) < _MOST_CROPPED * min(shapes)
