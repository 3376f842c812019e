"""Pieces of a long film: jobs of their own, taken by any worker on any machine, each under its own lease.

A piece stores what it made below its own lease's token, where nobody is shown it; the film's render collects
that (`mam.services.film`). Writes job rows and the previews area; never a version's row.
"""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import structlog

from mam.core import Mam
from mam.errors import MamError, StorageError
from mam.ids import new_id
from mam.media import fragments, playlists, recipe_args
from mam.media.pieces import hashes
from mam.models import Job, Unavailable, database
from mam.services import jobs, leases, masters, preview_state, priority, publishing
from mam.services.described import pack, unpack
from mam.services.leases import Lease
from mam.services.publishing import Publisher
from mam.services.scratch import empty, opened, scratch
from mam.types import SEAM_FRAMES, MediaInfo, Progress, Recipe, Report, Rung, Source, Target, TranscodeResult

log = structlog.get_logger("mam.pieces")

KIND = "render_piece"
_TELL_SECONDS = 1.0
_LARGEST_SEGMENT = 1 << 30
_ALIVE = ("queued", "running")

Configurations = dict[str, str]
"""How the decoder of each rung is set up, as a hash: pieces of one film agree on it."""


# --- rows ----------------------------------------------------------------------------------------


def enqueue(
    mam: Mam, film: Lease, recipes: Sequence[Recipe], media: MediaInfo, wanted: Configurations
) -> None:
    """Queue the pieces of a film, first to last; they must fit what its beginning was made with."""
    ids = sorted(new_id() for _ in recipes)
    with leases.fenced(film):
        rank = Job.get_by_id(film.job_id).priority + priority.PIECE
        for number, recipe in enumerate(recipes):
            payload = {
                "number": number + 1,
                "of": len(recipes) + 1,
                "recipe": pack_recipe(recipe),
                "media": pack(media),
                "wanted": wanted,
            }
            job = jobs.enqueue(
                KIND,
                version_id=film.version_id,
                project_id=film.project_id,
                queue="render",
                payload=payload,
                priority=rank,
                parent_id=film.job_id,
                job_id=ids[number],
            )
            jobs.send_after_commit(mam, job)


def of_film(job_id: str) -> list[Job]:
    """The pieces of a film's render, first to last; holds a connection."""
    return list(Job.select().where(Job.parent_id == job_id).order_by(Job.id))


def in_use(version_id: str) -> bool:
    """Whether a film in pieces is being made of a version, so that what they stored is still wanted."""
    waiting = (Job.state == "queued") & (Job.attempts > 0) & (Job.kind == "render")
    at_work = waiting | ((Job.kind == KIND) & (Job.state == "running"))
    return Job.select().where(Job.version_id == version_id, at_work).exists()


def drop(job_id: str) -> None:
    """Stop the pieces of a render that ended badly, in its transaction."""
    alive = (Job.parent_id == job_id) & Job.state.in_(_ALIVE)
    leases.bury(
        alive, "cancelled", "The film that this is a piece of is not made any more.", state="cancelled"
    )


def forget(job_id: str) -> None:
    """Remove the rows of pieces that are in the finished film, in its transaction."""
    Job.delete().where(Job.parent_id == job_id).execute()


def spoilt(job: Job) -> bool:
    """Whether a piece ended without a result."""
    return job.state in ("dead", "cancelled") or (job.state == "done" and "proofs" not in job.payload)


def pack_recipe(recipe: Recipe) -> dict[str, Any]:
    """A recipe as JSON-able values."""
    packed = dataclasses.asdict(recipe)
    return {name: str(value) if isinstance(value, Fraction) else value for name, value in packed.items()}


def unpack_recipe(packed: Mapping[str, Any]) -> Recipe:
    """What `pack_recipe` packed. Raises TypeError for a recipe of another version of this program."""
    values = dict(packed)
    values["rungs"] = tuple(Rung(**rung) for rung in values["rungs"])
    values["audio"] = tuple(values["audio"])
    for name in ("frame_rate", "segment_seconds"):
        values[name] = Fraction(values[name])
    return Recipe(**values)


# --- encoding ------------------------------------------------------------------------------------


def encode(
    mam: Mam,
    source: Source,
    recipe: Recipe,
    target: Path,
    *,
    report: Report,
    fits: Callable[[], bool],
    again: Callable[[str], None] = lambda _name: None,
) -> TranscodeResult:
    """Have a part of a film encoded by the first transcoder that makes exactly that.

    `fits` looks at what one made; where it does not, the next is asked, after `again` was told the name of
    the one that passed. Raises `MamError` (`no_transcoder`).
    """

    def declined(name: str) -> None:
        log.info("transcoder declined a piece", plugin=name, start_frame=recipe.start_frame)
        again(name)
        empty(target)

    result: TranscodeResult | None = mam.hooks.first(
        "mam_transcode",
        declined=declined,
        accepts=lambda _answer: fits(),
        config=mam.config,
        source=source,
        recipe=recipe,
        target=Target(target),
        report=report,
    )
    if result is None:
        raise MamError("No transcoder made this piece as it has to be.", code="no_transcoder")
    return result


