"""The contained half of `mam.media.images` and `mam.media.resizer`: decoders in a process of its own.

Started as a script by its path, inside the walls only: `image_worker.py PACKAGES JOB`, JOB being JSON.
Answers one line of JSON on stdout: facts, or `{"error": ...}`; with the job `"resize"` it stays and answers
one resized picture after the other (see `_serve`). Of libvips' many readers exactly the one for the sniffed
type is let in; what it cannot read is for `mam.media.readers`, by name. Writes JPEGs in the folder it was
started in, nothing else.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

# Which of `mam.media.readers` read a type, in the order in which they are tried; else it is "native".
_READERS: dict[str, tuple[str, ...]] = {
    "image/jpeg": ("native", "pillow"),
    "image/heic": ("pillow",),
    "image/heif": ("pillow",),
    "image/heic-sequence": ("pillow",),
    "image/avif": ("native", "pillow"),
    "image/avif-sequence": ("native", "pillow"),
    "image/tiff": ("native", "openimage", "pillow"),
    "image/jp2": ("pillow", "openimage"),
    "image/j2c": ("pillow", "openimage"),
    "image/jxl": ("openimage",),
    "image/vnd.adobe.photoshop": ("pillow", "openimage"),
    "image/x-exr": ("openimage",),
    "image/x-dpx": ("openimage",),
    "image/x-cineon": ("openimage",),
    "image/vnd.radiance": ("openimage",),
    "image/vnd.ms-dds": ("openimage", "pillow"),
    "image/x-softimage": ("openimage",),
    "image/fits": ("openimage",),
    "image/bmp": ("pillow", "openimage"),
    "image/x-tga": ("pillow", "openimage"),
    "image/x-icon": ("pillow",),
    "image/icns": ("pillow",),
    "image/x-pcx": ("pillow",),
    "image/x-sgi": ("pillow", "openimage"),
    "image/x-qoi": ("pillow",),
    "image/x-sun-raster": ("pillow",),
    "image/x-portable-anymap": ("pillow", "openimage"),
    "image/x-raw": ("raw", "embedded", "native"),
    "image/x-canon-cr3": ("raw", "embedded"),
    "application/pdf": ("pdf",),
}
_REASON_CHARACTERS = 500
_QUALITY = 82
_PICTURE_QUALITY = 90  # what is made of it is compressed once more
_PAGE_QUALITY = 80  # a document's pages are many, and sharp edges make them large
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


def _find_packages(packages: str) -> None:
    """Make the libraries importable, and of this package the rooms beside this file and no more."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy's threads would take address space
    sys.path.append(packages)
    here = Path(__file__).parent
    for name, folder in (("mam", here.parent), ("mam.media", here)):
        sys.modules[name] = room = ModuleType(name)
        room.__path__ = [str(folder)]


def _vips(loader: str | None, threads: int = 1) -> Any:
    """A pyvips with every reader blocked but one, or all of them; nothing cached."""
    os.environ["VIPS_BLOCK_UNTRUSTED"] = "1"
    os.environ["VIPS_CONCURRENCY"] = str(threads)
    import pyvips  # noqa: PLC0415 - see `_find_packages`

    pyvips.cache_set_max(0)
    pyvips.operation_block_set("VipsForeignLoad", True)
    if loader is not None:
        pyvips.operation_block_set(loader, False)
    return pyvips


def _run(job: dict[str, Any]) -> dict[str, Any]:
    """Do one job by the first reader that can: the facts and, where they are named, words and pictures."""
    from mam.media import readers  # noqa: PLC0415 - see `_find_packages`

    reason = unknown = ""
    for name in _READERS.get(job["content_type"], ("native",)):
        try:
            return _by_reader(name, job)
        except readers.ReaderError as error:
            reason = reason or str(error)
            unknown = unknown or (str(error) if isinstance(error, readers.UnknownError) else "")
        except readers.KeptError as error:
            return {"error": "kept", "reason": str(error)[:_REASON_CHARACTERS]}
        except readers.TooLargeError as error:
            return {"error": "too_large", "reason": str(error)}
    if unknown:
        return {"error": "kept", "reason": unknown[:_REASON_CHARACTERS]}
    return {"error": "unreadable", "reason": reason[:_REASON_CHARACTERS]}


def _by_reader(name: str, job: dict[str, Any]) -> dict[str, Any]:
    """The facts by one reader. Raises what it raises."""
    from mam.media.readers import ReaderError, TooLargeError, native  # noqa: PLC0415 - see `_find_packages`

    pyvips = _vips(native.LOADERS.get(job["content_type"]))
    reader = import_module(f"mam.media.readers.{name}")
    opened = reader.open_picture(pyvips, job["source"], job["content_type"])
    if not opened.rendered and opened.pixels > job["max_pixels"]:
        raise TooLargeError(f"{opened.width} x {opened.height} pixels")
    facts = {**opened.facts(), "drawn": 0, "partial": False}
    if not job["poster"] and not job["pictures"]:
        return facts
    try:
        return facts | _pictures(pyvips, opened, job)
    except pyvips.Error as error:
        raise ReaderError(str(error)) from error


