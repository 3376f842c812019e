"""The picture under a note with its drawing burnt in: for paper, share pages and whoever asks the API.

    still = note_stills.note_still(mam, actor, comment_id, width=1280)  # Still(data: JPEG, width, height)

A film's frame comes exactly, out of the preview's smallest rung that is large enough; a picture's or a
document's page out of its large picture. Two are made at a time, each once however many ask; what was made
lies in `note-stills` of the data folder, the latest 500. Never opens a master; writes that folder only.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mam.core import Mam
from mam.errors import NotFoundError, RateLimitedError, StorageError, ValidationError
from mam.media import drawing, frame_still
from mam.media.burn import burn, size_of
from mam.media.drawing_svg import to_svg
from mam.media.ffmpeg import find_tools
from mam.media.labels import labels_of
from mam.media.playlists import INIT_NAME, PLAYLIST_NAME, parse_media
from mam.media.sandbox import open_sandbox
from mam.media.stills import POINTER, Pointer, snap
from mam.models import Comment, Rendition, Version
from mam.services import access, comments
from mam.services.leases import connected
from mam.types import Actor, Storage

MOST_KEPT = 500
"""Stills that stay on the disk; of 1280 pixels each takes about 0.2 MB."""

RUNNING, WAITING = 2, 8
"""Stills made at a time, and those that may wait; whoever comes then is asked to come back."""

_RECIPE = 1  # part of every name: a change of how they are made leaves the old ones to be forgotten
_PAGE = "page.jpg"
_FILM = "film.mp4"


@dataclass(frozen=True)
class Still:
    """A JPEG in sRGB with its size in pixels; `etag` changes whenever the picture or the drawing does."""

    data: bytes
    width: int
    height: int
    etag: str


@dataclass(frozen=True)
class _Wanted:
    """What is made: of which generation, the frame of a film or the page (from 0), and how large."""

    version_id: str
    generation: str
    frame: int
    rung: str
    rate: str
    drawing: dict[str, Any] | None
    side: int

    @property
    def name(self) -> str:
        """The same for the same result."""
        said = [_RECIPE, *vars(self).values()]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass
class _Kitchen:
    """What is being made in this process."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    cooking: dict[Path, Future[bytes]] = field(default_factory=dict)
    cooks: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(RUNNING, thread_name_prefix="stills")
    )

    def once(self, path: Path, make: Callable[[], bytes]) -> bytes:
        """What `make` answers for a path, made once for all who ask meanwhile. Raises what it raises."""
        with self.lock:
            future = self.cooking.get(path)
            if future is None:
                if len(self.cooking) >= RUNNING + WAITING:
                    raise RateLimitedError("Too many stills are being made; try again shortly.", 2)
                future = self.cooking[path] = self.cooks.submit(make)
                future.add_done_callback(lambda _: self._done(path))
        return future.result()

    def _done(self, path: Path) -> None:
        with self.lock:
            del self.cooking[path]


_kitchen = _Kitchen()


def note_still(mam: Mam, actor: Actor, comment_id: str, width: int = 1280) -> Still:
    """The frame or page that a note stands on with its drawing burnt in; a reply stands where its note does.

    `width` is the longer side in pixels, rounded up to a size that is made, never beyond the preview's own.
    Opens its own database connection, briefly, so that nothing is held while it is made. Raises
    `NotFoundError` (also for a note on the whole, sound, or a preview that is not there), `ForbiddenError`,
    `RateLimitedError`, `SourceError`, `StorageError`.
    """
    with connected():
        wanted = _wanted(mam, actor, comment_id, snap(width))
    path = mam.config.data / "note-stills" / f"{wanted.name}.jpg"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = _kitchen.once(path, lambda: _made(mam, wanted, path))
    return Still(data, *size_of(BytesIO(data)), etag=f'"{wanted.name[:32]}"')


def _wanted(mam: Mam, actor: Actor, comment_id: str, side: int) -> _Wanted:
    """What to make for a note that `actor` sees, on a preview that `actor` sees."""
    note = comments.visible(mam, actor, comment_id)
    version, _ = access.require_version(mam, actor, "preview.read", note.version_id)
    above = note.parent if note.parent_id else note
    if version.preview_generation is None:
        raise NotFoundError("There is no preview of this version to show a still of.")
    rung, labels = _rung(version, side), labels_of(version.media)
    frame = above.frame
    if frame is None and rung is not None:
        raise NotFoundError("This note stands on the whole, not on a frame.")
    rate = str(labels.rate) if labels else ""
    name = rung.name if rung else ""
    return _Wanted(version.id, version.preview_generation, frame or 0, name, rate, _shapes(note), side)


