"""Passkeys against an authenticator made here: what holds, and everything that must not."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from mam.core import Mam
from mam.errors import ConflictError, NotFoundError, UnauthorizedError, ValidationError
from mam.ids import new_id
from mam.models import AuditEntry, Challenge, Passkey, now
from mam.services import accounts, passkeys, sessions
from mam.types import SYSTEM, Actor

ORIGIN, WORD = "https://mam.studio.example", "correct horse battery"
PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """A device with one ES256 key; `flags` say what it did with its owner."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    ident: bytes = field(default_factory=lambda: new_id().encode())
    count: int = 0
    flags: int = PRESENT | VERIFIED

    def make(self, options: dict[str, Any], origin: str = ORIGIN) -> dict[str, Any]:
        """A new credential, without attestation."""
        point = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        attested = b"\0" * 16 + struct.pack(">H", len(self.ident)) + self.ident + cbor2.dumps(public)
        data = self._data(options["rp"]["id"], ATTESTED) + attested
        client = self._client("webauthn.create", options, origin)
        kept = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": _b64(client), "attestationObject": _b64(kept)})

    def sign(self, options: dict[str, Any], origin: str = ORIGIN) -> dict[str, Any]:
        """An assertion."""
        self.count += 1
        data, client = self._data(options["rpId"], 0), self._client("webauthn.get", options, origin)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        texts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._answer({name: _b64(raw) for name, raw in texts.items()})

    def _data(self, rp_id: str, more: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", self.flags | more, self.count)

    def _client(self, kind: str, options: dict[str, Any], origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": origin}).encode()

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        return {"id": _b64(self.ident), "rawId": _b64(self.ident), "type": "public-key", "response": response}


def _person(box: Mam, name: str) -> Actor:
    accounts.add_user(box, email=f"{name}@x.y", name=name, password=WORD)
    return sessions.actor_from_token(
        box, sessions.login(box, email=f"{name}@x.y", password=WORD)["access_token"]
    )


def _add(box: Mam, actor: Actor, device: Authenticator, **more: Any) -> dict[str, Any]:
    options = passkeys.begin(box, actor, origin=ORIGIN)["options"]
    return passkeys.finish(box, actor, origin=ORIGIN, name="Phone", credential=device.make(options, **more))


def _login(box: Mam, credential: dict[str, Any], origin: str = ORIGIN) -> dict[str, Any]:
    return passkeys.login(box, origin=origin, credential=credential, address="192.0.2.1")


def _options(box: Mam) -> dict[str, Any]:
    found: dict[str, Any] = passkeys.begin_login(box, origin=ORIGIN)["options"]
    return found


def test_a_passkey_from_making_to_removing(box: Mam) -> None:
    # Given ada, who adds a passkey and names it
    ada, ben, device = _person(box, "ada"), _person(box, "ben"), Authenticator()
    made = _add(box, ada, device)
    assert passkeys.rename(box, ada, made["id"], name="Old phone")["name"] == "Old phone"
    # Then it logs her in without her email, once for each challenge
    answer = device.sign(_options(box))
    pair = _login(box, answer)
    assert pair["user"]["email"] == "ada@x.y"
    assert sessions.actor_from_token(box, pair["access_token"]).user_id == ada.user_id
    with pytest.raises(UnauthorizedError):
        _login(box, answer)
    (shown,) = passkeys.list_passkeys(box, ada)["items"]
    assert shown["last_used_at"] is not None
    # And nobody else renames or removes it; removed, it opens nothing
    for change in (
        lambda: passkeys.rename(box, ben, made["id"], name="x"),
        lambda: passkeys.remove(box, ben, made["id"]),
    ):
        with pytest.raises(NotFoundError):
            change()
    passkeys.remove(box, ada, made["id"])
    with pytest.raises(UnauthorizedError):
        _login(box, device.sign(_options(box)))
    actions = [row.action for row in AuditEntry.select() if row.action.startswith("passkey.")]
    assert sorted(actions) == ["passkey.added", "passkey.removed", "passkey.renamed"]


def test_what_no_passkey_may_do(box: Mam) -> None:
    ada, device = _person(box, "ada"), Authenticator()
    _add(box, ada, device)
    # Another page's answer, a foreign challenge, a device that asked nobody, a copy with an old count
    silent = Authenticator(device.key, device.ident, count=50, flags=PRESENT)
    _login(box, device.sign(_options(box)))
    copy = Authenticator(device.key, device.ident, count=0)
    forged = Authenticator(ident=device.ident, count=90)
    foreign = {**_options(box), "challenge": _b64(b"x" * 32)}
    for answer in (
        device.sign(_options(box), "https://mam.studio.example.evil.org"), device.sign(foreign),
        silent.sign(_options(box)), copy.sign(_options(box)), forged.sign(_options(box)),
        Authenticator().sign(_options(box)),
    ):  # fmt: skip
        with pytest.raises(UnauthorizedError):
            _login(box, answer)
    # A challenge that is too old; a challenge of a registration; a disabled owner
    options = _options(box)
    Challenge.update(expires_at=now() - timedelta(seconds=1)).execute()
    with pytest.raises(UnauthorizedError):
        _login(box, device.sign(options))
    begun = passkeys.begin(box, ada, origin=ORIGIN)["options"]
    with pytest.raises(UnauthorizedError):
        _login(box, device.sign({**_options(box), "challenge": begun["challenge"]}))
    accounts.update_user(box, SYSTEM, str(ada.user_id), status="disabled")
    with pytest.raises(UnauthorizedError):
        _login(box, device.sign(_options(box)))


def test_what_is_refused_as_a_new_passkey(sqlite_box: Mam) -> None:
    ada, ben, device = _person(sqlite_box, "ada"), _person(sqlite_box, "ben"), Authenticator()
    # From elsewhere, without asking the owner, somebody else's challenge, nonsense
    begun = passkeys.begin(sqlite_box, ben, origin=ORIGIN)["options"]
    stray = device.make(begun)
    for credential in (
        stray, {}, {"response": {}},
        {**stray, "response": {"clientDataJSON": "e30", "attestationObject": "AA"}},
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            passkeys.finish(sqlite_box, ada, origin=ORIGIN, name="x", credential=credential)
    with pytest.raises(ValidationError):
        _add(sqlite_box, ada, device, origin="https://evil.org")
    with pytest.raises(ValidationError):
        _add(sqlite_box, ada, Authenticator(flags=PRESENT))
    # One that is known already, and a box without a name
    _add(sqlite_box, ada, device)
    with pytest.raises(ConflictError):
        _add(sqlite_box, ben, device)
    for origin in ("http://127.0.0.1:8080", "http://[::1]:8080"):
        with pytest.raises(ConflictError):
            passkeys.begin(sqlite_box, ada, origin=origin)
    assert Passkey.select().count() == 1
