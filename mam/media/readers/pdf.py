"""Reads PDF by PDFium: pages drawn at the size that is asked for, and their words for search.

PDFium is built without JavaScript and opens no form, no link, no attachment. Writes nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mam.media.readers import Drawing, KeptError, Opened, ReaderError
from mam.media.readers.arrays import to_vips

_POINTS_TO_PIXELS = 150 / 72
"""A page's size is told in pixels at 150 dpi."""

_LARGEST_SCALE = 10.0
_ENCRYPTED = "The document is encrypted: it is kept, and cannot be shown without its password."


def open_picture(pyvips: Any, source: str, _content_type: str) -> Opened:
    """Open by the file's table of objects; `KeptError` where a password is asked for."""
    document = open_document(source)
    size = _size(document, 0)

    def draw(page: int, side: int) -> Drawing:
        return _drawn(pyvips, document, page, side), False

    return Opened(
        "pdf",
        max(1, round(size[0] * _POINTS_TO_PIXELS)),
        max(1, round(size[1] * _POINTS_TO_PIXELS)),
        draw,
        pages=len(document),
        rendered=True,
    )


def open_document(source: str) -> Any:
    """PDFium's document. Raises `KeptError` for an encrypted one, `ReaderError` for none."""
    import pypdfium2  # noqa: PLC0415 - only for these files
    from pypdfium2 import raw  # noqa: PLC0415

    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        locked = raw.FPDF_ERR_PASSWORD
        if raw.FPDF_GetLastError() == locked or "password" in str(error).lower():
            raise KeptError(_ENCRYPTED) from error
        raise ReaderError(str(error)) from error
    if len(document) < 1:
        raise ReaderError("it has no pages")
    return document


def text_of(source: str, most: int) -> str:
    """The words of all pages, at most `most` characters; a form feed between two pages."""
    import pypdfium2  # noqa: PLC0415

    document = open_document(source)
    found: list[str] = []
    left = most
    for number in range(len(document)):
        try:
            page = document[number]
            words = page.get_textpage().get_text_bounded()[:left]
            page.close()
        except pypdfium2.PdfiumError:
            words = ""  # one page's damage hides no other page
        found.append(words)
        left -= len(words)
        if left <= 0:
            break
    return "\f".join(found)


def _without_colour(samples: np.ndarray) -> np.ndarray:
    """A copy, of one band where the page is black on white: that is a third of the work."""
    red, green, blue = (samples[:, :, band] for band in range(3))
    grey = np.array_equal(red, green) and np.array_equal(green, blue)
    return np.array(red if grey else samples)


def _size(document: Any, page: int) -> tuple[float, float]:
    """Width and height in points, as shown; a page without any is a letter."""
    import pypdfium2  # noqa: PLC0415

    try:
        width, height = document.get_page_size(page)
    except pypdfium2.PdfiumError as error:
        raise ReaderError(str(error)) from error
    return (width, height) if width > 0 and height > 0 else (612.0, 792.0)


def _drawn(pyvips: Any, document: Any, number: int, side: int) -> Any:
    """One page on white, its longer side `side` pixels."""
    import pypdfium2  # noqa: PLC0415

    width, height = _size(document, number)
    scale = min(_LARGEST_SCALE, side / max(width, height))
    try:
        page = document[number]
        bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=False, no_smoothtext=False)
        samples = _without_colour(bitmap.to_numpy()[:, :, :3])
        bitmap.close()
        page.close()
    except (pypdfium2.PdfiumError, ValueError, MemoryError) as error:
        raise ReaderError(str(error)) from error
    return to_vips(pyvips, samples)