def _shapes(note: Comment) -> dict[str, Any] | None:
    """The note's drawing; None where it has none, or one that was stored before drawings had a format."""
    try:
        return None if note.drawing is None else drawing.check(note.drawing)
    except ValidationError:
        return None


def _rung(version: Version, side: int) -> Rendition | None:
    """The smallest rung of the preview that is at least so large, else the largest; None without pictures."""
    shown = (Rendition.version == version.id) & (Rendition.generation == version.preview_generation)
    rungs = list(Rendition.select().where(shown, Rendition.kind == "video"))
    rungs.sort(key=_longer)
    return next((rung for rung in rungs if _longer(rung) >= side), rungs[-1] if rungs else None)


def _longer(rung: Rendition) -> int:
    return max(rung.width or 0, rung.height or 0)


def _made(mam: Mam, wanted: _Wanted, path: Path) -> bytes:
    """Make a still in a scratch folder of its own and keep it."""
    with _folder(mam) as folder:
        picture = _frame(mam, wanted, folder) if wanted.rung else _page(mam.storage, wanted, folder)
        size = size_of(folder / picture, wanted.side)
        svg = to_svg(wanted.drawing, *size) if wanted.drawing else ""
        walls = open_sandbox(mam.config.media.sandbox, find_tools(mam.config.media.ffmpeg))
        data = burn(walls, folder, picture, svg, size)
    _keep(path, data)
    return data


@contextmanager
def _folder(mam: Mam) -> Iterator[Path]:
    try:
        with TemporaryDirectory(prefix="note-", dir=mam.config.work) as name:
            yield Path(name)
    except OSError as error:
        raise StorageError(f"The scratch folder of a still cannot be used: {error}.") from error


def _frame(mam: Mam, wanted: _Wanted, folder: Path) -> str:
    """The frame of the film, in a file of `folder`; the name of that."""
    base = f"{wanted.version_id}/{wanted.generation}/{wanted.rung}"
    with mam.storage.open("previews", f"{base}/{PLAYLIST_NAME}") as stream:
        segments = parse_media(stream.read().decode()).segments
    found = frame_still.place(segments, Fraction(wanted.rate), wanted.frame)
    if found is None:
        raise NotFoundError("The preview has no such frame, or not yet.")
    segment, number = found
    with (folder / _FILM).open("wb") as film:
        for name in (INIT_NAME, segment.name):
            with mam.storage.open("previews", f"{base}/{name}") as stream:
                shutil.copyfileobj(stream, film)
    tools = find_tools(mam.config.media.ffmpeg)
    walls = open_sandbox(mam.config.media.sandbox, tools)
    frame_still.take(tools, walls, folder / _FILM, number, folder)
    return frame_still.NAME


def _page(storage: Storage, wanted: _Wanted, folder: Path) -> str:
    """The large picture of the page, in a file of `folder`; the name of that."""
    key = f"{wanted.version_id}/{wanted.generation}/{POINTER}"
    if storage.stat("previews", key) is None:
        raise NotFoundError("There is no picture under this note.")
    with storage.open("previews", key) as stream:
        pointer = Pointer.parse(stream.read())
    name = pointer.source(wanted.frame + 1) if pointer else None
    if name is None:
        raise NotFoundError("The preview has no such page, or not yet.")
    with (
        storage.open("previews", f"{wanted.version_id}/{name}") as stream,
        (folder / _PAGE).open("wb") as page,
    ):
        shutil.copyfileobj(stream, page)
    return _PAGE


def _keep(path: Path, data: bytes) -> None:
    """Keep a still, the oldest go; a disk that does not take it is no failure."""
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with TemporaryDirectory(prefix=".new-", dir=path.parent) as folder:
            fresh = Path(folder, path.name)
            fresh.write_bytes(data)
            fresh.replace(path)
        kept = sorted(path.parent.glob("*.jpg"), key=lambda one: one.stat().st_mtime)
        for old in kept[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
