"""A machine joins the box as a worker by a one-time token that an administrator made.

The token holds for a short time and once; with it goes the fingerprint of the certificate that the machine is
to trust. Only its hash is stored. Whoever brings it gets what a worker needs, which is the box's own secrets:
it comes over TLS, or from the machine itself. Writes `worker_token`, `worker_node`, `login_attempt`,
`audit_entry`.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

from mam import __version__
from mam.core import Mam
from mam.errors import ConfigError, ConflictError, NotFoundError
from mam.ids import new_id
from mam.models import WorkerNode, WorkerToken, database, now
from mam.services import access, audit, pages, people, proof, throttle, tokens, worker_settings
from mam.services.shapes import Shape, iso
from mam.types import Actor

MINUTES = 30
"""How long a token holds where nothing else is said."""

MOST_MINUTES = 24 * 60
_LONGEST_CERTIFICATE = 64 << 10
_REFUSED = "This token does not hold (any more); an administrator makes another one on the page Workers."


def certificate(mam: Mam) -> str:
    """The certificate (PEM) that machines are to trust; empty where every system trusts the box's anyway.

    `ConfigError` where [server] certificate names none.
    """
    if not mam.config.server.certificate:
        return ""
    path = Path(mam.config.server.certificate)
    try:
        text = path.read_text(encoding="ascii")[:_LONGEST_CERTIFICATE]
        ssl.PEM_cert_to_DER_cert(_first(text))
    except (OSError, ValueError) as error:
        raise ConfigError(f"[server] certificate: {path} cannot be read as one: {error}") from None
    return _first(text)


def fingerprint(pem: str) -> str:
    """SHA-256 of a certificate's DER, in hexadecimal."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def invite(mam: Mam, actor: Actor, *, base_url: str, minutes: int = MINUTES) -> Shape:
    """Make a token; the answer's `token` and `command` are the only place where it is told.

    Raises `ProofNeededError`, `ForbiddenError`, `ConflictError` (`not_shared`) where no machine could join.
    """
    access.require(mam, actor, "box.admin")
    proof.require(mam, actor)
    worker_settings.check(mam, here=True)
    secret, pinned = tokens.new_secret(), certificate(mam)
    with database.atomic():
        row = WorkerToken.create(
            token_hash=tokens.hashed(secret),
            made_by=actor.user_id,
            expires_at=now() + timedelta(minutes=min(max(1, minutes), MOST_MINUTES)),
        )
        _note(mam, actor, "worker.invited", row.id)
    token = f"{secret}.{fingerprint(pinned)}" if pinned else secret
    return {**_shape(row), "token": token, "command": f"mam worker join {base_url} {token}"}


def list_tokens(mam: Mam, actor: Actor, *, cursor: str | None = None, limit: int = 50) -> Shape:
    """The tokens that were made, newest first; none is told."""
    access.require(mam, actor, "box.admin")
    keys: dict[str, Any] = {"id": WorkerToken.id}
    rows, following = pages.page(
        WorkerToken.select(), "-id", keys, WorkerToken.id, cursor=cursor, limit=limit
    )
    return pages.listed(rows, _shape, following)


def revoke(mam: Mam, actor: Actor, token_id: str) -> None:
    """End a token; again, or after it was used, changes nothing."""
    access.require(mam, actor, "box.admin")
    row = WorkerToken.get_or_none(WorkerToken.id == token_id)
    if row is None:
        raise NotFoundError
    with database.atomic():
        if WorkerToken.update(revoked_at=now()).where(_unused(row.id)).execute():
            _note(mam, actor, "worker.token_revoked", row.id)


def join(mam: Mam, *, token: str, version: str, host: str, address: str, here: bool) -> Shape:
    """Take a machine in: `{node_id, version, settings, secrets}`. Of two at once exactly one succeeds.

    `here` says that this very machine asks. Raises `NotFoundError` (a token that does not hold),
    `ConflictError` (`version_differs`, `not_shared`), `RateLimitedError`.
    """
    attempt = throttle.worker(address)
    row = _living(mam, token, host, address)
    throttle.withdraw(attempt)
    _same_version(version)
    worker_settings.check(mam, here=here)
    node_id, moment = new_id(), now()
    with database.atomic():
        if WorkerToken.update(used_at=moment, node_id=node_id).where(_unused(row.id)).execute() != 1:
            raise NotFoundError(_REFUSED)
        WorkerNode.create(id=node_id, key=node_id, host=host, joined_at=moment)
        data = {"host": host, "version": version, "invitation": row.id}
        actor = Actor(None, address=address)
        audit.record(mam, actor, "worker.joined", kind="worker", subject_id=node_id, data=data)
    told = {**worker_settings.settings(mam), "workers": {"node": node_id}}
    return {
        "node_id": node_id,
        "version": __version__,
        "settings": told,
        "secrets": worker_settings.secrets(mam.config),
    }


def _living(mam: Mam, token: str, host: str, address: str) -> WorkerToken:
    """The token's row where it holds now and whoever made it still administers the box."""
    hashed = tokens.hashed(token)
    row: WorkerToken | None = WorkerToken.get_or_none(WorkerToken.token_hash == hashed)
    holds = (
        row is not None
        and hmac.compare_digest(row.token_hash, hashed)
        and _state(row) == "open"
        and (row.made_by is None or row.made_by in people.active_admins())
    )
    if row is None or not holds:
        actor, data = Actor(None, address=address), {"host": host}
        audit.record(mam, actor, "worker.join_refused", kind="worker", data=data)
        raise NotFoundError(_REFUSED)
    return row


def _same_version(version: str) -> None:
    if version != __version__:
        raise ConflictError(
            f"This box runs MAM {__version__} and the worker is MAM {version}: install {__version__} there; "
            "the token still holds.",
            code="version_differs",
        )


def _unused(row_id: str) -> object:
    return (WorkerToken.id == row_id) & WorkerToken.used_at.is_null() & WorkerToken.revoked_at.is_null()


def _state(row: WorkerToken) -> str:
    if row.used_at:
        return "used"
    if row.revoked_at:
        return "revoked"
    return "expired" if row.expires_at <= now() else "open"


def _shape(row: WorkerToken) -> Shape:
    return {
        "id": row.id,
        "state": _state(row),
        "made_by": row.made_by,
        "created_at": iso(row.created_at),
        "expires_at": iso(row.expires_at),
        "used_at": iso(row.used_at),
        "node_id": row.node_id,
    }


def _first(text: str) -> str:
    """The first certificate of a file that may hold several."""
    end = "-----END CERTIFICATE-----"
    return text[: text.find(end) + len(end)].strip() + "\n"


def _note(mam: Mam, actor: Actor, action: str, token_id: str) -> None:
    audit.record(mam, actor, action, kind="worker_token", subject_id=token_id)