def is_exact(folder: Path, recipe: Recipe, wanted: Configurations | None = None) -> bool:
    """Whether a folder holds every frame of a piece in segments of whole GOPs, with its proofs.

    And, where `wanted` names any, made for the same set-up of a decoder.
    """
    try:
        whole = all(_rung_is_exact(folder, rung.name, recipe) for rung in recipe.rungs)
        proven = all(len(proof(folder, name)) == SEAM_FRAMES for name in recipe_args.seams(recipe))
        return whole and proven and wanted in (None, configurations(folder, recipe))
    except (OSError, ValueError) as error:
        log.info("a piece is not as it has to be", reason=str(error))
        return False


def _rung_is_exact(folder: Path, name: str, recipe: Recipe) -> bool:
    listed = playlists.parse_media(read(folder, name, playlists.PLAYLIST_NAME).decode())
    counts = [fragments.frames_in(read(folder, name, one.name)) for one in listed.segments]
    if not listed.ended or not counts or any(count != recipe.gop for count in counts[:-1]):
        return False
    return sum(counts) == recipe.frames if recipe.frames else 0 < counts[-1] <= recipe.gop


def configurations(folder: Path, recipe: Recipe) -> Configurations:
    """How each rung's decoder is set up. Raises `OSError` or ValueError where a rung has not begun."""
    return {
        rung.name: hashlib.sha256(
            fragments.configuration(read(folder, rung.name, playlists.INIT_NAME))
        ).hexdigest()
        for rung in recipe.rungs
    }


def proof(folder: Path, name: str) -> tuple[str, ...]:
    """The pictures at one end of a piece; `OSError` where they were not written."""
    return hashes(read(folder, name).decode("ascii", "replace"))


def read(folder: Path, *names: str) -> bytes:
    """A file that a contained program wrote, at most a gigabyte of it."""
    with opened(folder, *names) as stream:
        return stream.read(_LARGEST_SEGMENT)


# --- the job -------------------------------------------------------------------------------------


def make(mam: Mam, lease: Lease) -> None:
    """Encode one piece and store it where its film's render finds it."""
    with leases.connected():
        film = Job.select(Job.parent_id).where(Job.id == lease.job_id).scalar()
        if not Job.select().where(Job.id == film, Job.state.in_(_ALIVE)).exists():
            return  # nobody waits for it
        version = preview_state.load(lease.version_id)
    recipe, media = unpack_recipe(lease.payload["recipe"]), unpack(lease.payload["media"])
    stored = False
    try:
        with scratch(mam, lease.token) as folder, masters.local_copy(mam, version) as path:
            target = folder / "target"
            target.mkdir()
            source = Source(path, version.filename, version.size, media)
            wanted = dict(lease.payload["wanted"])
            encode(
                mam,
                source,
                recipe,
                target,
                report=_Teller(lease).tell,
                fits=lambda: is_exact(target, recipe, wanted),
            )
            leases.check(lease)
            _store(mam, lease, target, recipe, media)
        stored = True
    finally:
        if not stored:
            remove(mam, lease)


def _store(mam: Mam, lease: Lease, target: Path, recipe: Recipe, media: MediaInfo) -> None:
    """The segments below the lease's token, then the row that says so."""
    proofs = {name: proof(target, name) for name in recipe_args.seams(recipe)}
    Publisher(
        mam.storage,
        target,
        version_id=lease.version_id or "",
        generation=lease.token,
        recipe=recipe,
        media=media,
    ).finish()
    with leases.fenced(lease):
        Job.update(payload={**lease.payload, "proofs": proofs}).where(leases.holding(lease)).execute()
        leases.finish(lease)


def remove(mam: Mam, lease: Lease) -> None:
    """Remove what a piece stored that nobody will collect."""
    try:
        publishing.remove_generation(mam.storage, lease.version_id or "", lease.token)
    except StorageError as error:
        log.warning("a piece's files stay for now", job=lease.job_id, reason=error.detail)


class _Teller:
    """Looks at the lease at every report, and writes once a second how far the piece is."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.due = 0.0

    def tell(self, progress: Progress) -> None:
        """A transcoder's report."""
        leases.check(self.lease)
        if time.monotonic() < self.due:
            return
        self.due = time.monotonic() + _TELL_SECONDS
        try:
            with leases.connected(), database.atomic():
                Job.update(percent=progress.percent).where(leases.holding(self.lease)).execute()
        except Unavailable as error:
            raise MamError(f"The database does not answer: {error}", code="database_unavailable") from error


jobs.KINDS[KIND] = jobs.Kind(make)
