"""Guests of share links: let in by name and password, known again by a cookie, never more than the link says.

The cookie is signed and bound to the share, its guest and the share's generation; what the share allows is
looked up at every request. Writes `share_guest`, the share's count of views, visits, audit entries.
"""

from __future__ import annotations

import hmac
import time

from mam import passwords
from mam.core import Mam
from mam.errors import FieldError, GrantError, MamError, NotFoundError, UnauthorizedError, ValidationError
from mam.models import Share, ShareGuest, database
from mam.services import audit, share_scope, share_visits, throttle, tokens
from mam.signing import parse_int, sign, verify
from mam.types import Actor, Guest

MOST_NAME = 80
"""Characters of the name that a guest gives."""

COOKIE_SECONDS = 30 * 86_400
"""How long a guest is known by the cookie."""

COUNTED_SECONDS = 12 * 3600
"""The same where views are counted: so long is one view."""

_PURPOSE = "guest"


def living(token: str) -> Share:
    """The share of a link that holds now; `NotFoundError` for an unknown, ended or revoked one alike."""
    found = share_scope.find(Share.token_hash == tokens.hashed(token))
    if found is None:
        raise gone()
    return found


def gone() -> NotFoundError:
    """The one answer to a link that does not hold, whatever the reason."""
    return NotFoundError("This link does not hold, or does not hold any more; ask whoever sent it.")


def admit(mam: Mam, token: str, *, name: str, password: str, address: str) -> str:
    """Let somebody in; answers the value of the cookie that they are known by.

    Raises `NotFoundError` for a link that does not hold or was opened as often as it may be,
    `UnauthorizedError` for a wrong password, `RateLimitedError`, `ValidationError` for a name that is none.
    """
    share = living(token)
    name = _checked_name(name)
    _check_password(mam, share, name, password, address)
    with database.atomic():
        if not _count_view(share):
            raise gone()
        guest = ShareGuest.create(share=share.id, name=name, address=audit.plain(address)[:64])
        actor = _actor(share, guest, address)
        share_visits.record(mam, actor, share, "entered")
    return sign(mam.auth_keys, _PURPOSE, [share.id, guest.id, share.generation, int(time.time())])


def actor_of(mam: Mam, token: str, cookie: str, address: str = "") -> Actor:
    """The guest who holds this cookie of this link now.

    Raises `NotFoundError` for a link that does not hold, `UnauthorizedError` for whoever was not let in.
    """
    share = living(token)
    guest = _known(mam, share, cookie)
    if guest is None:
        raise UnauthorizedError("Open the link and say who you are.")
    return _actor(share, guest, address)


def _known(mam: Mam, share: Share, cookie: str) -> ShareGuest | None:
    try:
        share_id, guest_id, generation, since = verify(mam.auth_keys, _PURPOSE, cookie)
        issued, at = parse_int(since), parse_int(generation)
    except (GrantError, ValueError):
        return None
    life = COOKIE_SECONDS if share.max_views is None else COUNTED_SECONDS
    same = hmac.compare_digest(share_id.encode(), share.id.encode())
    if not same or at != share.generation or time.time() - issued > life:
        return None
    found: ShareGuest | None = ShareGuest.get_or_none(
        (ShareGuest.id == guest_id) & (ShareGuest.share == share.id)
    )
    return found


def _actor(share: Share, guest: ShareGuest, address: str) -> Actor:
    may = Guest(
        guest.id,
        share.id,
        may_comment=bool(share.allow_comments),
        may_decide=bool(share.allow_decide),
        download=share.download,
        all_versions=bool(share.all_versions),
        watermark=share.watermark,
    )
    return Actor(None, display_name=guest.name, address=address, guest=may)


def _checked_name(name: str) -> str:
    plain = " ".join(audit.plain(name).split())
    if not plain or len(plain) > MOST_NAME:
        message = f"A name of 1 to {MOST_NAME} characters."
        raise ValidationError(f"name: {message}", (FieldError("name", message),))
    return plain


def _check_password(mam: Mam, share: Share, name: str, password: str, address: str) -> None:
    """Pass for the right password; every guess is counted before it is checked (promise F7)."""
    if share.password_hash is None:
        return
    attempt = throttle.share(share.id, address)
    try:
        fits = passwords.verify(share.password_hash, password)
    except MamError:
        throttle.withdraw(attempt)  # the box was too busy: nobody guessed
        raise
    if not fits:
        stranger = Actor(None, display_name=name, address=address)
        audit.record(
            mam, stranger, "share.refused", kind="share", subject_id=share.id, project_id=share.project_id
        )
        raise UnauthorizedError("The password is not right.", code="invalid_credentials")
    throttle.withdraw(attempt)


def _count_view(share: Share) -> bool:
    """Whether there was a view left: one conditional UPDATE decides, however many come at once (G4)."""
    room = Share.max_views.is_null() | (Share.views < Share.max_views)
    same = (Share.id == share.id) & (Share.generation == share.generation)
    change = Share.update(views=Share.views + 1).where(same, room, share_scope.living())
    return bool(change.execute() == 1)
