"""Marked previews: what a guest of a share with a watermark sees, the guest's name burnt into the picture.

Made when a guest first opens a version, one rung of a film, every page of a picture; it lies in the previews
area in a folder with an id of its own, so that no address of it leads to the unmarked one. Writes
`watermark`, jobs, that area.
"""

from __future__ import annotations

import io
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from peewee import Case

from mam import signing
from mam.core import Mam
from mam.errors import NotFoundError, SourceError
from mam.media import playlists, watermark
from mam.media.burn import burn, size_of
from mam.media.ffmpeg import find_tools
from mam.media.playlists import INIT_NAME, PLAYLIST_NAME, MediaPlaylist, parse_media
from mam.media.render import percent_of
from mam.media.sandbox import open_sandbox
from mam.media.stills import PICTURES, POINTER, Pointer
from mam.models import Asset, Job, Rendition, Share, ShareGuest, Version, Watermark, database
from mam.services import access, delivery, jobs, leases, preview_state, publishing, share_scope
from mam.services.leases import Lease, connected
from mam.services.publishing import Publisher, Track
from mam.services.scratch import scratch
from mam.services.shapes import Shape, error_shape, iso
from mam.types import Actor, AudioTrack, MediaInfo, Recipe

MOST_PAGES = 200
"""Pages of a document that are marked."""

STANDARD = "{name} · {date}"
"""What is burnt in where a share only says that something is to be."""

_FILM, _POSTER, _PAGE = "film.mp4", "poster.jpg", "page.jpg"
_ALMOST = 99.0
_TELL_SECONDS = 1.0
_SWEEP_SECONDS = 600


def wanted(actor: Actor, asset: Asset) -> bool:
    """Whether this is a guest who sees only marked pictures, and there is a picture to mark."""
    return bool(actor.guest and actor.guest.watermark) and asset.kind != "audio"


