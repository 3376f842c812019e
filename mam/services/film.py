"""A long film from pieces: begins it, takes part in the work, and has all put together in order.

The first piece and the sound are made here, so that the film plays as soon as ever; the others are jobs
that any worker takes, this one too. Each seam is proven; where one does not hold the film is made in one go.
Writes the render's own scratch folder, which `publishing` stores, and jobs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from mam.core import Mam
from mam.errors import CancelledWorkError, MamError, NotFoundError, SourceError
from mam.media.pieces import cut
from mam.media.recipe_args import SEAM_FIRST, SEAM_NEXT, audio_name
from mam.models import Job
from mam.services import jobs, leases, pieces
from mam.services.assembly import Assembly
from mam.services.leases import Lease
from mam.types import LocalPathStorage, MediaInfo, Progress, Recipe, Source

log = structlog.get_logger("mam.film")

_TICK_SECONDS = 0.25


class NotInPiecesError(MamError):
    """A film cannot be put together from pieces; it is made in one."""

    code = "not_in_pieces"
    title = "Not in pieces"


def parts_of(mam: Mam, lease: Lease, recipe: Recipe, media: MediaInfo) -> tuple[Recipe, ...]:
    """The pieces to make a film in: those that an attempt before this one began, or new ones; or none."""
    with leases.connected():
        begun = pieces.of_film(lease.job_id)
        if not begun:
            near = isinstance(mam.storage, LocalPathStorage)
            return cut(recipe, media, jobs.render_slots(mam), near=near)
    try:
        others = [pieces.unpack_recipe(job.payload["recipe"]) for job in begun]
    except (TypeError, KeyError, ValueError):
        return ()
    first = replace(recipe, audio=(), frames=others[0].start_frame)
    same = all(replace(one, start_frame=0, frames=first.frames) == first for one in others)
    return (first, *others) if same and not any(map(pieces.spoilt, begun)) else ()


class Film:
    """One attempt at one film in pieces. Its own thread puts together; encoders run in others."""

    def __init__(
        self,
        mam: Mam,
        lease: Lease,
        source: Source,
        *,
        recipe: Recipe,
        parts: Sequence[Recipe],
        folder: Path,
    ) -> None:
        """`folder` is scratch; the renditions come together in its folder `target`, as a transcoder's."""
        self.mam, self.lease, self.source, self.recipe, self.parts = mam, lease, source, recipe, parts
        self.assembly = Assembly(mam.storage, folder / "target", recipe)
        self.first, self.sound = folder / "first", folder / "sound"
        self.stop, self.lock = threading.Event(), threading.Lock()
        self.percent = 0.0
        self.restarted = self.queued = False
        self.joined = 0
        self.proof: tuple[str, ...] = ()
        self.hand: Future[Any] | None = None

    def make(self, tick: Callable[[Progress], None], playing: Callable[[], bool]) -> None:
        """Work until everything lies in the target folder; `tick` publishes what does, some times a second.

        Raises `NotInPiecesError` where it has to be made in one piece, and what `tick` raises.
        """
        with self._threads() as pool:
            beginning = pool.submit(self._encode, self.parts[0], self.first)
            sound = pool.submit(self._encode_sound)
            self.hand = beginning
            while not self._whole(sound):
                leases.check(self.lease)
                moved = self._gather(beginning)
                tick(Progress(self._percent()))
                if playing() or beginning.done():
                    self._share(pool, beginning)
                if not moved:
                    self.stop.wait(_TICK_SECONDS)
            tick(Progress(self._percent()))

    @contextmanager
    def _threads(self) -> Iterator[ThreadPoolExecutor]:
        """Threads for encoders, which are asked to stop and waited for at the end."""
        for folder in (self.first, self.sound):
            folder.mkdir()
        with ThreadPoolExecutor(2, thread_name_prefix="film") as pool:
            try:
                yield pool
            finally:
                self.stop.set()

    # --- encoders, each in a thread ---------------------------------------------------------------

    def _encode(self, part: Recipe, folder: Path) -> None:
        self._ask(part, folder, self._go_on, fits=lambda: pieces.is_exact(folder, part))

    def _encode_sound(self) -> None:
        """All sound tracks in one go: an encoder's delay at each border would be heard.

        A film whose sound cannot be decoded is shown without.
        """
        if not self.recipe.audio:
            return
        try:
            self._ask(replace(self.recipe, rungs=()), self.sound, self._stop_if_asked, fits=lambda: True)
        except SourceError as error:
            log.info("no sound", job=self.lease.job_id, reason=error.detail)
            self._start_again("sound")

    def _ask(
        self, part: Recipe, folder: Path, report: Callable[[Progress], None], *, fits: Callable[[], bool]
    ) -> None:
        pieces.encode(self.mam, self.source, part, folder, report=report, fits=fits, again=self._start_again)

    def _start_again(self, _name: str) -> None:
        """An encoder passed, or failed: what it made is gone, so nothing of it may be in the film."""
        with self.lock:
            self.restarted |= any(map(self.assembly.has, self._names()))

    def _names(self) -> list[str]:
        return [*(rung.name for rung in self.recipe.rungs), *map(audio_name, self.recipe.audio)]

    def _go_on(self, progress: Progress) -> None:
        self.percent = progress.percent
        self._stop_if_asked(progress)

    def _stop_if_asked(self, _progress: Progress) -> None:
        leases.check(self.lease)
        if self.stop.is_set():
            raise CancelledWorkError("The film is not made any more.")

    # --- the others' pieces -----------------------------------------------------------------------

    def _share(self, pool: ThreadPoolExecutor, beginning: Future[None]) -> None:
        """Let others in, now that the film plays; when this worker's own piece is done, take the next."""
        if not self.queued:
            self._queue()
        if self.hand is None or self.hand.done():
            if self.hand not in (None, beginning):
                self._look_at(self.hand)
            self.hand = self._take_one(pool)

    def _queue(self) -> None:
        with leases.connected():
            begun = bool(pieces.of_film(self.lease.job_id))
        media = self.source.media
        if not begun and media is not None:
            try:
                wanted = pieces.configurations(self.first, self.parts[0])
            except (OSError, ValueError) as error:
                raise NotInPiecesError(f"The film's beginning cannot be read: {error}.") from error
            pieces.enqueue(self.mam, self.lease, self.parts[1:], media, wanted)
        self.queued = True

    def _take_one(self, pool: ThreadPoolExecutor) -> Future[Any] | None:
        """The next piece that nobody has begun, if there is one."""
        with leases.connected():
            waiting = Job.select(Job.id).where(Job.parent_id == self.lease.job_id, Job.state == "queued")
            piece = waiting.order_by(Job.id).first()
            worker = Job.select(Job.worker).where(Job.id == self.lease.job_id).scalar()
        if piece is None:
            return None
        return pool.submit(jobs.run, self.mam, piece.id, worker=worker or "", draining=self.stop)

    def _look_at(self, hand: Future[Any] | None) -> None:
        """How a piece ended is in its row; what is none of our errors is for the log."""
        error = hand.exception() if hand is not None else None
        if error is not None:
            log.warning("a piece broke down", job=self.lease.job_id, error=repr(error))

    def _percent(self) -> float:
        """How much of all pieces is made."""
        with leases.connected():
            rows = Job.select(Job.state, Job.percent).where(Job.parent_id == self.lease.job_id)
            done = sum(100.0 if row.state == "done" else row.percent for row in rows)
        return (done + (100.0 if self.joined else self.percent)) / len(self.parts)

    # --- putting together -------------------------------------------------------------------------

    def _whole(self, sound: Future[None]) -> bool:
        """Whether nothing is missing; raises what ended the sound's encoder."""
        if not sound.done() or self.joined < len(self.parts):
            return False
        sound.result()
        names = [audio_name(index) for index in self.recipe.audio]
        return all(self.assembly.ended(name) or not self.assembly.has(name) for name in names) and not any(
            self._follow(self.sound, name, whole=True) for name in names
        )

    def _gather(self, beginning: Future[None]) -> bool:
        """Move what is whole by now into the target folder, in order; whether there was anything."""
        try:
            moved = [self._follow(self.sound, audio_name(index), whole=True) for index in self.recipe.audio]
            if self.joined == 0:
                moved.append(self._follow_beginning(beginning))
            elif self.queued and self.joined < len(self.parts):
                moved.append(self._append_next())
        except (ValueError, OSError, NotFoundError) as error:
            raise NotInPiecesError(f"The pieces do not fit: {error}.") from error
        return any(moved)

    def _follow(self, folder: Path, name: str, *, whole: bool) -> bool:
        with self.lock:
            if self.restarted:
                raise NotInPiecesError("A transcoder gave up in the middle.")
            return self.assembly.follow(folder, name, whole=whole)

    def _follow_beginning(self, beginning: Future[None]) -> bool:
        over = beginning.done()
        if over:
            self._raise_for(beginning.exception())
        moved = [self._follow(self.first, rung.name, whole=False) for rung in self.recipe.rungs]
        if over:
            self.joined, self.proof = 1, pieces.proof(self.first, SEAM_NEXT)
        return any(moved)

    def _raise_for(self, error: BaseException | None) -> None:
        """A beginning that cannot be made alone may still be a film; what else failed is tried again."""
        if isinstance(error, SourceError) or getattr(error, "error_code", "") == "no_transcoder":
            raise NotInPiecesError(f"The film's beginning cannot be made alone: {error}") from error
        if error is not None:
            raise error

    def _append_next(self) -> bool:
        """The next piece, if it is there; it must begin with the pictures that the one before saw next."""
        with leases.connected():
            job = pieces.of_film(self.lease.job_id)[self.joined - 1]
        if pieces.spoilt(job):
            raise NotInPiecesError(f"Piece {self.joined + 1} failed: {job.error_detail or job.state}.")
        if job.state != "done":
            return False
        proofs = job.payload["proofs"]
        if tuple(proofs[SEAM_FIRST]) != self.proof:
            raise NotInPiecesError(f"Piece {self.joined + 1} does not begin where the one before it ends.")
        for _ in self.assembly.append(f"{job.version_id}/{job.lease_token}", self.parts[self.joined]):
            leases.check(self.lease)
        self.joined, self.proof = self.joined + 1, tuple(proofs.get(SEAM_NEXT, ()))
        return True
