"""Notes as a PDF for a meeting or a wall: each with the still of its frame, its drawing burnt in.

Stills are made two at a time within a bounded time and kept by `note_stills`, so that asking again goes on
where the time was over; the first page says how many are missing. Holds no database connection meanwhile.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, KeepTogether, PageBreak, SimpleDocTemplate, Spacer

from mam.core import Mam
from mam.errors import MamError, RateLimitedError
from mam.models import ProjectLook
from mam.services import note_stills, paper
from mam.services.note_stills import Still
from mam.services.shapes import Shape
from mam.types import Actor

MOST = 1000
"""Notes that one PDF may hold: some 300 pages."""

MOST_STILLS = 200
"""Notes of a PDF that have a picture: some 15 MB."""

SECONDS = 90.0
"""After which no further still is begun."""

_SIDE, _AT_ONCE, _PDFS = 640, 2, 2
_PAUSE = 1.0  # where stills of other people are being made
_WIDE, _HIGH = 110 * mm, 70 * mm
_MARGIN = 18 * mm
_COLUMN = A4[0] - 2 * _MARGIN - 12  # the frame of a page keeps 6 points on each side
BUSY = threading.BoundedSemaphore(_PDFS)
"""PDFs that may be made in this process."""


def pdf(
    mam: Mam,
    actor: Actor,
    head: Sequence[tuple[str, str]],
    notes: Sequence[Shape],
    look: ProjectLook | None = None,
) -> bytes:
    """The pages: a title with the lines of `head`, then every note as `comment_list` shapes it.

    The first page bears the project's `look`, where it has one. Raises `RateLimitedError` where two are being
    made.
    """
    if not BUSY.acquire(blocking=False):
        raise RateLimitedError("Two PDFs of notes are being made; try again shortly.", 5)
    try:
        wanted = [note for note in notes if note["frame"] is not None]
        stills = _stills(mam, actor, [note["id"] for note in wanted[:MOST_STILLS]])
    finally:
        BUSY.release()
    return _drawn([*head, *_missing(len(wanted), len(stills))], notes, stills, look)


def _stills(mam: Mam, actor: Actor, ids: Sequence[str]) -> dict[str, Still]:
    """The stills that can be had in time, by note."""
    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="notes-pdf") as pool:
        made = pool.map(lambda note_id: _still(mam, actor, note_id, end), ids)
        return {note_id: still for note_id, still in zip(ids, made, strict=True) if still is not None}


def _still(mam: Mam, actor: Actor, note_id: str, end: float) -> Still | None:
    """A note's still; None where there is none, or no time."""
    while time.monotonic() < end:
        try:
            return note_stills.note_still(mam, actor, note_id, _SIDE)
        except RateLimitedError:
            time.sleep(_PAUSE)
        except MamError:
            return None  # no preview yet, or one without that frame: the words are there all the same
    return None


def _missing(wanted: int, had: int) -> list[tuple[str, str]]:
    if had == wanted:
        return []
    why = f"{had} of {wanted} notes with a place; at most {MOST_STILLS}, and as many as the preview has"
    return [("Pictures", f"{why} and {SECONDS:.0f} s allow. Those made are kept: ask again for more.")]


def _drawn(
    head: Sequence[tuple[str, str]],
    notes: Sequence[Shape],
    stills: dict[str, Still],
    look: ProjectLook | None,
) -> bytes:
    out = io.BytesIO()
    title = head[0][1]
    page = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
        title=paper.latin(title), author="MAM", pageCompression=1,
    )  # fmt: skip

    def foot(canvas: Any, page: Any) -> None:
        canvas.setFont(paper.body_style().fontName, 7)
        canvas.drawString(_MARGIN, 10 * mm, paper.plain(title)[:100])
        canvas.drawRightString(A4[0] - _MARGIN, 10 * mm, f"{page.page}")

    story = [*paper.letterhead(look, _COLUMN), *_story(head, notes, stills)]
    page.build(story, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _story(
    head: Sequence[tuple[str, str]], notes: Sequence[Shape], stills: dict[str, Still]
) -> Iterator[Flowable]:
    yield _line("Notes", "small")
    yield _line(head[0][1], "title")
    for label, value in head[1:]:
        yield _line(f"{label}:  {value}")
    yield PageBreak() if notes else _line("No notes.")
    for number, note in enumerate(notes, 1):
        yield from _note(number, note, stills.get(note["id"]))


def _note(number: int, note: Shape, still: Still | None) -> Iterator[Flowable]:
    """A note: its line, picture and first words stay together; what is long goes on over the page."""
    first, *rest = note["body"].split("\n\n")
    together = [_line(f"{number}. {place(note)}", "place"), _line(_about(note), "small")]
    if still is not None:
        together.append(_picture(still))
    if len(first) <= 1000:  # noqa: PLR2004 - what fits below a picture
        together.append(_line(first, "text"))
    else:
        rest = [first, *rest]
    yield KeepTogether(together)
    for part in rest:
        yield _line(part, "text")
    for reply in note["replies"]:
        yield _line(f"{by(reply)}, {_day(reply)}:", "reply_by")
        yield _line(reply["body"], "reply")
    yield Spacer(1, 6 * mm)


def place(note: Shape) -> str:
    """Where a note stands, as people say it."""
    if note["frame"] is None:
        return "Whole"
    if note["timecode"] is None:
        return f"Page {note['frame'] + 1}"
    end = note["timecode_out"]
    return f"{note['timecode']} - {end}" if end and end != note["timecode"] else str(note["timecode"])


def by(note: Shape) -> str:
    """Who wrote it."""
    return str(note["author"]["display_name"]) if note["author"] else "Somebody who left"


def _about(note: Shape) -> str:
    state = "Open"
    if note["resolved_at"]:
        who = note["resolved_by"]
        state = f"Resolved by {who['display_name']}" if who else "Resolved"
    return " | ".join([by(note), _day(note), state, *(["Internal"] if note["internal"] else [])])


def _day(note: Shape) -> str:
    return str(note["created_at"])[:16].replace("T", " ") + " UTC"


def _picture(still: Still) -> Flowable:
    scale = min(_WIDE / still.width, _HIGH / still.height)
    return Image(io.BytesIO(still.data), still.width * scale, still.height * scale, hAlign="LEFT")


def _line(text: str, style: str = "body") -> Flowable:
    return paper.set_in(text, _styles()[style], _COLUMN) if text.strip() else Spacer(1, 2 * mm)


@lru_cache(maxsize=1)
def _styles() -> dict[str, ParagraphStyle]:
    body = paper.body_style()
    grey = HexColor("#5a5a5a")
    return {
        "body": ParagraphStyle("line", body, fontSize=10, leading=15),
        "title": ParagraphStyle("title", body, fontSize=20, leading=26, spaceAfter=8),
        "small": ParagraphStyle("small", body, textColor=grey, spaceAfter=3),
        "place": ParagraphStyle("place", body, fontSize=12, leading=16),
        "text": ParagraphStyle("text", body, fontSize=10, leading=14, spaceBefore=3),
        "reply_by": ParagraphStyle("reply_by", body, leftIndent=8 * mm, textColor=grey, spaceBefore=4),
        "reply": ParagraphStyle("reply", body, fontSize=9, leading=13, leftIndent=8 * mm),
    }
