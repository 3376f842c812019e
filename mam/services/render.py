"""Render: a master becomes CMAF HLS, shown from its first segments on, exchanged whole at the end.

Runs under a lease: every report asks whether it still holds, every result is fenced, an attempt that ends
badly removes what it stored. Writes a scratch folder, the previews area and, through `preview_state`, rows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import structlog

from mam import metrics
from mam.core import Mam
from mam.errors import CancelledWorkError, MamError, SourceError, StorageError
from mam.ids import new_id
from mam.media import ladder
from mam.media.captions import file_name
from mam.models import Unavailable, Version
from mam.services import afterwards, leases, masters, pieces, pressure, preview_state, publishing, sidecars
from mam.services.captions import film_captions
from mam.services.described import unpack
from mam.services.film import Film, NotInPiecesError, parts_of
from mam.services.leases import Lease
from mam.services.posters import Poster, film_poster
from mam.services.publishing import Publisher
from mam.services.scratch import empty, scratch
from mam.types import CaptionTrack, MediaInfo, Progress, Recipe, Source, Target

log = structlog.get_logger("mam.render")

_CAPTIONS = "captions"
_TELL_SECONDS = 1.0
"""Progress goes to the database and to listeners at most this often."""


def render(mam: Mam, lease: Lease) -> None:
    """Make the preview of a film or a sound. Raises what ends the attempt, `SourceError` for a bad master."""
    pressure.admit_preview(mam)
    began = time.monotonic()
    media = unpack(lease.payload["media"])
    with leases.connected():
        version = preview_state.load(lease.version_id)
    with scratch(mam, lease.token) as folder, masters.local_copy(mam, version) as path:
        run = _Run(mam, lease, version, media, folder)
        try:
            run.encode(Source(path, version.filename, version.size, media))
            run.complete()
            metrics.encoded("film" if media.video else "sound", media.duration or 0, time.monotonic() - began)
        finally:
            run.end()


class _Run:
    """One attempt at one version."""

    def __init__(self, mam: Mam, lease: Lease, version: Version, media: MediaInfo, folder: Path) -> None:
        self.mam, self.lease, self.media, self.folder = mam, lease, media, folder
        self.version_id = version.id
        self.recipe = ladder.plan(media, mam.config.media, mam.config.ladder)
        self.target = folder / "target"
        self.target.mkdir()
        with leases.connected():
            self.keeps_old = preview_state.is_complete(version)
        self.generations = [lease.token]
        self.publisher = self._publisher()
        self.shown = self.completed = self.pieced = False
        self.tell_at = 0.0
        self.source: Source | None = None
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="beside")
        self.poster: Future[Poster | None] | None = None
        self.poster_of: str | None = None
        self.captions: Future[tuple[CaptionTrack, ...]] | None = None
        self.over = threading.Event()

    def encode(self, source: Source) -> None:
        """Make every rendition: a long film in pieces where several workers can, else by one transcoder."""
        self.source = source
        parts = parts_of(self.mam, self.lease, self.recipe, self.media)
        if not (parts and self._in_pieces(source, parts)):
            self._whole(source)

    def _in_pieces(self, source: Source, parts: Sequence[Recipe]) -> bool:
        """Whether the film could be put together from pieces; where not, nothing of it is left."""
        film = Film(self.mam, self.lease, source, recipe=self.recipe, parts=parts, folder=self.folder)
        self.pieced = True
        try:
            film.make(self._report, lambda: self.shown)
        except NotInPiecesError as error:
            log.warning("made in one piece after all", job=self.lease.job_id, reason=error.detail)
            with leases.fenced(self.lease):
                pieces.drop(self.lease.job_id)
            self._declined("pieces")
            return False
        log.info("put together", job=self.lease.job_id, pieces=len(parts))
        return True

    def _whole(self, source: Source) -> None:
        """Ask the transcoders in their order; they report as they go."""
        result = self.mam.hooks.first(
            "mam_transcode",
            declined=self._declined,
            config=self.mam.config,
            source=source,
            recipe=self.recipe,
            target=Target(self.target),
            report=self._report,
        )
        leases.check(self.lease)
        if result is None:
            raise MamError("No transcoder could take this file; the log says why.", code="no_transcoder")
        log.info("encoded", job=self.lease.job_id, encoder=result.encoder, cpu_seconds=result.cpu_seconds)

    def complete(self) -> None:
        """Store the rest, exchange the generation that is shown, and mark the job done, all or nothing."""
        self._publish(last=True)
        self._begin_beside()
        self.pool.shutdown(wait=True)
        self._store_poster()
        self._store_captions()
        self.publisher.publish_manifest()
        generation, tracks = self.publisher.generation, self.publisher.tracks
        leftovers = self.lease.attempt > 1 or len(self.generations) > 1 or self.pieced
        with self._pointing():
            preview_state.ready(self.mam, self.version_id, generation, tracks, leftovers=leftovers)
            names = [file_name(track.index).removesuffix(".vtt") for track in self.publisher.captions]
            preview_state.captions(self.version_id, generation, names)
            preview_state.manifest(self.version_id, generation)
            afterwards.queue(self.mam, preview_state.load(self.version_id), generation, self.media)
            pieces.forget(self.lease.job_id)
            leases.finish(self.lease)
        self.completed = True

    def end(self) -> None:
        """Wait for the thread beside the encode; after a bad end remove what was stored and is not shown."""
        self.over.set()
        self.pool.shutdown(wait=True, cancel_futures=True)
        if self.completed:
            return
        try:
            with leases.connected():
                shown = preview_state.shown_generation(self.version_id)
            for generation in self.generations:
                if generation != shown:
                    publishing.remove_generation(self.mam.storage, self.version_id, generation)
        except (StorageError, *Unavailable) as error:
            log.warning("the attempt's files stay for now", job=self.lease.job_id, reason=str(error))

    def _report(self, progress: Progress) -> None:
        """Called by the transcoder at least once a second: store what is whole, tell how far it is."""
        leases.check(self.lease)
        try:
            self._publish()
            if self.publisher.playable and not self.shown:
                self._show()
            self._store_poster()
            if time.monotonic() >= self.tell_at:
                self.tell_at = time.monotonic() + _TELL_SECONDS
                with leases.fenced(self.lease):
                    preview_state.progress(self.mam, self.version_id, self.lease.job_id, progress.percent)
        except Unavailable as error:
            raise MamError(f"The database does not answer: {error}", code="database_unavailable") from error

    def _publish(self, *, last: bool = False) -> None:
        if last:
            self.publisher.finish()
        else:
            self.publisher.publish()
        if sum(track.bytes for track in self.publisher.tracks) > self.mam.config.media.max_output_bytes:
            raise SourceError("The preview grows beyond the allowed output.", code="source_too_large")

    def _show(self) -> None:
        """The first segments are there: let people play, unless a finished preview is shown already."""
        self.shown = True
        if not self.keeps_old:
            with self._pointing():
                generation, tracks = self.publisher.generation, self.publisher.tracks
                preview_state.playable(self.mam, self.version_id, generation, tracks)
        self._begin_beside()

    @contextmanager
    def _pointing(self) -> Iterator[None]:
        """Point at this generation and commit that; mend the pointer where the lease was lost meanwhile."""
        if not leases.heartbeat(self.mam, self.lease):
            self.lease.lost.set()
        leases.check(self.lease)
        with leases.connected():
            captions = sidecars.lines(self.version_id)
        self.publisher.point(captions)
        try:
            with leases.fenced(self.lease):
                yield
        except CancelledWorkError:
            with leases.connected():
                shown = preview_state.shown_generation(self.version_id)
            publishing.mend_pointer(self.mam.storage, self.version_id, shown)
            sidecars.repoint(self.mam, self.version_id)
            raise
        sidecars.repoint(self.mam, self.version_id)  # somebody may have added captions meanwhile

    def _declined(self, name: str) -> None:
        """A transcoder passed, perhaps in the middle: the next one starts in an empty folder.

        What players may have cached under a generation never changes, so the next one gets another.
        """
        leases.check(self.lease)
        log.info("transcoder declined", job=self.lease.job_id, plugin=name)
        empty(self.target)
        if self.publisher.started:
            self.generations.append(new_id())
            self.publisher = self._publisher()
            self.shown = False

    def _publisher(self) -> Publisher:
        return Publisher(
            self.mam.storage,
            self.target,
            version_id=self.version_id,
            generation=self.generations[-1],
            recipe=self.recipe,
            media=self.media,
        )

    def _begin_beside(self) -> None:
        """Poster and captions, once the film plays, so that they never hold it up."""
        if self.poster is not None or self.source is None or self.media.video is None:
            return
        self.poster = self.pool.submit(film_poster, self.mam, self.source, self.folder)
        self.captions = self.pool.submit(
            film_captions, self.mam, self.source, self.folder / _CAPTIONS, self._go_on
        )

    def _go_on(self) -> None:
        """Called by the captions' reader twice a second: it ends where the encode has ended badly."""
        leases.check(self.lease)
        if self.over.is_set():
            raise CancelledWorkError("The encode is over.")

    def _store_captions(self) -> None:
        """Store the text tracks beside the whole ladder; they are in the master playlist from then on."""
        if self.captions is not None:
            self.publisher.publish_captions(self.captions.result(), self.folder / _CAPTIONS)

    def _store_poster(self) -> None:
        """Store the poster when it is made, in the generation that it will be shown with."""
        generation = self.publisher.generation
        if self.poster is None or not self.poster.done() or self.poster_of == generation:
            return
        self.poster_of = generation
        made = self.poster.result()
        if made is None:
            return
        size = self.publisher.put_file(made.path.name, folder=made.path.parent)
        with leases.fenced(self.lease):
            preview_state.poster(self.version_id, generation, made, size)
            if generation == preview_state.shown_generation(self.version_id):
                preview_state.announce(self.mam, self.version_id, "version.poster", live_only=True)