def status(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """How far the preview is that this caller sees; the first look of a guest has a marked one made."""
    version, asset = access.require_version(mam, actor, "preview.read", version_id)
    found = preview_state.status_of(version)
    if not wanted(actor, asset) or version.preview_status in ("failed", "unsupported"):
        return found
    if version.preview_status != "ready":
        return {**found, "status": "queued", "playable": False, "renditions": []}
    row = _ensured(mam, actor, version, asset)
    rungs = [{"name": watermark.RUNG, "height": None, "status": row.status}] if row.playable else []
    return {
        **found,
        "status": row.status,
        "playable": bool(row.playable),
        "percent": round(row.percent, 1),
        "renditions": rungs,
        "error": error_shape(row.error_code, row.error_detail),
    }


def folder_of(mam: Mam, actor: Actor, version_id: str) -> str:
    """The folder of the previews area whose pictures this caller may see: the version's, or a marked one.

    Raises `NotFoundError` while there is none.
    """
    version, asset = access.require_version(mam, actor, "preview.read", version_id)
    if not wanted(actor, asset):
        return str(version.id)
    row = _found(actor, version)
    if row is None or not row.playable:
        raise NotFoundError("The picture is being made.")
    return str(row.id)


def sign_preview(
    mam: Mam, actor: Actor, version_id: str, expires_in: int = 3600, *, ip: str = "", base_url: str = ""
) -> Shape:
    """`delivery.sign_preview` for guests: with a watermark, the addresses of the marked preview alone."""
    version, asset = access.require_version(mam, actor, "preview.read", version_id)
    if not wanted(actor, asset):
        return delivery.sign_preview(mam, actor, version_id, expires_in, ip=ip, base_url=base_url)
    folder, now = folder_of(mam, actor, version_id), time.time()
    life = delivery.life(actor, expires_in)
    tags = (*delivery.tags_of(actor, asset), f"version:{version.id}")
    grant = signing.make_grant(mam.keys, version_id=folder, expires_in=life, ip=ip, tags=tags, now=now)
    row = Watermark.get_by_id(folder)
    base = f"{base_url}/s/{grant}/{folder}"
    is_film = asset.kind == "video"
    return {
        "url": f"{base}/master.m3u8" if is_film else None,
        "dash_url": None,
        "poster_url": f"{base}/{row.generation}/{_POSTER}" if is_film else None,
        "sprite_url": None,
        "waveform_url": None,
        "captions": [],
        "expires_at": iso(datetime.fromtimestamp(int(now) + life, UTC)),
    }


def forget(share_id: str) -> None:
    """What was marked for a share is of no use any more; in the caller's transaction, files by the sweep."""
    Watermark.update(status="stale", playable=False).where(Watermark.share == share_id).execute()


def sweep(mam: Mam) -> int:
    """Every ten minutes, remove what was marked for shares that ended or pictures that changed; how many."""
    if not mam.queue.once("watermarks.sweep", _SWEEP_SECONDS):
        return 0
    with connected():
        query = Watermark.select(Watermark, Version).join(Version)
        living = {row.id for row in Share.select(Share.id).where(share_scope.living())}
        old = [row for row in query if row.status == "stale" or row.share_id not in living or not _fits(row)]
    for row in old:
        for info in list(mam.storage.list("previews", f"{row.id}/")):
            mam.storage.delete("previews", info.key)
        with connected():
            Watermark.delete().where(Watermark.id == row.id).execute()
    return len(old)


# --- the job -------------------------------------------------------------------------------------


def make(mam: Mam, lease: Lease) -> None:
    """Mark the preview that the job is for. Raises what ends the attempt."""
    with connected():
        version = preview_state.load(lease.version_id)
        row: Watermark | None = Watermark.get_or_none(Watermark.job_id == lease.job_id)
        if row is None or row.status == "stale":
            raise SourceError("Nobody waits for this picture any more.", code="gone")
        row.generation, row.playable = lease.token, False  # no two attempts write under one name
        with leases.fenced(lease):
            row.save(only=["generation", "playable"])
        work = _Work(mam, lease, row, version, _words(row))
    with scratch(mam, lease.token) as folder:
        (work.film if version.asset.kind == "video" else work.pages)(folder)
    with leases.fenced(lease):
        done = {"status": "ready", "playable": True, "percent": 100}
        Watermark.update(**done).where(Watermark.id == row.id, Watermark.status != "stale").execute()
        leases.finish(lease)


def gave_up(_mam: Mam, job: Job) -> None:
    """The job ended badly: its reason is the picture's."""
    reason = {"error_code": job.error_code, "error_detail": job.error_detail}
    Watermark.update(status="failed", **reason).where(Watermark.job_id == job.id).execute()


def revived(_mam: Mam, job: Job) -> None:
    """A dead job was queued again by hand."""
    clean = {"error_code": None, "error_detail": None, "percent": 0}
    Watermark.update(status="queued", **clean).where(Watermark.job_id == job.id).execute()


@dataclass
class _Work:
    """One marking under way."""

    mam: Mam
    lease: Lease
    row: Watermark
    version: Version
    text: str
    told: float = 0.0

    @property
    def source(self) -> str:
        """Where the unmarked preview lies."""
        return f"{self.version.id}/{self.row.source}"

    def film(self, folder: Path) -> None:
        """One rung with the words in it, its segments shown as they come; the sound as it is."""
        with connected():
            rung, sounds = self._renditions()
        listed = self._list(rung.name)
        recipe = _recipe(self.version, rung, listed)
        out = folder / "out"
        out.mkdir()
        self._join(rung.name, listed, folder / _FILM)
        publisher = Publisher(
            self.mam.storage, out, version_id=self.row.id, generation=self.row.generation, recipe=recipe,
            media=MediaInfo("video", "", ""),
        )  # fmt: skip
        publisher.tracks += [self._sound(number, one) for number, one in enumerate(sounds)]
        self._picture(f"{self.source}/{_POSTER}", folder, f"{self.row.generation}/{_POSTER}")
        seconds = sum(segment.duration for segment in listed.segments)

        def tick(block: dict[str, str]) -> None:
            publisher.publish()
            self._tell(min(_ALMOST, percent_of(block, seconds)), playable=self._point(publisher))

        watermark.burn_film(self.mam.config.media, folder / _FILM, self.text, recipe, out, on_progress=tick)
        publisher.finish()
        publisher.point()

    def pages(self, folder: Path) -> None:
        """Every page's large picture with the words in it."""
        storage = self.mam.storage
        with storage.open("previews", f"{self.version.id}/{POINTER}") as stream:
            pointer = Pointer.parse(stream.read())
        if pointer is None:
            raise SourceError("This version has no picture.", code="gone")
        count = min(pointer.pages, MOST_PAGES)
        for number in range(1, count + 1):
            name = PICTURES.format(number)
            self._picture(
                f"{self.version.id}/{pointer.generation}/{name}", folder, f"{self.row.generation}/{name}"
            )
            self._tell(_ALMOST * number / count, playable=False)
        publishing.put_text(storage, f"{self.row.id}/{POINTER}", Pointer(self.row.generation, count).text())

    def _renditions(self) -> tuple[Rendition, list[Rendition]]:
        """The largest rung that is not larger than what is marked, else the smallest; and the sound."""
        mine = (Rendition.version == self.version.id) & (Rendition.generation == self.row.source)
        rows = list(Rendition.select().where(mine, Rendition.kind.in_(("video", "audio"))))
        rungs = sorted((one for one in rows if one.kind == "video"), key=_short)
        if not rungs:
            raise SourceError("This film has no pictures to mark.", code="gone")
        fitting = [one for one in rungs if _short(one) <= watermark.SIDE]
        sounds = sorted((one for one in rows if one.kind == "audio"), key=lambda one: one.name)
        return (fitting[-1] if fitting else rungs[0]), sounds

    def _list(self, name: str) -> MediaPlaylist:
        with self.mam.storage.open("previews", f"{self.source}/{name}/{PLAYLIST_NAME}") as stream:
            return parse_media(stream.read().decode())

    def _join(self, name: str, listed: MediaPlaylist, film: Path) -> None:
        """A rung's pieces one after the other: a film that ffmpeg reads."""
        with film.open("wb") as out:
            for piece in (INIT_NAME, *(segment.name for segment in listed.segments)):
                leases.check(self.lease)
                with self.mam.storage.open("previews", f"{self.source}/{name}/{piece}") as stream:
                    shutil.copyfileobj(stream, out)

    def _sound(self, number: int, rendition: Rendition) -> Track:
        """An audio rendition, copied beside the marked rung."""
        listed, name = self._list(rendition.name), rendition.name
        base = f"{self.row.id}/{self.row.generation}/{name}"
        track = Track(name, audio=_audio(self.version, name, number), codecs=rendition.codecs, ended=True)
        track.init_bytes = self._copy(name, INIT_NAME, base)
        for segment in listed.segments:
            track.sizes.append(self._copy(name, segment.name, base))
            track.segments.append(segment)
        text = playlists.write_media(listed.segments, ended=True)
        publishing.put_text(self.mam.storage, f"{base}/{PLAYLIST_NAME}", text)
        return track

    def _copy(self, name: str, piece: str, base: str) -> int:
        leases.check(self.lease)
        with self.mam.storage.open("previews", f"{self.source}/{name}/{piece}") as stream:
            data = stream.read()
        self.mam.storage.put("previews", f"{base}/{piece}", io.BytesIO(data), len(data))
        return len(data)

    def _picture(self, key: str, folder: Path, name: str) -> None:
        """A picture with the words in it, stored under another name."""
        leases.check(self.lease)
        with self.mam.storage.open("previews", key) as stream, (folder / _PAGE).open("wb") as page:
            shutil.copyfileobj(stream, page)
        size = size_of(folder / _PAGE)
        media = self.mam.config.media
        walls = open_sandbox(media.sandbox, find_tools(media.ffmpeg))
        data = burn(walls, folder, _PAGE, watermark.svg(self.text, *size), size)
        self.mam.storage.put("previews", f"{self.row.id}/{name}", io.BytesIO(data), len(data))

    def _point(self, publisher: Publisher) -> bool:
        """Show what there is once every rendition has begun; whether that is so."""
        if publisher.playable and not self.row.playable:
            publisher.point()
            self.row.playable = True
        return bool(self.row.playable)

    def _tell(self, percent: float, *, playable: bool) -> None:
        leases.check(self.lease)
        if time.monotonic() < self.told:
            return
        self.told = time.monotonic() + _TELL_SECONDS
        higher = Case(None, [(Watermark.percent < percent, percent)], Watermark.percent)
        with leases.fenced(self.lease):
            change = {"status": "processing", "percent": higher, "playable": playable}
            Watermark.update(**change).where(
                Watermark.id == self.row.id, Watermark.status != "stale"
            ).execute()
            Job.update(percent=percent).where(Job.id == self.lease.job_id).execute()


# --- inside --------------------------------------------------------------------------------------


def _ensured(mam: Mam, actor: Actor, version: Version, asset: Asset) -> Watermark:
    """The marked preview of this guest and this version, its job queued where there is none yet."""
    row = _found(actor, version)
    if row is not None:
        return row
    assert actor.guest is not None  # noqa: S101 - wanted() looked
    with database.atomic():
        Version.update(number=Version.number).where(Version.id == version.id).execute()  # one at a time
        row = _found(actor, version)
        if row is None:
            job = jobs.enqueue(
                "watermark", version_id=version.id, project_id=asset.project_id, queue="render"
            )
            row = Watermark.create(
                share=actor.guest.share_id, guest=actor.guest.id, version=version.id,
                source=version.preview_generation or "", job_id=job.id,
            )  # fmt: skip
            jobs.send_after_commit(mam, job)
    return row


def _found(actor: Actor, version: Version) -> Watermark | None:
    assert actor.guest is not None  # noqa: S101 - wanted() looked
    mine = (Watermark.guest == actor.guest.id) & (Watermark.version == version.id)
    now = (Watermark.source == (version.preview_generation or "")) & (Watermark.status != "stale")
    found: Watermark | None = Watermark.get_or_none(mine, now)
    return found


def _fits(row: Watermark) -> bool:
    return bool(row.version.preview_generation == row.source)


def _words(row: Watermark) -> str:
    share, guest = Share.get_by_id(row.share_id), ShareGuest.get_by_id(row.guest_id)
    values = {"name": guest.name, "date": f"{datetime.now(UTC):%Y-%m-%d}", "share": share.title}
    return watermark.words(share.watermark, values)


def _recipe(version: Version, rung: Rendition, listed: MediaPlaylist) -> Recipe:
    """The rung's own size, rate and segments."""
    media: dict[str, Any] = version.media or {}
    rate = Fraction((media.get("video") or {}).get("preview_rate") or media["frame_rate"])
    gop = max(1, round(listed.segments[0].duration * rate)) if listed.segments else 1
    marked = watermark.rung_of(rung.width or 2, rung.height or 2)
    return Recipe((marked,), rate, gop, segment_seconds=Fraction(gop) / rate)


def _audio(version: Version, name: str, number: int) -> AudioTrack:
    """What the source says of the track that a sound was made of, for its name in the player."""
    tracks = (version.media or {}).get("audio_tracks") or []
    said: dict[str, Any] = next((one for one in tracks if f"audio{one.get('index')}" == name), {})
    return AudioTrack(
        number, "aac", said.get("channels") or 2, said.get("sample_rate") or 48_000,
        language=said.get("language") or "", title=said.get("title") or "",
    )  # fmt: skip


def _short(rung: Rendition) -> int:
    return min(rung.width or 0, rung.height or 0)


jobs.KINDS["watermark"] = jobs.Kind(make, gave_up, revived)
