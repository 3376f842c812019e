"""Whether people who log in elsewhere still belong there: asked now and then, locked if not.

A directory that is away locks nobody. Of several processes one asks about a person: the row's time is moved
first. Writes `outside_login`, and by `outside` what follows.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from peewee import Expression, fn

from mam.core import Mam
from mam.errors import AuthenticatorAwayError, GrantError
from mam.models import ApiKey, OutsideLogin, RefreshToken, Session, User, database, now
from mam.services import outside, sessions, tokens
from mam.services.sealed import unseal
from mam.services.shapes import Shape
from mam.types import Actor, Outsider, Standing

log = structlog.get_logger("mam.standing")

_AT_ONCE = 50  # people of one round; each is one question over the network


def sweep(mam: Mam) -> int:
    """Ask about people with a login or a key whose last yes is too old; answers how many were asked."""
    moment = now()
    session = (Session.user == User.id) & Session.revoked_at.is_null() & (Session.expires_at > moment)
    key = (ApiKey.user == User.id) & ApiKey.revoked_at.is_null() & (ApiKey.expires_at > moment)
    inside = Session.select(Session.id).where(session), ApiKey.select(ApiKey.id).where(key)
    query = OutsideLogin.select(OutsideLogin).join(User).where((User.status == "active") & _is_due(mam))
    query = query.where(fn.EXISTS(inside[0]) | fn.EXISTS(inside[1]))
    rows = list(query.order_by(OutsideLogin.checked_at).limit(_AT_ONCE))
    for row in rows:
        _ask(mam, row)
    return len(rows)


def refresh(mam: Mam, refresh_token: str, address: str = "") -> Shape:
    """`sessions.refresh`, after a look whether the token's owner still belongs where they log in."""
    query = OutsideLogin.select(OutsideLogin).join(Session, on=(Session.user == OutsideLogin.user))
    query = query.join(RefreshToken, on=(RefreshToken.session == Session.id)).where(_is_due(mam))
    for row in list(query.where(RefreshToken.token_hash == tokens.hashed(refresh_token))):
        _ask(mam, row)
    return sessions.refresh(mam, refresh_token, address)


def logout_address(mam: Mam, actor: Actor, return_to: str) -> tuple[str, str] | None:
    """Where the actor can end the login elsewhere, too: its name and the address; None where nowhere."""
    labels = {one.name: one.label for one in mam.hooks.all("mam_login_way", config=mam.config)}
    for row in OutsideLogin.select().where(OutsideLogin.user == actor.user_id):
        found = mam.hooks.first(
            "mam_logout_address", config=mam.config, outsider=_outsider(mam, row), return_to=return_to
        )
        if found:
            return labels.get(row.authenticator, row.authenticator), str(found)
    return None


# --- inside --------------------------------------------------------------------------------------


def _is_due(mam: Mam) -> Expression:
    due: Expression = OutsideLogin.checked_at < now() - timedelta(minutes=mam.config.auth.standing_minutes)
    return due


def _ask(mam: Mam, row: OutsideLogin) -> None:
    """Ask the plugin, if nobody else does in this moment, and do what the answer says."""
    mine = (OutsideLogin.id == row.id) & _is_due(mam)
    if OutsideLogin.update(checked_at=now()).where(mine).execute() != 1:
        return
    try:
        found: Standing | None = mam.hooks.first(
            "mam_standing", config=mam.config, outsider=_outsider(mam, row)
        )
    except AuthenticatorAwayError as error:
        log.warning("nobody can say who still belongs", issuer=row.issuer, reason=error.reason)
        return
    if found is None:
        return
    if not found.here:
        outside.lock(mam, row)
        return
    with database.atomic():
        outside.keep(mam, row, found.kept)
        outside.apply_roles(mam, User.get_by_id(row.user_id), found.roles, found.ruled)


def _outsider(mam: Mam, row: OutsideLogin) -> Outsider:
    kept = ""
    if row.kept:
        try:
            kept = unseal(mam.auth_keys, outside.PURPOSE, row.id, row.kept).decode()
        except GrantError:
            log.warning("what was kept of a login elsewhere does not open any more", login=row.id)
    return Outsider(row.issuer, row.subject, row.authenticator, kept)
