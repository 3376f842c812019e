"""Hands out signed addresses of previews and masters, and takes them back.

Decides who may have one; the edge serves them without asking the database. Writes audit entries and the
marks of revocation in the previews area.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from mam import revocations, signing
from mam.errors import ConflictError, NotFoundError
from mam.media import dash, languages, sprites, waveform
from mam.models import Asset, Rendition, Version, database
from mam.services import access, audit, sidecars
from mam.services.captions import listed
from mam.services.shapes import iso
from mam.types import Actor, Delivery, DeliveryFile, Redirect, Stream

if TYPE_CHECKING:
    from mam.core import Mam

_LONGEST_NAME = 200  # characters of a file name in a token; the ending is kept


@dataclass(frozen=True)
class Download:
    """A master or a proxy on its way out: what it is, how it leaves, and the address to send the client to.

    `url` is empty where the web server in front sends the file (`delivery` is an `Accel`).
    """

    file: DeliveryFile
    delivery: Delivery
    url: str


def sign_preview(
    mam: Mam, actor: Actor, version_id: str, expires_in: int = 3600, *, ip: str = "", base_url: str = ""
) -> dict[str, Any]:
    """A grant for a version's preview: `{url, dash_url, poster_url, sprite_url, captions, expires_at}`.

    `base_url` has no slash at its end. `url` is None where there will be no playlist (a picture, a failed
    or unsupported preview), `dash_url` until the ladder is whole, `poster_url` until there is a poster,
    `sprite_url` until there are scrub sprites (WebVTT with `#xywh=`), `waveform_url` until the sound was
    analysed; `captions` are `{id, language, label,
    forced, url}`, `id` None for the film's own tracks. Raises `ValidationError` for a life
    outside 60..3600 s or an address that is none, `NotFoundError`, `ForbiddenError`.
    """
    version, asset = access.require_version(mam, actor, "preview.read", version_id)
    now = time.time()
    tags = tags_of(actor, asset)
    expires_in = life(actor, expires_in)
    grant = signing.make_grant(
        mam.keys, version_id=version.id, expires_in=expires_in, ip=ip, tags=tags, now=now
    )
    with database.atomic():
        data = {"expires_in": expires_in, "ip": ip, "number": version.number}
        audit.record(
            mam, actor, "preview.signed", kind="version", subject_id=version.id,
            project_id=asset.project_id, data=data,
        )  # fmt: skip
    base = f"{base_url}/s/{grant}/{version.id}"
    beside, made = f"{base}/{version.preview_generation}", _beside(version)
    return {
        "url": f"{base}/master.m3u8" if _has_playlist(version) else None,
        "dash_url": f"{base}/{dash.NAME}" if "manifest" in made else None,
        "poster_url": f"{beside}/poster.jpg" if "poster" in made else None,
        "sprite_url": f"{beside}/{sprites.VTT_NAME}" if "sprites" in made else None,
        "waveform_url": f"{beside}/{waveform.NAME}" if "waveform" in made else None,
        "captions": _captions(version, made, base),
        "expires_at": iso(datetime.fromtimestamp(int(now) + expires_in, UTC)),
    }


def download(
    mam: Mam, actor: Actor, version_id: str, base_url: str = "", *, damaged: bool = False
) -> Download:
    """A signed address of a version's master, noted in the audit log.

    Asks `mam_deliver` how it leaves. A master that was found damaged leaves only where `damaged` says so.
    Raises `NotFoundError`, `ForbiddenError`, `StorageError`, `ConflictError` (code `master_damaged`).
    """
    version, asset = access.require_version(mam, actor, "master.download", version_id)
    if version.damage is not None and not damaged:
        raise ConflictError(
            "This master was found damaged: it is not what came in. An administrator can heal it from a "
            "copy; `?damaged=true` hands it out as it is.",
            code="master_damaged",
        )
    found = _master(mam, actor, version, asset, base_url)
    with database.atomic():
        data = {"filename": version.filename, "number": version.number}
        audit.record(
            mam, actor, "master.downloaded", kind="version", subject_id=version.id,
            project_id=asset.project_id, data=data,
        )  # fmt: skip
    return found


def _master(mam: Mam, actor: Actor, version: Version, asset: Asset, base_url: str) -> Download:
    """The master on its way out; one that stays where it was indexed is streamed by the edge here."""
    name, tags = _shortened(version.filename), tags_of(actor, asset)
    if version.in_place:
        file = DeliveryFile("in-place", version.in_place, None, name, version.content_type, version.size)
        stream, tags = Stream(file), (*tags, f"version:{version.id}")
        return Download(file, stream, _address(mam, actor, stream, tags, base_url))
    file = DeliveryFile(
        "masters", version.master_key, version.master_version, name, version.content_type, version.size
    )
    return hand_out(mam, actor, file, tags, base_url)


def hand_out(
    mam: Mam, actor: Actor, file: DeliveryFile, tags: tuple[str, ...], base_url: str = ""
) -> Download:
    """A signed address of a file that the caller has found the actor may have; `tags` take it back.

    Asks `mam_deliver` how it leaves. Raises `NotFoundError` where nothing can deliver it, `StorageError`.
    """
    delivery: Delivery | None = mam.hooks.first(
        "mam_deliver", config=mam.config, storage=mam.storage, actor=actor, file=file
    )
    if delivery is None:
        raise NotFoundError("No plugin can deliver this file; see `mam plugins` for the reasons.")
    return Download(file, delivery, _address(mam, actor, delivery, tags, base_url))


def revoke(mam: Mam, *tags: str) -> None:
    """Take back every address signed so far with one of `tags`; it bites within 10 seconds.

    Tags are "user:<id>", "session:<id>", "asset:<id>", "version:<id>", "project:<id>", `member_tag(...)`.
    Call it after the change it belongs to is committed, so that no new address can slip in between.
    Raises `ValidationError` for a tag of another form, `StorageError`.
    """
    now = time.time()
    for tag in tags:
        revocations.write(mam.storage, tag, now)


def member_tag(project_id: str, user_id: str) -> str:
    """The tag of whatever one member was given in one project."""
    return f"member:{project_id}_{user_id}"


def sweep_revocations(mam: Mam) -> int:
    """Remove marks older than any living grant; returns how many. Raises `StorageError`."""
    return revocations.sweep(mam.storage, time.time())


def tags_of(actor: Actor, asset: Asset) -> tuple[str, ...]:
    """What an address depends on; revoking any of it revokes the address."""
    tags = [f"asset:{asset.id}", f"project:{asset.project_id}"]
    if actor.user_id:
        tags += [f"user:{actor.user_id}", member_tag(asset.project_id, actor.user_id)]
    if actor.session_id:
        tags.append(f"session:{actor.session_id}")
    if actor.key is not None:
        tags.append(f"key:{actor.key.id}")
    if actor.guest is not None:
        tags += [f"share:{actor.guest.share_id}", f"guest:{actor.guest.id}"]
    return tuple(tags)


def life(actor: Actor, asked: int) -> int:
    """How long a grant lives, in seconds: what was asked, of a guest at most `signing.GUEST_SECONDS`."""
    return asked if actor.guest is None else min(asked, signing.GUEST_SECONDS)


def _has_playlist(version: Version) -> bool:
    """Whether there is a playlist or, while work is going on, may be one soon."""
    return version.preview_playable or version.preview_status in ("queued", "processing")


def _beside(version: Version) -> set[str]:
    """The names of what the shown generation has beside its ladder."""
    shown = (Rendition.version == version.id) & (Rendition.generation == version.preview_generation)
    kinds = Rendition.kind.in_(("poster", "sprites", "captions", "manifest", "waveform"))
    return {row.name for row in Rendition.select(Rendition.name).where(shown, kinds)}


def _captions(version: Version, made: set[str], base: str) -> list[dict[str, Any]]:
    """The film's own text tracks, then the caption files that people added, as in the playlist."""
    beside = f"{base}/{version.preview_generation}"
    found = [
        {"id": None, **_public(one), "url": f"{beside}/{one['name']}"}
        for one in listed((version.media or {}).get("captions", ()), made)
    ]
    for row in sidecars.rows(version.id):
        label, language = sidecars.label_of(row), languages.normal(row.language)
        words = {"language": language, "label": label, "forced": bool(row.forced)}
        found.append({"id": row.id, **words, "url": f"{base}/{sidecars.file_of(row)}"})
    return found


def _public(track: dict[str, Any]) -> dict[str, Any]:
    return {name: track[name] for name in ("language", "label", "forced")}


def _address(mam: Mam, actor: Actor, delivery: Delivery, tags: tuple[str, ...], base_url: str) -> str:
    if isinstance(delivery, Redirect):
        return delivery.url
    if isinstance(delivery, Stream):
        file, now = delivery.file, time.time()
        seconds = signing.DOWNLOAD_SECONDS if actor.guest is None else signing.GUEST_SECONDS
        grant = signing.DownloadGrant(
            file.key, file.version, file.filename, file.content_type,
            int(now) + seconds, int(now * 1000), tags=tags, area=file.area,
        )  # fmt: skip
        return f"{base_url}/d/{signing.make_download(mam.keys, grant)}"
    return ""


def _shortened(filename: str) -> str:
    """A name that fits an address, its ending kept."""
    if len(filename) <= _LONGEST_NAME:
        return filename
    ending = PurePosixPath(filename).suffix[-20:]
    return filename[: _LONGEST_NAME - len(ending)] + ending
