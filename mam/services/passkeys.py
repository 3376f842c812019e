"""Passkeys (WebAuthn): registered, named, removed, and logging in with one alone.

The device asks its owner who they are, so a passkey stands for the password and the second factor together.
A challenge is signed once and soon. Browsers hand out passkeys only over https, or on `localhost`, and never
for a bare address. Writes `passkey`, `challenge`, `session`, `audit_entry`.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import secrets
import urllib.parse
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import webauthn
from peewee import IntegrityError
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from mam.core import Mam
from mam.errors import ConflictError, FieldError, NotFoundError, UnauthorizedError, ValidationError
from mam.models import Challenge, Passkey, User, database, now
from mam.services import audit, entrance, pages, proof, sessions
from mam.services.shapes import Shape, iso
from mam.types import Actor

T = TypeVar("T")

LIFE = timedelta(minutes=5)
"""How long a challenge may be signed."""

MOST = 20
"""Passkeys of one user."""

_BYTES = 32
_UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, IndexError)
"""What py_webauthn raises over bytes that are no answer of a passkey, whatever they are."""


def list_passkeys(mam: Mam, actor: Actor, *, cursor: str | None = None, limit: int = 50) -> Shape:  # noqa: ARG001
    """The actor's passkeys, newest first."""
    query = Passkey.select().where(Passkey.user == actor.user_id)
    rows, following = pages.page(query, "-id", {"id": Passkey.id}, Passkey.id, cursor=cursor, limit=limit)
    return pages.listed(rows, _shape, following)


def begin(mam: Mam, actor: Actor, *, origin: str) -> Shape:
    """What the browser is to be asked for a new passkey: `{options}` (WebAuthn's JSON form).

    Raises `ProofNeededError`, `ConflictError` (`too_many_passkeys`, `no_domain`).
    """
    proof.require(mam, actor)
    mine = list(Passkey.select(Passkey.credential).where(Passkey.user == actor.user_id))
    if len(mine) >= MOST:
        raise ConflictError(f"You have {MOST} passkeys; remove one first.", code="too_many_passkeys")
    options = webauthn.generate_registration_options(
        rp_id=_host(origin),
        rp_name="MAM",
        user_id=str(actor.user_id).encode(),
        user_name=actor.email,
        user_display_name=actor.display_name,
        challenge=_challenge(actor.user_id),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=_bytes(one.credential)) for one in mine],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return {"options": json.loads(webauthn.options_to_json(options))}


def finish(mam: Mam, actor: Actor, *, origin: str, name: str, credential: Mapping[str, Any]) -> Shape:
    """Keep the passkey that the browser made for `begin`.

    Raises `ProofNeededError`, `ValidationError` where it does not hold, `ConflictError` (`passkey_known`).
    """
    proof.require(mam, actor)
    expected = _taken(credential, actor.user_id)
    made = _checked(
        lambda: webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=expected,
            expected_rp_id=_host(origin),
            expected_origin=origin,
            require_user_verification=True,
        )
    )
    with database.atomic():
        try:
            row = Passkey.create(
                user=actor.user_id, name=name, credential=_text(made.credential_id),
                public_key=_text(made.credential_public_key), sign_count=made.sign_count,
            )  # fmt: skip
        except IntegrityError:
            raise ConflictError("This passkey is known already.", code="passkey_known") from None
        _note(mam, actor, "passkey.added", row)
    return _shape(row)


def get_passkey(mam: Mam, actor: Actor, passkey_id: str) -> Shape:  # noqa: ARG001 - every service takes the box first
    """One of the actor's own passkeys; `NotFoundError` for anybody else's."""
    return _shape(_own(actor, passkey_id))


def rename(mam: Mam, actor: Actor, passkey_id: str, *, name: str) -> Shape:
    """Another name. `NotFoundError` for anybody else's."""
    row = _own(actor, passkey_id)
    row.name = name
    with database.atomic():
        Passkey.update(name=name).where(Passkey.id == row.id).execute()
        _note(mam, actor, "passkey.renamed", row)
    return _shape(row)


def remove(mam: Mam, actor: Actor, passkey_id: str) -> None:
    """It lets nobody in any more. Raises `ProofNeededError`, `NotFoundError`."""
    row = _own(actor, passkey_id)
    proof.require(mam, actor)
    with database.atomic():
        Passkey.delete().where(Passkey.id == row.id).execute()
        _note(mam, actor, "passkey.removed", row)


