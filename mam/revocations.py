"""Marks that take signed addresses back: small objects in the previews area, no database asked.

An object `_revoked/{kind}/{id}/{unix milliseconds}` refuses every address that carries the tag `{kind}:{id}`
and was signed at or before that moment. Services write marks, edges read them; no address leads to them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from mam.signing import MAX_SECONDS, check_tag
from mam.types import Storage

PREFIX = "_revoked/"
KEEP_SECONDS = MAX_SECONDS + 100
"""Nothing signed before a mark can still hold after this; the mark may go."""

_PARTS = 3


def write(storage: Storage, tag: str, now: float) -> None:
    """Take back every grant with `tag` issued up to `now` (Unix seconds).

    Raises `ValidationError` for a tag of another form, `StorageError`.
    """
    kind, _, ident = check_tag(tag).partition(":")
    moment = str(int(now * 1000))
    storage.put("previews", f"{PREFIX}{kind}/{ident}/{moment}", io.BytesIO(moment.encode()), len(moment))


def read(storage: Storage) -> dict[str, int]:
    """The latest revocation of each tag (Unix milliseconds)."""
    marks: dict[str, int] = {}
    for tag, at, _key in marks_of(storage):
        marks[tag] = max(at, marks.get(tag, 0))
    return marks


def sweep(storage: Storage, now: float) -> int:
    """Remove marks that no living grant can be older than; returns how many."""
    old = [key for _tag, at, key in marks_of(storage) if at < (now - KEEP_SECONDS) * 1000]
    for key in old:
        storage.delete("previews", key)
    return len(old)


def marks_of(storage: Storage) -> Iterator[tuple[str, int, str]]:
    """Every mark: tag, time, key. Objects of another form are passed over."""
    for info in storage.list("previews", PREFIX):
        parts = info.key.removeprefix(PREFIX).split("/")
        if len(parts) == _PARTS and parts[2].isdigit():
            yield f"{parts[0]}:{parts[1]}", int(parts[2]), info.key