def _pictures(pyvips: Any, opened: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Draw what is wanted: a poster of the first page, and large pictures from the page `first` on.

    The pages end before one that cannot be read; where it is damage, what is drawn is only a part.
    """
    from mam.media.readers import ReaderError, TooLargeError, UnknownError  # noqa: PLC0415 - see `_find_packages`

    over = time.monotonic() + job["seconds"]
    first = job["first"]
    partial = False
    if first == 1:
        partial = _first(opened, job)
    if not job["pictures"]:
        return {"partial": partial}
    drawn = 1 if first == 1 else first - 1
    pages = 1 if opened.moving else min(opened.pages, job["last"])
    left = job["page_pixels"] - opened.pixels
    for number in range(drawn + 1, pages + 1):
        left -= 0 if opened.rendered else opened.pixels
        if left < 0 or time.monotonic() > over:
            break
        try:
            partial = _further(opened, number, job) or partial
        except TooLargeError:
            break
        except (ReaderError, pyvips.Error) as error:
            partial = partial or not isinstance(error, UnknownError)
            break
        drawn = number
    return {"partial": partial, "drawn": drawn}


def _first(opened: Any, job: dict[str, Any]) -> bool:
    """The first page; the poster is made of its large picture, so that a master is read once."""
    side = job["side"] if job["pictures"] else job["width"]
    image, partial = opened.draw(0, side)
    large = _smaller(image, side).copy_memory()
    if job["pictures"]:
        _save(large, job["pictures"].format(1), _page_quality(opened))
    if job["poster"]:
        _save(large.thumbnail_image(job["width"], height=job["width"], size="down"), job["poster"], _QUALITY)
    return bool(partial)


def _further(opened: Any, number: int, job: dict[str, Any]) -> bool:
    """Draw one further page; True where it shows only a part of a damaged one."""
    image, partial = opened.draw(number - 1, job["side"])
    _save(_smaller(image, job["side"]), job["pictures"].format(number), _page_quality(opened))
    return bool(partial)


def _smaller(image: Any, side: int) -> Any:
    """A picture in sRGB by its profile, on white where it is transparent, no side longer than `side`."""
    plain = _is_grey(image) or (image.interpretation == "srgb" and image.format == "uchar")
    if max(image.width, image.height) > side or _has_profile(image) or not plain:
        image = image.thumbnail_image(side, height=side, size="down", output_profile="srgb")
    if image.hasalpha():
        image = image.flatten(background=_WHITE)
    return image if _is_grey(image) else image.colourspace("srgb")


def _is_grey(image: Any) -> bool:
    """Whether a picture has one band, which every JPEG reader shows as grey."""
    return bool(image.bands == 1 and image.interpretation == "b-w" and image.format == "uchar")


def _page_quality(opened: Any) -> int:
    return _PAGE_QUALITY if opened.rendered else _PICTURE_QUALITY


def _has_profile(image: Any) -> bool:
    return "icc-profile-data" in image.get_fields()


def _save(image: Any, name: str, quality: int) -> None:
    """Write a JPEG without any metadata."""
    image.jpegsave(name, Q=quality, keep="none", optimize_coding=True)


def _serve() -> None:
    """Resize what comes on stdin until it ends: heads of `_ASK` and `_MADE`, no file is opened.

    The pictures are JPEGs that `_save` or ffmpeg wrote, upright and in sRGB; they are not believed either.
    """
    pyvips = _vips("VipsForeignLoadJpeg", _RESIZE_THREADS)
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


def _words(job: dict[str, Any]) -> dict[str, Any]:
    """The words of a document, for search."""
    from mam.media.readers import words  # noqa: PLC0415 - see `_find_packages`

    return words.read(job["source"], job["content_type"], job["characters"])


def _burnt(job: dict[str, Any]) -> dict[str, Any]:
    """One of our pictures with one of our drawings over it."""
    from mam.media.readers import ReaderError, burn  # noqa: PLC0415 - see `_find_packages`

    pyvips = _vips(None)
    for loader in burn.LOADERS:
        pyvips.operation_block_set(loader, False)
    try:
        return dict(burn.burn(pyvips, job))
    except ReaderError as error:
        return {"error": "unreadable", "reason": str(error)[:_REASON_CHARACTERS]}


def _main(packages: str, job: str) -> None:
    _find_packages(packages)
    if job == "resize":
        _serve()
        return
    wanted = json.loads(job)
    kind = next((name for name in ("characters", "burn") if name in wanted), "")
    answer = {"characters": _words, "burn": _burnt}.get(kind, _run)(wanted)
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2])
