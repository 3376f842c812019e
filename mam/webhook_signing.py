"""Secrets and signatures of webhooks by the Standard Webhooks rules (version 1, HMAC-SHA256).

A secret is made of the box's own key, the webhook's id and a count, so no table and no backup of the database
holds one. Knows no database and no network; writes only the key ring (mode 0600).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
from pathlib import Path

from mam.keyring import KeyRing

PREFIX = "whsec_"
FILE = "webhook-keys.json"
_LABEL = b"mam webhook secret 1"


@functools.lru_cache(maxsize=8)
def open_ring(secrets: Path) -> KeyRing:
    """The ring that webhook secrets are made of; `ConfigError` for a file that cannot be used."""
    return KeyRing.open(secrets / FILE)


def secret(ring: KeyRing, key_id: str, webhook_id: str, generation: int) -> str | None:
    """The secret as its owner is shown it, `whsec_…` (32 bytes); None where this box has not its key."""
    key = ring.find(key_id)
    if key is None:
        return None
    parts = (_LABEL, webhook_id.encode(), str(generation).encode())
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return PREFIX + base64.b64encode(hmac.digest(key.secret, framed, "sha256")).decode()


def signature(secrets: tuple[str, ...], message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one `v1,…` for each secret, with a space between."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_mac(one, signed)}" for one in secrets)


def _mac(text: str, signed: bytes) -> str:
    key = base64.b64decode(text.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
