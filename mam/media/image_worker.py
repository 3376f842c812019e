"""The contained half of `mam.media.images` and `mam.media.resizer`: libvips in a process of its own.

Started as a script by its path, inside the walls only: `image_worker.py PACKAGES JOB`, JOB being JSON.
Answers one line of JSON on stdout: facts, or `{"error": ...}`; with the job `"resize"` it stays and answers
one resized picture after the other (see `_serve`). Of libvips' many readers exactly the one for the sniffed
type is let in. Writes JPEGs in the folder it was started in, nothing else.
"""

from __future__ import annotations

import json
import os
import re
import struct
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
_PICTURE_QUALITY = 90  # what is made of it is compressed once more
_WHITE = [255, 255, 255]
# Two efforts higher cost AVIF and WebP twice the time and more for some hundredths of the size.
_WRITERS: dict[str, tuple[str, dict[str, Any]]] = {
    "jpeg": (".jpg", {"optimize_coding": True}),
    "webp": (".webp", {"effort": 2}),
    "avif": (".avif", {"compression": "av1", "effort": 1}),
}
_RESIZE_THREADS = 2  # somebody waits for it
_ASK = struct.Struct(">II")  # bytes of the wish (JSON), bytes of the picture
_MADE = struct.Struct(">BI")  # 0 for made, 1 for unreadable; bytes of the picture


def _vips(packages: str, content_type: str, threads: int = 1) -> Any:
    """A pyvips with every reader blocked but the one for `content_type`; nothing cached."""
    os.environ["VIPS_BLOCK_UNTRUSTED"] = "1"
    os.environ["VIPS_CONCURRENCY"] = str(threads)
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


def _upright(pyvips: Any, source: str, side: int, fail_on: str) -> Any:
    """The picture upright, in sRGB, on white where it is transparent, no side longer than `side`."""
    small = pyvips.Image.thumbnail(
        source, side, height=side, size="down", output_profile="srgb", fail_on=fail_on
    )
    if small.hasalpha():
        small = small.flatten(background=_WHITE)
    return small.colourspace("srgb")


def _save(image: Any, name: str, quality: int) -> None:
    """Write a JPEG without any metadata."""
    image.jpegsave(name, Q=quality, keep="none", optimize_coding=True)


def _run(packages: str, job: dict[str, Any]) -> dict[str, Any]:
    """Do one job: the facts and, where they are named, a poster and larger pictures of the pages."""
    pyvips = _vips(packages, job["content_type"])
    try:
        image = pyvips.Image.new_from_file(job["source"], access="sequential")
        facts = _facts(image)
        if image.width * image.height > job["max_pixels"]:
            return {"error": "too_large", **facts}
        if job["poster"]:
            facts["partial"] = _first(pyvips, job)
        if job["pictures"]:
            facts["drawn"] = 1 + _others(pyvips, job, image)
    except pyvips.Error as error:
        return {"error": "unreadable", "reason": str(error)[:_TAG_CHARACTERS]}
    return facts


def _first(pyvips: Any, job: dict[str, Any]) -> bool:
    """Draw the first page; True where the picture is damaged and only a part of it could be shown."""
    try:
        _draw(pyvips, job, "truncated")
    except pyvips.Error:
        _draw(pyvips, job, "none")
        return True
    return False


def _draw(pyvips: Any, job: dict[str, Any], fail_on: str) -> None:
    """The poster; where pictures are wanted it is made of the first one, so that a master is read once."""
    side = job["width"]
    if job["pictures"]:
        large = _upright(pyvips, job["source"], job["side"], fail_on).copy_memory()
        _save(large, job["pictures"].format(1), _PICTURE_QUALITY)
        poster = large.thumbnail_image(side, height=side, size="down")
    else:
        poster = _upright(pyvips, job["source"], side, fail_on)
    _save(poster, job["poster"], _QUALITY)


def _others(pyvips: Any, job: dict[str, Any], first: Any) -> int:
    """Draw the further pages, as many as may be and can be read; frames of an animation are no pages."""
    pages = 1 if "delay" in first.get_fields() else min(first.get_n_pages(), job["max_pages"])
    left = job["page_pixels"] - first.width * first.height
    for number in range(2, pages + 1):
        name = f"{job['source']}[page={number - 1}]"
        try:
            page = pyvips.Image.new_from_file(name, access="sequential")
            left -= page.width * page.height
            if left < 0:
                return number - 2
            _save(
                _upright(pyvips, name, job["side"], "none"), job["pictures"].format(number), _PICTURE_QUALITY
            )
        except pyvips.Error:
            return number - 2
    return pages - 1


def _serve(packages: str) -> None:
    """Resize what comes on stdin until it ends: heads of `_ASK` and `_MADE`, no file is opened.

    The pictures are JPEGs that `_draw` or ffmpeg wrote, upright and in sRGB; they are not believed either.
    """
    pyvips = _vips(packages, "image/jpeg", _RESIZE_THREADS)
    pyvips.operation_block_set("VipsForeignLoadJpegFile", True)
    asks, answers = sys.stdin.buffer, sys.stdout.buffer
    while len(head := asks.read(_ASK.size)) == _ASK.size:
        wish, picture = _ASK.unpack(head)
        wanted, data = json.loads(asks.read(wish)), asks.read(picture)
        try:
            made = _resized(pyvips, wanted, data)
            answers.write(_MADE.pack(0, len(made)) + made)
        except pyvips.Error:
            answers.write(_MADE.pack(1, 0))
        answers.flush()


def _resized(pyvips: Any, wanted: dict[str, Any], data: bytes) -> bytes:
    """One picture as wanted, never larger than it is; libjpeg decodes no more than the size needs."""
    image = pyvips.Image.new_from_buffer(data, "")
    if image.width * image.height > wanted["max_pixels"]:
        raise pyvips.Error("too many pixels")
    width, height = wanted["width"] or image.width, wanted["height"] or image.height
    how = {"size": "down"}
    if wanted["fit"] != "inside":
        scale = min(1.0, image.width / width, image.height / height)
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
        how = {"crop": "centre"} if wanted["fit"] == "cover" else {"size": "force"}
    # its own fail_on is not handed on to the reader (libvips 8.18), the string of options is
    small = pyvips.Image.thumbnail_buffer(data, width, height=height, option_string="fail_on=error", **how)
    suffix, options = _WRITERS[wanted["format"]]
    written: bytes = small.write_to_buffer(suffix, Q=wanted["quality"], keep="none", **options)
    return written


def _main(packages: str, job: str) -> None:
    if job == "resize":
        _serve(packages)
    else:
        sys.stdout.write(json.dumps(_run(packages, json.loads(job))))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2])