def begin_login(mam: Mam, *, origin: str) -> Shape:  # noqa: ARG001 - every service takes the box first
    """What the browser is to be asked to log in: `{options}`; the same for everybody."""
    options = webauthn.generate_authentication_options(
        rp_id=_host(origin),
        challenge=_challenge(None),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return {"options": json.loads(webauthn.options_to_json(options))}


def login(
    mam: Mam, *, origin: str, credential: Mapping[str, Any], address: str = "", user_agent: str = ""
) -> Shape:
    """Tokens for the answer of a passkey, shaped as by `sessions.login`; else `UnauthorizedError`."""
    return sessions.tokens_for(mam, _known(mam, origin, credential, address), address, user_agent)


def login_cookie(
    mam: Mam, *, origin: str, credential: Mapping[str, Any], address: str = "", user_agent: str = ""
) -> str:
    """The same for the portal: the value of the session cookie."""
    user = _known(mam, origin, credential, address)
    with database.atomic():
        _session, cookie = sessions.open_cookie(mam, user, address, user_agent)
    return cookie


# --- inside --------------------------------------------------------------------------------------


def _known(mam: Mam, origin: str, credential: Mapping[str, Any], address: str) -> User:
    """The active user whose passkey answered; one sentence for whatever is wrong."""
    query = Passkey.select(Passkey, User).join(User).where(User.status == "active")
    row = query.where(Passkey.credential == str(credential.get("id", ""))[:1024]).first()
    try:
        expected = _taken(credential, None)
        if row is None:
            raise _refused()
        answer = _checked(
            lambda: webauthn.verify_authentication_response(
                credential=dict(credential),
                expected_challenge=expected,
                expected_rp_id=_host(origin),
                expected_origin=origin,
                credential_public_key=_bytes(row.public_key),
                credential_current_sign_count=row.sign_count,
                require_user_verification=True,
            )
        )
    except ValidationError:
        actor = entrance.as_actor(row.user, None, address) if row else Actor(None, address=address)
        audit.record(mam, actor, "login.failed", kind="user", data={"by": "passkey"})
        raise UnauthorizedError(
            "This passkey does not open this box (any more).", code="invalid_credentials"
        ) from None
    used = {"sign_count": answer.new_sign_count, "last_used_at": now()}
    Passkey.update(**used).where(Passkey.id == row.id).execute()
    user: User = row.user
    return user


def _challenge(user_id: str | None) -> bytes:
    """Random bytes, kept until they are signed or too old; those that are too old go."""
    value = secrets.token_bytes(_BYTES)
    Challenge.delete().where(Challenge.expires_at < now()).execute()
    Challenge.create(value=_text(value), user_id=user_id, expires_at=now() + LIFE)
    return value


def _taken(credential: Mapping[str, Any], user_id: str | None) -> bytes:
    """The challenge that was signed, if it is one of ours for this user; from now on it is none."""
    value = _checked(lambda: json.loads(_bytes(credential["response"]["clientDataJSON"]))["challenge"])
    mine = Challenge.user_id.is_null() if user_id is None else Challenge.user_id == user_id
    known = (Challenge.value == str(value)[:64]) & mine & (Challenge.expires_at > now())
    if Challenge.delete().where(known).execute() != 1:
        raise _refused()
    return _bytes(str(value))


def _checked(work: Callable[[], T]) -> T:
    try:
        return work()
    except _UNREADABLE:
        raise _refused() from None


def _refused() -> ValidationError:
    message = "This is no answer of a passkey to what was asked; try again."
    return ValidationError(message, (FieldError("credential", message),), code="passkey_invalid")


def _host(origin: str) -> str:
    """The domain that passkeys are bound to; `ConflictError` for an address, which has none."""
    host = urllib.parse.urlsplit(origin).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if host:
            return host
    raise ConflictError("Passkeys need a name, not an address: open the box by its name.", code="no_domain")


def _own(actor: Actor, passkey_id: str) -> Passkey:
    row: Passkey | None = Passkey.get_or_none((Passkey.id == passkey_id) & (Passkey.user == actor.user_id))
    if row is None:
        raise NotFoundError
    return row


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _shape(row: Passkey) -> Shape:
    return {
        "id": row.id,
        "name": row.name,
        "created_at": iso(row.created_at),
        "last_used_at": iso(row.last_used_at),
    }


def _note(mam: Mam, actor: Actor, action: str, row: Passkey) -> None:
    audit.record(mam, actor, action, kind="passkey", subject_id=row.id, data={"name": row.name})
