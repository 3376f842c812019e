"""The heads and the small bodies of everything the edge says. Pure.

Every refusal of a grant is one same answer, whatever was wrong with it (promise E2), and none may be
stored by a cache (promise E7).
"""

from __future__ import annotations

import itertools
import json
import os
import re
import unicodedata
import urllib.parse
from dataclasses import dataclass

Headers = list[tuple[bytes, bytes]]

_PROCESS = os.urandom(4).hex()  # once: a system call a request costs more than the rest of the head
_requests = itertools.count(1)

# The grant is in the path and no cookie is looked at, so any origin's player may read (the right is the
# address itself). The sandbox keeps whatever was uploaded inert should a browser show it as a document. Few
# headers on purpose: the server checks each of them on each answer.
_ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"access-control-allow-origin", b"*"),
]
PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-headers", b"Range, If-None-Match, If-Range"),
    (b"access-control-max-age", b"86400"),
    (b"allow", b"GET, HEAD, OPTIONS"),
]


@dataclass(frozen=True)
class Problem:
    """An RFC 9457 answer: its status, ready body and any further headers."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


def _problem(status: int, code: str, title: str, detail: str, *headers: tuple[bytes, bytes]) -> Problem:
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    return Problem(status, json.dumps(document).encode(), headers)


REFUSED = _problem(
    403,
    "signature_invalid",
    "The signed address does not hold",
    "Ask for a new signed address and try again.",
)
EXPIRED = _problem(
    403, "signature_expired", "The signed address has expired", "Ask for a new signed address and try again."
)
ABSENT = _problem(404, "not_found", "Not found", "There is nothing here, or you may not see it.")
WRONG_METHOD = _problem(
    405, "method_not_allowed", "Method not allowed", "Only GET, HEAD and OPTIONS are answered here.",
    (b"allow", b"GET, HEAD, OPTIONS"),
)  # fmt: skip
UNAVAILABLE = _problem(
    503, "storage_unavailable", "The storage is not available", "Nothing was lost; try again shortly.",
    (b"retry-after", b"5"),
)  # fmt: skip
UNREADABLE = _problem(
    422, "source_corrupt", "The picture cannot be read", "No image can be made of this picture."
)
NO_WALLS = _problem(
    503, "sandbox_unavailable", "No images are made here", "The log of this machine says what it lacks.",
    (b"retry-after", b"60"),
)  # fmt: skip


def too_many(retry_after: int) -> Problem:
    """429 with the seconds to wait."""
    wait = (b"retry-after", str(retry_after).encode())
    return _problem(429, "rate_limited", "Too many requests", f"Try again in {retry_after} s.", wait)


def unsatisfiable(size: int) -> Problem:
    """416 with the size there is."""
    span = (b"content-range", f"bytes */{size}".encode())
    return _problem(416, "range_not_satisfiable", "No such range", f"The file has {size} bytes.", span)


def request_id() -> bytes:
    """A fresh id for one request, for the answer's header and the access log; not secret, not guessed at."""
    return f"{_PROCESS}{next(_requests):08x}".encode()


def base(ident: bytes) -> Headers:
    """The headers of every answer."""
    return [*_ALWAYS, (b"x-request-id", ident)]


def problem_headers(problem: Problem) -> Headers:
    """The headers of a problem document; no cache may store it."""
    return [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(problem.body)).encode()),
        (b"cache-control", b"no-store"),
        *problem.headers,
    ]


def attachment(filename: str) -> bytes:
    """A Content-Disposition of one line for any name (RFC 6266, RFC 8187).

    Control and direction-changing characters, slashes and quotes never reach the header: the plain form
    keeps ASCII letters, digits and a few signs, the UTF-8 form is percent-encoded.
    """
    clean = "".join("_" if _is_unfit(char) else char for char in filename).strip(" .") or "download"
    ascii_form = unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", ascii_form).lstrip(" ")
    if not plain or plain.startswith("."):
        plain = f"download{plain}"
    quoted = urllib.parse.quote(clean, safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quoted}".encode()


def _is_unfit(char: str) -> bool:
    """Whether a character has no place in a file name: control, format, separator, slash."""
    return char in "/\\" or (char != " " and unicodedata.category(char)[0] in "CZ")


def safe_type(content_type: str) -> bytes:
    """A media type fit for a header; anything odd leaves as plain bytes."""
    fits = re.fullmatch(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", content_type)
    return content_type.encode() if fits else b"application/octet-stream"
