"""Documents: how many pages, and which words; read by the contained half behind walls, never here.

Office files and text have words and no pages of their own; `mam.media.office` makes some.
Writes nothing. Promises B1-B6, B8, B14.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mam.errors import SourceError
from mam.media.images import LIMITS, work
from mam.media.limits import MIB, Limits
from mam.media.walls import Sandbox

MAX_CHARACTERS = 100_000
"""Of a document's words that are kept for search."""

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
OFFICE = frozenset(
    (
        f"{_OFFICE}wordprocessingml.document",
        f"{_OFFICE}spreadsheetml.sheet",
        f"{_OFFICE}presentationml.presentation",
        f"{_OPEN_DOCUMENT}text",
        f"{_OPEN_DOCUMENT}spreadsheet",
        f"{_OPEN_DOCUMENT}presentation",
        "application/rtf",
    )
)
"""What a word processor, a sheet or a show writes, with words that are read here."""

CONVERTED = OFFICE | {"application/x-ole-storage"}
"""What an office suite may turn into pages: its own files, and those of the years before 2007."""

WORDED = OFFICE | {"application/pdf", "application/epub+zip", "text/plain", "text/html", "text/xml"}
"""Types whose words are read."""

_WORD_LIMITS = Limits(memory=512 * MIB, cpu_seconds=30, wall_seconds=60, stdout_bytes=4 * MIB)


@dataclass(frozen=True)
class Words:
    """A document's words. `partial` where bounds or damage ended the reading, `kept` as in `ImageInfo`."""

    text: str = ""
    partial: bool = False
    kept: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


def words_of(sandbox: Sandbox, source: Path, content_type: str, *, memory: int | None = None) -> Words:
    """The words of a document of one of the `WORDED` types, at most `MAX_CHARACTERS`.

    Raises `SourceError` where it is no such document (`source_corrupt`), or over a limit.
    """
    limits = replace(LIMITS if content_type == "application/pdf" else _WORD_LIMITS, stdout_bytes=4 * MIB)
    limits = replace(limits, memory=min(limits.memory or 0, memory or limits.memory or 0))
    job = {
        "source": sandbox.source_path(source),
        "content_type": content_type,
        "characters": MAX_CHARACTERS,
    }
    answer = work(sandbox, source, None, limits, job)
    error = answer.pop("error", "")
    if error == "kept":
        return Words(kept=str(answer["reason"]))
    if error:
        raise SourceError("The document is damaged or not what it says it is.", code="source_corrupt")
    return Words(**answer)
