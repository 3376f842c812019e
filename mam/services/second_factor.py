"""Setting up a second factor and taking it away: the secret for the app, recovery codes, who has to have one.

The secret is told while it is set up and never again, recovery codes once. Writes `second_factor`,
`recovery_code`, `login_attempt`, `audit_entry`.
"""

from __future__ import annotations

import base64
import secrets
import urllib.parse

import segno

from mam.core import Mam
from mam.errors import ConflictError, FieldError, ForbiddenError, ValidationError
from mam.models import RecoveryCode, SecondFactor, User, database, now
from mam.services import audit, codes, proof, throttle
from mam.services.shapes import Shape, iso
from mam.types import Actor

_SECRET_BYTES = 20  # as long as HMAC-SHA1's output (RFC 4226, 4)


def state(mam: Mam, actor: Actor) -> Shape:
    """Whether the actor has a second factor, since when, and how many recovery codes are left."""
    row = codes.confirmed(str(actor.user_id))
    left = RecoveryCode.select().where((RecoveryCode.user == actor.user_id) & RecoveryCode.used_at.is_null())
    return {
        "enabled": row is not None,
        "since": iso(row.confirmed_at) if row else None,
        "recovery_codes_left": left.count() if row else 0,
        "required": codes.is_required(mam, actor.roles),
    }


def begin(mam: Mam, actor: Actor) -> Shape:
    """A new secret to put into an app: `{secret, uri, qr}`; it asks for nothing until it is confirmed.

    `qr` is the picture's rows of modules, `1` for dark, without a quiet zone. Raises `ProofNeededError`,
    `ConflictError` (`second_factor_on`) where one is there already.
    """
    proof.require(mam, actor)
    _refuse_second(actor)
    secret = secrets.token_bytes(_SECRET_BYTES)
    values = {"sealed": codes.sealed(mam, str(actor.user_id), secret), "last_step": 0, "created_at": now()}
    insert = SecondFactor.insert(user=actor.user_id, **values)
    insert.on_conflict(conflict_target=[SecondFactor.user], update=values).execute()
    text = base64.b32encode(secret).decode()
    uri = _uri(actor.email, text)
    rows = ["".join("1" if one else "0" for one in row) for row in segno.make(uri, error="m").matrix]
    return {"secret": text, "uri": uri, "qr": rows}


def confirm(mam: Mam, actor: Actor, code: str) -> Shape:
    """Turn it on with a first code: `{recovery_codes}`, told this once. Other sessions go on.

    Raises `ValidationError` for a code that does not fit, `ConflictError`, `RateLimitedError`.
    """
    proof.require(mam, actor)
    _refuse_second(actor)
    row = SecondFactor.get_or_none(SecondFactor.user == actor.user_id)
    if row is None:
        raise ConflictError("Begin with a new secret.", code="second_factor_off")
    attempt = throttle.code(str(actor.user_id), actor.address)
    if not codes.spend(mam, row, code.strip().replace(" ", "")):
        message = "This code does not fit. Is the clock of your phone right?"
        raise ValidationError(message, (FieldError("code", message),), code="invalid_credentials")
    throttle.withdraw(attempt)
    with database.atomic():
        SecondFactor.update(confirmed_at=now()).where(SecondFactor.user == actor.user_id).execute()
        told = codes.new_codes(str(actor.user_id))
        _note(mam, actor, "second_factor.enabled", str(actor.user_id))
    return {"recovery_codes": told}


def renew_codes(mam: Mam, actor: Actor) -> Shape:
    """Ten new recovery codes in place of all old ones: `{recovery_codes}`."""
    proof.require(mam, actor)
    if codes.confirmed(str(actor.user_id)) is None:
        raise ConflictError("Turn the second factor on first.", code="second_factor_off")
    with database.atomic():
        told = codes.new_codes(str(actor.user_id))
        _note(mam, actor, "second_factor.codes_renewed", str(actor.user_id))
    return {"recovery_codes": told}


def disable(mam: Mam, actor: Actor) -> None:
    """Turn it off. Raises `ForbiddenError` (`second_factor_required`) where a role asks for one."""
    proof.require(mam, actor)
    if codes.is_required(mam, actor.roles):
        raise ForbiddenError("Your role needs a second factor here.", code="second_factor_required")
    _remove(mam, actor, str(actor.user_id), "second_factor.disabled")


def reset(mam: Mam, actor: Actor, user_id: str) -> None:
    """Take the second factor of somebody who lost the phone and the codes; from the console."""
    _remove(mam, actor, user_id, "second_factor.reset")


# --- inside --------------------------------------------------------------------------------------


def _uri(email: str, secret: str) -> str:
    """The address that authenticator apps read (otpauth, Key Uri Format)."""
    fields = urllib.parse.urlencode(
        {"secret": secret, "issuer": "MAM", "digits": codes.DIGITS, "period": codes.STEP}
    )
    return f"otpauth://totp/MAM:{urllib.parse.quote(email)}?{fields}"


def _refuse_second(actor: Actor) -> None:
    if codes.confirmed(str(actor.user_id)) is not None:
        raise ConflictError("The second factor is on; turn it off first.", code="second_factor_on")


def _remove(mam: Mam, actor: Actor, user_id: str, action: str) -> None:
    with database.atomic():
        RecoveryCode.delete().where(RecoveryCode.user == user_id).execute()
        if SecondFactor.delete().where(SecondFactor.user == user_id).execute():
            _note(mam, actor, action, user_id)


def _note(mam: Mam, actor: Actor, action: str, user_id: str) -> None:
    email = User.select(User.email).where(User.id == user_id).scalar()
    audit.record(mam, actor, action, kind="user", subject_id=user_id, data={"email": email})
