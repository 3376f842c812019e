"""How a share link's pages look: a logo, an accent colour and a house, its own, else those of its project.

A logo is drawn anew by our own contained readers, as a JPEG on white: what came in never leaves the box.
Writes `share_logo`, audit entries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mam.core import Mam
from mam.errors import (
    FieldError,
    NotFoundError,
    SourceError,
    TooLargeError,
    UploadIncompleteError,
    ValidationError,
)
from mam.media import contrast
from mam.media.ffmpeg import find_tools
from mam.media.images import make_poster
from mam.media.sandbox import open_sandbox
from mam.media.sniff import sniff
from mam.models import ProjectLook, Share, ShareLogo, database
from mam.services import audit, events, guests, organisations, share_visits
from mam.services.leases import connected
from mam.types import Actor

LARGEST = 1 << 20
"""The largest picture taken as a logo, in bytes."""

MOST_PIXELS = 4096 * 4096
"""The most pixels it may have."""

SIDE = 480
"""The longer side of what is kept, in pixels: twice what the pages show, for fine screens."""

TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "image/svg+xml"})


@dataclass(frozen=True)
class Brand:
    """What a link's pages carry: the digest of the logo or empty, whether there is an accent, the title."""

    logo: str
    accent: str
    title: str
    studio: str


def brand(share: Share) -> Brand:
    """How the pages of a link look: what it says of its own, else its project, else its organisation."""
    own = ShareLogo.select(ShareLogo.digest).where(ShareLogo.share == share.id).scalar()
    house = look_of(share.project_id)
    over = organisations.looks(share.project_id)
    accent = share.accent or house.accent or over["accent"]
    studio = share.studio or house.studio or over["studio"]
    return Brand(own or house.digest, accent, share.title, studio)


def look_of(project_id: str) -> ProjectLook:
    """How a project looks; an empty row that is not stored where it says nothing."""
    found: ProjectLook | None = ProjectLook.get_or_none(ProjectLook.project == project_id)
    return found or ProjectLook(project=project_id)


def set_logo(mam: Mam, actor: Actor, share_id: str, *, size: int, body: Iterator[bytes]) -> None:
    """Take a PNG, JPEG, WebP or SVG of `size` bytes as a link's logo, in place of one that is there.

    Connects by itself, for a sender may be slow. Raises `TooLargeError`, `ValidationError` for anything else,
    `NotFoundError`, `ForbiddenError`, `SandboxError`.
    """
    check_size(size)
    with connected():
        share_visits.required(mam, actor, share_id)
    data = drawn(mam, body, size)
    digest = hashlib.sha256(data).hexdigest()[:16]
    with connected(), database.atomic():
        row = share_visits.required(mam, actor, share_id)
        ShareLogo.delete().where(ShareLogo.share == row.id).execute()
        ShareLogo.create(share=row.id, digest=digest, data=data)
        _done(mam, actor, "logo_set", row)


def remove_logo(mam: Mam, actor: Actor, share_id: str) -> None:
    """Take a link's logo away; again changes nothing."""
    row = share_visits.required(mam, actor, share_id)
    with database.atomic():
        if ShareLogo.delete().where(ShareLogo.share == row.id).execute():
            _done(mam, actor, "logo_removed", row)


def own_logo(mam: Mam, actor: Actor, share_id: str) -> ShareLogo:
    """The logo of a link, for whoever may share in its project; `NotFoundError` where there is none."""
    row = share_visits.required(mam, actor, share_id)
    found: ShareLogo | None = ShareLogo.get_or_none(ShareLogo.share == row.id)
    if found is None:
        raise NotFoundError
    return found


def logo(mam: Mam, token: str) -> ShareLogo | ProjectLook:  # noqa: ARG001 - called as every service is
    """The logo on the pages of the link with this secret, while it holds; `NotFoundError` for none."""
    share = guests.living(token)
    own: ShareLogo | None = ShareLogo.get_or_none(ShareLogo.share == share.id)
    found = own or look_of(share.project_id)
    if found.data is None:
        raise NotFoundError
    return found


def style(mam: Mam, token: str) -> str:  # noqa: ARG001 - called as every service is
    """The style sheet of a link with an accent, while it holds; `NotFoundError` for any other."""
    accent = brand(guests.living(token)).accent
    if not accent:
        raise NotFoundError
    light, dark = contrast.accents(contrast.parse(accent))
    names = {"accent": "plain", "accent-strong": "strong", "accent-soft": "soft", "on-accent": "text"}
    pairs = [
        (name, contrast.written(getattr(light, part)), contrast.written(getattr(dark, part)))
        for name, part in names.items()
    ]
    return ":root { " + " ".join(f"--{name}: light-dark({one}, {two});" for name, one, two in pairs) + " }\n"


def check_size(size: int) -> None:
    """Raise `TooLargeError` for more bytes than a logo may have."""
    if size > LARGEST:
        raise TooLargeError(f"A logo may have {LARGEST >> 20} MiB at most.")


def drawn(mam: Mam, body: Iterator[bytes], size: int) -> bytes:
    """The picture in `body` as a JPEG of ours; raises as `set_logo`."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="mam-logo-")))
        source, out = folder / "logo", folder / "logo.jpg"
        _spool(source, body, size)
        try:
            if sniff(source).content_type not in TYPES:
                raise _invalid("A logo is a PNG, JPEG, WebP or SVG.")
            walls = open_sandbox(mam.config.media.sandbox, find_tools(mam.config.media.ffmpeg))
            poster = make_poster(walls, source, out, SIDE, max_pixels=MOST_PIXELS)
        except SourceError as error:
            raise _invalid(str(error.detail)) from error
        if poster.partial:
            raise _invalid("The picture is damaged: a part of it is missing.")
        return out.read_bytes()


def _spool(target: Path, body: Iterator[bytes], size: int) -> None:
    left = size
    with target.open("wb") as file:
        for chunk in body:
            left -= len(chunk)
            if left < 0:
                raise TooLargeError("More bytes came than were announced.")
            file.write(chunk)
    if left:
        raise UploadIncompleteError("Fewer bytes came than were announced.")


def _done(mam: Mam, actor: Actor, what: str, row: Share) -> None:
    audit.record(
        mam, actor, f"share.{what}", kind="share", subject_id=row.id, project_id=row.project_id, data={}
    )
    events.publish(mam, f"share.{what}", project_id=row.project_id, data={"share_id": row.id})


def _invalid(message: str) -> ValidationError:
    return ValidationError(f"logo: {message}", (FieldError("logo", message),))
