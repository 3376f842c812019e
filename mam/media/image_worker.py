"""The contained half of `mam.media.images`: libvips over one picture, in a process of its own.

Started as a script by its path, inside the walls only: `image_worker.py PACKAGES JOB`, JOB being JSON.
Answers one line of JSON on stdout: facts, or `{"error": ...}`. Of libvips' many readers exactly the one
for the sniffed type is let in. Writes at most one JPEG in the folder it was started in.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

_LOADERS = {
    "image/jpeg": "VipsForeignLoadJpeg",
    "image/png": "VipsForeignLoadPng",
    "image/gif": "VipsForeignLoadNsgif",
    "image/webp": "VipsForeignLoadWebp",
    "image/tiff": "VipsForeignLoadTiff",
    "image/avif": "VipsForeignLoadHeif",
    "image/heic": "VipsForeignLoadHeif",
    "image/heif": "VipsForeignLoadHeif",
    "image/svg+xml": "VipsForeignLoadSvg",
}
_WRITTEN_TAGS = {
    "exif-ifd0-Make": "make",
    "exif-ifd0-Model": "model",
    "exif-ifd0-Artist": "artist",
    "exif-ifd0-Copyright": "copyright",
    "exif-ifd0-ImageDescription": "description",
    "exif-ifd2-DateTimeOriginal": "date_time_original",
    "exif-ifd2-LensModel": "lens_model",
}
_TAG_CHARACTERS = 500
_TURNED = 5  # EXIF orientations 5-8 swap width and height
_QUALITY = 82
_WHITE = [255, 255, 255]


def _vips(packages: str, content_type: str) -> Any:
    """A pyvips with every reader blocked but the one for `content_type`; one thread, nothing cached."""
    os.environ["VIPS_BLOCK_UNTRUSTED"] = "1"
    os.environ["VIPS_CONCURRENCY"] = "1"
    sys.path.append(packages)
    import pyvips  # noqa: PLC0415 - only now is it known where it lies

    pyvips.cache_set_max(0)
    pyvips.operation_block_set("VipsForeignLoad", True)
    pyvips.operation_block_set(_LOADERS[content_type], False)
    return pyvips


def _text(value: Any) -> str:
    """The text of an EXIF field, which libvips writes as "VALUE (VALUE, ASCII, 6 components, 6 bytes)"."""
    twice = re.sub(r", [A-Za-z ]+, \d+ components, \d+ bytes\)$", "", str(value))
    once = twice[: (len(twice) - 2) // 2]
    return (once if twice == f"{once} ({once}" else twice).strip()[:_TAG_CHARACTERS]


def _facts(image: Any) -> dict[str, Any]:
    """What the header says, as shown: width and height after EXIF orientation."""
    fields = set(image.get_fields())
    turn = image.get("orientation") if "orientation" in fields else 1
    size = [image.width, image.height]
    width, height = size[::-1] if turn >= _TURNED else size
    tags = {ours: _text(image.get(name)) for name, ours in _WRITTEN_TAGS.items() if name in fields}
    return {
        "width": width,
        "height": height,
        "pages": image.get_n_pages(),
        "format": image.get("vips-loader").removesuffix("load"),
        "bit_depth": {"uchar": 8, "ushort": 16}.get(image.format, 32),
        "alpha": bool(image.hasalpha()),
        "profile": "icc-profile-data" in fields,
        "tags": tags,
    }


def _poster(pyvips: Any, source: str, name: str, width: int, fail_on: str) -> None:
    """Write an upright sRGB JPEG without any metadata, no side longer than `width`."""
    small = pyvips.Image.thumbnail(
        source, width, height=width, size="down", output_profile="srgb", fail_on=fail_on
    )
    if small.hasalpha():
        small = small.flatten(background=_WHITE)
    small.colourspace("srgb").jpegsave(name, Q=_QUALITY, keep="none", optimize_coding=True)


def _run(packages: str, job: dict[str, Any]) -> dict[str, Any]:
    """Do one job: the facts and, where `poster` names a file, that file."""
    pyvips = _vips(packages, job["content_type"])
    try:
        image = pyvips.Image.new_from_file(job["source"], access="sequential")
        facts = _facts(image)
        if image.width * image.height > job["max_pixels"]:
            return {"error": "too_large", **facts}
        if job["poster"]:
            facts["partial"] = _draw(pyvips, job)
    except pyvips.Error as error:
        return {"error": "unreadable", "reason": str(error)[:_TAG_CHARACTERS]}
    return facts


def _draw(pyvips: Any, job: dict[str, Any]) -> bool:
    """Write the poster; True where the picture is damaged and only a part of it could be shown."""
    try:
        _poster(pyvips, job["source"], job["poster"], job["width"], "truncated")
    except pyvips.Error:
        _poster(pyvips, job["source"], job["poster"], job["width"], "none")
        return True
    return False


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_run(sys.argv[1], json.loads(sys.argv[2]))))
