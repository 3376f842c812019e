"""Ranges and conditions of a GET (RFC 9110, sections 13 and 14). Pure; opens nothing.

One range is served; a request for several is answered with the whole, which section 14.2 allows and
which costs no more than a plain GET.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Span:
    """Which bytes to send: from `start`, `length` of them. `partial` says whether to answer 206."""

    start: int
    length: int
    partial: bool

    def content_range(self, size: int) -> str:
        """The value of Content-Range for an object of `size` bytes."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def choose(size: int, etag: str, wanted: str | None, if_range: str | None) -> Span | None:
    """The bytes a Range header asks for; None where it cannot be satisfied (416).

    The whole is answered where there is no header, where it is malformed or names several ranges, and
    where `if_range` is not exactly the current strong tag.
    """
    whole = Span(0, size, partial=False)
    if wanted is None or (if_range is not None and if_range.strip() != etag):
        return whole
    match = _ONE_RANGE.fullmatch(wanted.strip())
    if match is None or not (match[1] or match[2]):
        return whole
    return _suffix(size, match[2]) if not match[1] else _from_first(size, match[1], match[2], whole)


def not_modified(etag: str, if_none_match: str | None) -> bool:
    """Whether If-None-Match names the current tag (weak comparison) or is `*`."""
    if if_none_match is None:
        return False
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in (etag, "*") for tag in tags)


def _suffix(size: int, last: str) -> Span | None:
    """The last bytes; a suffix longer than the object is the whole of it as a range."""
    length = min(int(last), size)
    return Span(size - length, length, partial=True) if length else None


def _from_first(size: int, first: str, last: str, whole: Span) -> Span | None:
    start = int(first)
    end = int(last) if last else size - 1
    if last and end < start:
        return whole  # not a range at all (section 14.1.1), so the header is ignored
    if start >= size:
        return None
    return Span(start, min(end, size - 1) - start + 1, partial=True)
