"""The pages of a long document that its preview did not wait for: drawn in batches, shown as they come.

Follows the preview of a document as a job of its own. Writes pictures into the generation that is shown, and
the pointer that says how many there are; leaves nothing in a generation that is over.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from mam.core import Mam
from mam.errors import SourceError, StorageError
from mam.media.ffmpeg import find_tools
from mam.media.images import make_pictures
from mam.media.sandbox import open_sandbox
from mam.media.stills import PICTURES, POINTER, Pointer
from mam.models import Unavailable
from mam.services import afterwards, jobs, leases, masters, posters, preview_state, publishing
from mam.services.described import unpack
from mam.services.leases import Lease
from mam.services.scratch import scratch
from mam.types import MediaInfo, Source

log = structlog.get_logger("mam.document_pages")

KIND = "pages"
"""The kind of its job."""


def more_pages(mam: Mam, lease: Lease) -> None:
    """Draw the pages that are not there yet, while the generation that the job names is shown."""
    version_id, generation = lease.version_id or "", str(lease.payload["generation"])
    info = unpack(lease.payload["media"])
    try:
        with leases.connected():
            version = preview_state.load(version_id)
        pointer = _pointer(mam, version_id, generation)
        if pointer is not None and pointer.pages < pointer.coming:
            with masters.local_copy(mam, version) as path:
                source = Source(path, version.filename, version.size)
                while pointer is not None and pointer.pages < pointer.coming:
                    pointer = _batch(mam, lease, source, info, pointer)
        with leases.fenced(lease):
            leases.finish(lease)
    finally:
        _leave_nothing_behind(mam, version_id, generation)


def _batch(mam: Mam, lease: Lease, source: Source, info: MediaInfo, pointer: Pointer) -> Pointer | None:
    """Draw some pages and show them; None where another generation is shown by now."""
    leases.check(lease)
    version_id = lease.version_id or ""
    sandbox = open_sandbox(mam.config.media.sandbox, find_tools(mam.config.media.ffmpeg))
    wanted = posters.pages_of(info, first=pointer.pages + 1)
    with scratch(mam, lease.token) as folder:
        try:
            drawn = make_pictures(
                sandbox, source.path, folder, content_type=info.content_type, pages=wanted
            ).drawn
        except SourceError as error:
            log.info("the pages end", version=version_id, page=pointer.pages + 1, reason=error.detail)
            return _show(mam, lease, replace(pointer, coming=0))
        for page in range(wanted.first, drawn + 1):
            name = PICTURES.format(page)
            publishing.put_file(mam.storage, f"{version_id}/{pointer.generation}/{name}", folder, name)
    coming = pointer.coming if drawn < wanted.last else 0
    return _show(mam, lease, replace(pointer, pages=drawn, coming=coming))


def _show(mam: Mam, lease: Lease, pointer: Pointer) -> Pointer | None:
    """Say how many pages there are now, if this generation is still shown."""
    if not leases.heartbeat(mam, lease):
        lease.lost.set()
    leases.check(lease)
    with leases.connected():
        if preview_state.shown_generation(lease.version_id or "") != pointer.generation:
            return None
    posters.point_at_pictures(mam.storage, lease.version_id or "", pointer)
    return pointer


def _pointer(mam: Mam, version_id: str, generation: str) -> Pointer | None:
    """What the version's pointer says, where it names this generation and that is shown."""
    key = f"{version_id}/{generation}/{POINTER}"
    if mam.storage.stat("previews", key) is None:
        return None
    with leases.connected():
        if preview_state.shown_generation(version_id) != generation:
            return None
    with mam.storage.open("previews", key) as stream:
        return Pointer.parse(stream.read())


def _leave_nothing_behind(mam: Mam, version_id: str, generation: str) -> None:
    """Remove what was stored in a generation that is not shown: its own removal may be over already."""
    try:
        with leases.connected():
            if preview_state.shown_generation(version_id) == generation:
                return
        posters.mend_pictures(mam.storage, version_id, {generation}, None)
        publishing.remove_generation(mam.storage, version_id, generation)
    except (StorageError, *Unavailable) as error:
        log.warning("pages stay for now", version=version_id, reason=str(error))


def _wanted(info: MediaInfo) -> bool:
    """Documents of so few pages are drawn at once."""
    return info.kind == "document" and (info.pages or 1) > posters.FEW_PAGES // 2


jobs.KINDS[KIND] = jobs.Kind(more_pages)
afterwards.register(afterwards.Later(KIND, wanted=_wanted, queue="later"))
