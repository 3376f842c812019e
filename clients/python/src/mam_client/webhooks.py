"""Checking that a webhook comes from the box, by the rules of Standard Webhooks. Sends nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from mam_client.errors import SignatureError

TOLERANCE = 300.0
"""Seconds that a delivery's time may be off; older ones may be replayed by a stranger."""


def verify(
    secret: str | Sequence[str], headers: Mapping[str, str], body: bytes, tolerance: float = TOLERANCE
) -> dict[str, Any]:
    """The event of a delivery, `{type, timestamp, data}`; `SignatureError` where anything does not hold.

    `body` are the bytes as they came; `secret` begins with `whsec_`, several while one is exchanged.
    Keep `webhook-id` for a day: a delivery may come more than once.
    """
    named = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, stamp, sent = (named[f"webhook-{part}"] for part in ("id", "timestamp", "signature"))
        when = int(stamp)
    except (KeyError, ValueError):
        raise SignatureError("The headers webhook-id, -timestamp and -signature are needed.") from None
    if abs(time.time() - when) > tolerance:
        raise SignatureError("The delivery is too old, or a clock is wrong.")
    signed = f"{message_id}.{stamp}.".encode() + body
    secrets = [secret] if isinstance(secret, str) else secret
    if not any(_fits(_digest(one, signed), sent) for one in secrets):
        raise SignatureError("The signature does not fit.")
    found: dict[str, Any] = json.loads(body)
    return found


def _digest(secret: str, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise SignatureError("The secret is not whsec_ and base64.") from None
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _fits(digest: str, sent: str) -> bool:
    """Whether one of the signatures, `v1,…` with spaces between, is ours."""
    made = f"v1,{digest}".encode()
    return any(hmac.compare_digest(made, one.encode()) for one in sent.split())
