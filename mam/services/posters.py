"""Posters of versions: one JPEG in the attempt's scratch folder, with its size and blurhash.

A poster is an ornament: where a film gives none, the preview goes without. Of a picture large pictures are
drawn with it, one a page, from which images are resized on demand; `picture.json` points at those that are
shown. Writes files, which the caller stores, and the pointer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from PIL import Image

from mam.core import Mam
from mam.errors import SourceError
from mam.media.documents import CONVERTED
from mam.media.ffmpeg import find_tools
from mam.media.images import Pages
from mam.media.images import make_pictures as draw_picture
from mam.media.office import find_suite, make_pdf
from mam.media.poster import blurhash_of, poster_size
from mam.media.poster import make_poster as draw_film
from mam.media.sandbox import Sandbox, open_sandbox
from mam.media.stills import PICTURES, POINTER, Pointer
from mam.services.publishing import put_text
from mam.types import MediaInfo, Source, Storage

log = structlog.get_logger("mam.posters")

NAME = "poster.jpg"
MAX_PAGES = 1000
"""Of a document that are drawn."""

FEW_PAGES, LARGE_PAGE, SMALL_PAGE = 40, 2560, 1440
"""Up to so many pages are drawn large; longer sides in pixels. A small page of text takes 0.1-0.3 MB."""

PARTIAL = "The file is damaged; what could be read of it is shown."

PAGES_SECONDS = 12.0
"""Pages are drawn for so long at a time; some hundred pages of text."""


@dataclass(frozen=True)
class Poster:
    """A poster that was made; its size in pixels where that is known.

    `pictures` are the large pictures of a picture's pages, in the poster's folder; `partial` says that they
    show only a part of a damaged one.
    """

    path: Path
    blurhash: str
    width: int | None
    height: int | None
    pictures: tuple[str, ...] = ()
    partial: bool = False

    def pointer(self, generation: str, coming: int) -> Pointer:
        """What names the pictures once they are stored in that generation, while they lie here."""
        with (self.path.parent / self.pictures[0]).open("rb") as first:
            digest = hashlib.file_digest(first, "sha256").hexdigest()
        return Pointer(generation, len(self.pictures), coming, digest)


class NotDrawnError(SourceError):
    """An office file whose page the suite could not draw: it is kept, and no failure."""


def film_poster(mam: Mam, source: Source, folder: Path) -> Poster | None:
    """One frame of a film; None where none can be had."""
    media = source.media
    if media is None or media.video is None:
        return None
    tools = find_tools(mam.config.media.ffmpeg)
    sandbox = open_sandbox(mam.config.media.sandbox, tools)
    try:
        draw_film(tools, sandbox, source.path, media, folder / NAME)
        width, height = poster_size(media.video)
        return Poster(folder / NAME, blurhash_of(folder / NAME), width, height)
    except (SourceError, ValueError, OSError) as error:
        log.warning("no poster", file=source.filename, reason=str(error))
        return None


def picture_poster(mam: Mam, source: Source, info: MediaInfo, folder: Path) -> Poster:
    """The first page small, and its pages large, upright and clean; raises `SourceError` where it cannot be.

    Of a long document the first pages are drawn, as many as there is time for; `document_pages` draws the
    others.
    """
    sandbox = open_sandbox(mam.config.media.sandbox, find_tools(mam.config.media.ffmpeg))
    with _drawable(sandbox, source, info, folder) as (path, content_type):
        made = draw_picture(
            sandbox,
            path,
            folder,
            max_pixels=mam.config.media.max_pixels,
            content_type=content_type,
            pages=pages_of(info),
        )
    pictures = tuple(PICTURES.format(page) for page in range(1, made.drawn + 1))
    try:
        with Image.open(folder / NAME, formats=["JPEG"]) as poster:
            width, height = poster.size
        blurhash = blurhash_of(folder / NAME)
    except (ValueError, OSError) as error:
        raise SourceError("The picture could not be drawn.", code="source_corrupt") from error
    return Poster(folder / NAME, blurhash, width, height, pictures, made.partial)


@contextmanager
def _drawable(sandbox: Sandbox, source: Source, info: MediaInfo, folder: Path) -> Iterator[tuple[Path, str]]:
    """What is drawn and its content type: the file itself, of an office file its first page as PDF.

    Raises `NotDrawnError` where that page cannot be made or drawn.
    """
    if info.content_type not in CONVERTED:
        yield source.path, info.content_type
        return
    suite = find_suite()
    if suite is None:
        raise NotDrawnError("No preview: the office suite that draws its pages is gone.")
    with TemporaryDirectory(prefix=".office-", dir=folder) as room:
        try:
            yield make_pdf(sandbox, suite, source.path, Path(room)), "application/pdf"
        except SourceError as error:
            raise NotDrawnError(f"No preview: {error.detail}") from error


def pages_of(info: MediaInfo, first: int = 1) -> Pages:
    """Which pages are drawn at a time, how large: long documents smaller, so that they do not grow huge."""
    if info.kind != "document":
        return Pages()
    pages = info.pages or 1
    side = LARGE_PAGE if pages <= FEW_PAGES else SMALL_PAGE
    return Pages(first=first, last=min(pages, MAX_PAGES), side=side, seconds=PAGES_SECONDS)


def pages_coming(info: MediaInfo) -> int:
    """How many pages of a document will have been drawn in the end; 0 for a picture, drawn at once."""
    return min(info.pages or 1, MAX_PAGES) if info.kind == "document" else 0


def point_at_pictures(storage: Storage, version_id: str, pointer: Pointer) -> None:
    """Make a generation's large pictures, a page each, the ones that images are made of on demand."""
    text, generation = pointer.text(), pointer.generation
    put_text(storage, f"{version_id}/{generation}/{POINTER}", text)
    put_text(storage, f"{version_id}/{POINTER}", text)


def mend_pictures(storage: Storage, version_id: str, gone: Collection[str], shown: str | None) -> None:
    """Where the pointer names a generation that is gone, point at the one that is shown, if it has pictures.

    Whatever else it names is left alone: somebody may be about to show it.
    """
    pointer = f"{version_id}/{POINTER}"
    if storage.stat("previews", pointer) is None:
        return
    with storage.open("previews", pointer) as stream:
        named = Pointer.parse(stream.read())
    if named is not None and named.generation not in gone:
        return
    own = f"{version_id}/{shown}/{POINTER}"
    if shown is None or storage.stat("previews", own) is None:
        storage.delete("previews", pointer)
        return
    with storage.open("previews", own) as stream:
        put_text(storage, pointer, stream.read().decode())
