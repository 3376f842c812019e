"""Fingerprints of versions, made after their preview: a small job of its own, which costs nobody the preview.

Reads the smallest rung of a film or the poster of a picture, of the generation that is shown. Writes, fenced,
one `fingerprint` row with its bands, and a picture's `phash`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from mam.core import Mam
from mam.errors import StorageError
from mam.media import fingerprint, grey
from mam.media.ffmpeg import find_tools
from mam.media.fingerprint import Film
from mam.media.playlists import PLAYLIST_NAME, parse_media
from mam.media.sandbox import open_sandbox
from mam.models import Fingerprint, FingerprintBand, Rendition, Version
from mam.services import afterwards, jobs, leases, posters, preview_state, sprites
from mam.services.leases import Lease
from mam.services.scratch import scratch
from mam.types import MediaInfo

PICTURE, FILM = "image", "video"
_FILM_FILE = "film.mp4"
_ROWS_AT_ONCE = 400


def make_fingerprint(mam: Mam, lease: Lease) -> None:
    """Look at the generation that the job names, while that is the one that is shown."""
    version_id, generation = lease.version_id or "", str(lease.payload["generation"])
    with leases.connected():
        if preview_state.shown_generation(version_id) != generation:
            return
        rung = sprites.smallest_rung(version_id, generation)
    with scratch(mam, lease.token) as folder:
        if rung is not None:
            film = _look_at_film(mam, lease, rung, folder)
            _keep(mam, lease, version_id, FILM, film)
        else:
            hashes = fingerprint.hash_picture(_look_at_picture(mam, version_id, generation, folder))
            _keep(mam, lease, version_id, PICTURE, Film(hashes, 0.0, 0.0))


def load(row: Fingerprint) -> Film:
    """What is kept of a film or picture."""
    return Film(fingerprint.unpack(row.hashes), row.step, row.duration)


def store(version_id: str, kind: str, film: Film) -> None:
    """Keep a fingerprint and what it is found by in place of an earlier one; in a transaction."""
    for old in Fingerprint.select().where(Fingerprint.version == version_id):
        FingerprintBand.delete().where(
            FingerprintBand.key.in_(_keys(old.kind, load(old))), FingerprintBand.fingerprint == old.id
        ).execute()
        old.delete_instance()
    row = Fingerprint.create(
        version=version_id,
        kind=kind,
        recipe=fingerprint.RECIPE,
        step=film.step,
        duration=film.duration,
        hashes=fingerprint.pack(film.hashes),
    )
    bands = [(key, row.id) for key in _keys(kind, film)]
    for start in range(0, len(bands), _ROWS_AT_ONCE):
        fields = [FingerprintBand.key, FingerprintBand.fingerprint]
        FingerprintBand.insert_many(bands[start : start + _ROWS_AT_ONCE], fields).execute()


def _keys(kind: str, film: Film) -> list[int]:
    """The keys a fingerprint is kept under; none where there is nothing to see."""
    if kind == FILM:
        return fingerprint.film_keys(film.hashes)
    return fingerprint.picture_keys(int(film.hashes[0])) if film.hashes[0] else []


def _look_at_film(mam: Mam, lease: Lease, rung: Rendition, folder: Path) -> Film:
    base = f"{rung.version_id}/{rung.generation}/{rung.name}"
    with mam.storage.open("previews", f"{base}/{PLAYLIST_NAME}") as stream:
        segments = parse_media(stream.read().decode()).segments
    wanted = grey.plan(segments)
    film, out = folder / _FILM_FILE, folder / "out"
    sprites.fetch_film(mam, lease, base, [segments[number] for number in wanted.segments], film)
    out.mkdir()
    tools = find_tools(mam.config.media.ffmpeg)
    sandbox = open_sandbox(mam.config.media.sandbox, tools)
    frames = grey.film_frames(
        tools, sandbox, film, wanted, out, on_progress=lambda _block: leases.check(lease)
    )
    return Film(fingerprint.hash_film(frames), wanted.step, wanted.seconds)


def _look_at_picture(mam: Mam, version_id: str, generation: str, folder: Path) -> fingerprint.Frames:
    poster = folder / posters.NAME
    try:
        with (
            mam.storage.open("previews", f"{version_id}/{generation}/{posters.NAME}") as stream,
            poster.open("wb") as file,
        ):
            shutil.copyfileobj(stream, file)
    except OSError as error:
        raise StorageError(f"The scratch folder of the job cannot be written: {error}.") from error
    sandbox = open_sandbox(mam.config.media.sandbox, find_tools(mam.config.media.ffmpeg))
    return grey.picture_frame(sandbox, poster)


def _keep(mam: Mam, lease: Lease, version_id: str, kind: str, film: Film) -> None:
    """Write what was seen and end the job in one transaction, while the lease holds."""
    if not leases.heartbeat(mam, lease):
        lease.lost.set()
    leases.check(lease)
    with leases.fenced(lease):
        store(version_id, kind, film)
        if kind == PICTURE and film.hashes[0]:
            Version.update(phash=f"{int(film.hashes[0]):016x}").where(Version.id == version_id).execute()
        leases.finish(lease)


def _wanted(info: MediaInfo) -> bool:
    """Films, and pictures; what a document or a sound looks like says little."""
    return info.video is not None or info.kind == PICTURE


jobs.KINDS["fingerprint"] = jobs.Kind(make_fingerprint)
afterwards.register(afterwards.Later("fingerprint", wanted=_wanted))
