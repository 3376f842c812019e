"""Scrub sprites of a preview that is ready: a small job of its own, so that nobody waits for them.

Reads a few segments of the smallest rung of the generation that is shown, adds `sprites.vtt` and its sheets
to that generation. Writes the previews area and, fenced, a row; leaves nothing in a generation that is over.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import structlog

from mam.core import Mam
from mam.errors import StorageError
from mam.media import sprites
from mam.media.ffmpeg import find_tools
from mam.media.playlists import INIT_NAME, PLAYLIST_NAME, Segment, parse_media
from mam.media.sandbox import open_sandbox
from mam.models import Rendition, Unavailable
from mam.services import leases, preview_state, publishing
from mam.services.leases import Lease
from mam.services.scratch import scratch

log = structlog.get_logger("mam.sprites")

_FILM = "film.mp4"


def make_sprites(mam: Mam, lease: Lease) -> None:
    """Draw the sprites of the generation that the job names, while that is the one that is shown."""
    generation = str(lease.payload["generation"])
    try:
        with leases.connected():
            rung = smallest_rung(lease.version_id, generation)
        if rung is not None:
            with scratch(mam, lease.token) as folder:
                _make(mam, lease, rung, folder)
    finally:
        _leave_nothing_behind(mam, lease.version_id or "", generation)


def smallest_rung(version_id: str | None, generation: str) -> Rendition | None:
    """The smallest rung of a generation that is shown; None where another one is shown by now."""
    if version_id is None or preview_state.shown_generation(version_id) != generation:
        return None
    where = (Rendition.version == version_id) & (Rendition.generation == generation)
    rungs = list(Rendition.select().where(where, Rendition.kind == "video"))
    return min(rungs, key=_pixels, default=None)


def _pixels(rung: Rendition) -> int:
    return (rung.width or 0) * (rung.height or 0)


def _make(mam: Mam, lease: Lease, rung: Rendition, folder: Path) -> None:
    base = f"{rung.version_id}/{rung.generation}"
    with mam.storage.open("previews", f"{base}/{rung.name}/{PLAYLIST_NAME}") as stream:
        segments = parse_media(stream.read().decode()).segments
    wanted = sprites.plan(segments, rung.width or 2, rung.height or 2)
    needed = [segments[number] for number in wanted.segments]
    fetch_film(mam, lease, f"{base}/{rung.name}", needed, folder / _FILM)
    out = folder / "out"
    out.mkdir()
    tools = find_tools(mam.config.media.ffmpeg)
    sandbox = open_sandbox(mam.config.media.sandbox, tools)
    sprites.draw(tools, sandbox, folder / _FILM, wanted, out, on_progress=lambda _block: leases.check(lease))
    if not leases.heartbeat(mam, lease):
        lease.lost.set()
    leases.check(lease)
    size = _store(mam, base, wanted, out)
    with leases.fenced(lease):
        preview_state.sprites(mam, rung.version_id, rung.generation, size)
        leases.finish(lease)


def fetch_film(mam: Mam, lease: Lease, rung: str, segments: list[Segment], path: Path) -> None:
    """The rung's init segment and those segments as one file `path`: a fragmented MP4 with holes."""
    try:
        with path.open("wb") as film:
            for name in (INIT_NAME, *(segment.name for segment in segments)):
                leases.check(lease)
                with mam.storage.open("previews", f"{rung}/{name}") as stream:
                    shutil.copyfileobj(stream, film)
    except OSError as error:
        raise StorageError(f"The scratch folder of the job cannot be written: {error}.") from error


def _store(mam: Mam, base: str, wanted: sprites.Plan, out: Path) -> int:
    """The sheets before the file that names them; answers their size in bytes."""
    try:
        size = sum(publishing.put_file(mam.storage, f"{base}/{name}", out, name) for name in wanted.sheets)
    except OSError as error:
        raise StorageError(f"The scratch folder of the job cannot be read: {error}.") from error
    publishing.put_text(mam.storage, f"{base}/{sprites.VTT_NAME}", sprites.write_vtt(wanted))
    return size


def _leave_nothing_behind(mam: Mam, version_id: str, generation: str) -> None:
    """Remove what was stored in a generation that is not shown: its own removal may be over already."""
    try:
        with leases.connected():
            if preview_state.shown_generation(version_id) == generation:
                return
        for info in list(mam.storage.list("previews", f"{version_id}/{generation}/sprites")):
            mam.storage.delete("previews", info.key)
    except (StorageError, *Unavailable) as error:
        log.warning("sprites of an old generation stay for now", version=version_id, reason=str(error))
