"""Lays a drawing over a picture: the contained half of `mam.media.burn`. Writes one JPEG.

Both are ours, the picture written by a contained decoder and the drawing made of checked shapes; they are
read behind the walls all the same, by libvips' readers of JPEG and SVG and no other.
"""

from __future__ import annotations

from typing import Any

from mam.media.readers import ReaderError

LOADERS = ("VipsForeignLoadJpeg", "VipsForeignLoadSvg")


def burn(pyvips: Any, job: dict[str, Any]) -> dict[str, Any]:
    """The picture `job["burn"]` at most `width` wide with `drawing` over it (none where empty), as `out`."""
    try:
        image = pyvips.Image.thumbnail(job["burn"], job["width"], height=job["height"], size="force")
        image = image.colourspace("srgb")
        if job["drawing"]:
            over = pyvips.Image.thumbnail(job["drawing"], image.width, height=image.height, size="force")
            image = image.composite2(over, "over").flatten()
        image.jpegsave(job["out"], Q=job["quality"], keep="none", optimize_coding=True)
    except pyvips.Error as error:
        raise ReaderError(str(error)) from error
    return {"width": image.width, "height": image.height}
