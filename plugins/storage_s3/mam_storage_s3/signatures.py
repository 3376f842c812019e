"""Addresses signed for others: Signature V4 in the query, with the headers a request must carry.

The client library signs addresses for the host alone; a part's address has to fix its length too. Pure: opens
nothing, writes nothing. After the AWS documentation "Authenticating Requests: Using Query Parameters".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import SplitResult, quote, urlunsplit

_ALGORITHM = "AWS4-HMAC-SHA256"
MAX_SECONDS = 7 * 86_400
"""S3 takes no signed address that lasts longer."""


def presign(
    method: str,
    url: SplitResult,
    headers: Mapping[str, str],
    *,
    access_key: str,
    secret_key: str,
    region: str,
    expires_in: int,
    now: datetime | None = None,
) -> str:
    """The address of `url` for one method, these headers (lower case) and `expires_in` seconds."""
    moment = now or datetime.now(UTC)
    signed = {"host": url.netloc, **headers}
    names = ";".join(sorted(signed))
    scope = f"{moment:%Y%m%d}/{region}/s3/aws4_request"
    fields = {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{access_key}/{scope}",
        "X-Amz-Date": f"{moment:%Y%m%dT%H%M%SZ}",
        "X-Amz-Expires": str(max(1, min(expires_in, MAX_SECONDS))),
        "X-Amz-SignedHeaders": names,
    }
    pairs = [one for one in url.query.split("&") if one]
    pairs += [f"{name}={quote(value, safe='')}" for name, value in fields.items()]
    query = "&".join(sorted(pairs))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = f"{method}\n{url.path}\n{query}\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"{_ALGORITHM}\n{moment:%Y%m%dT%H%M%SZ}\n{scope}\n{digest}"
    signature = _hmac(_signing_key(secret_key, moment, region), text).hex()
    return urlunsplit(url._replace(query=f"{query}&X-Amz-Signature={signature}"))


def _signing_key(secret_key: str, moment: datetime, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for text in (f"{moment:%Y%m%d}", region, "s3", "aws4_request"):
        key = _hmac(key, text)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
