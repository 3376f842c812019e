"""Reads EDLs with markers (Resolve's, and `* LOC:` as Avid and CMX have them) and Avid's marker lists.

Pure. A colour means what a studio wants it to mean, so none makes a note resolved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mam.media.marks.film import LABEL, Film, MarkError
from mam.media.marks.spots import MOST, WHOLE, Found, Spot, ending, spot, worded

_FCM = re.compile(r"FCM:\s*(NON[- ]DROP|DROP)", re.IGNORECASE)
_EVENT = re.compile(rf"\d{{1,6}}\s+\S+\s+\S+\s+\S+(?:\s+\d+)?\s+{LABEL}\s+{LABEL}\s+({LABEL})\s+{LABEL}\s*$")
_LOCATOR = re.compile(rf"\*\s*LOC:\s*({LABEL})\s*(\S*)\s*(.*)", re.IGNORECASE)
_FIELD = re.compile(r"\|([CMD]):([^|]*)")
_LENGTH = re.compile(r"\d{1,9}", re.ASCII)
_SIGNED_WHOLE = re.compile(rf"^([^:]{{1,200}}: ){re.escape(WHOLE)}")  # as our own EDL has it
_LEAST = 5  # user, time code, track, colour, comment


@dataclass
class _List:
    """What an EDL said so far: how it counts, where its last event stands, what was noted below that."""

    film: Film
    drop: bool | None = None
    event: str | None = None
    words: list[str] = field(default_factory=list)


def read_edl(text: str, film: Film) -> Found:
    """The markers; a Resolve marker stands at its event's record time, a locator at its own."""
    found, state = Found("EDL"), _List(film)
    for number, line in enumerate(text.splitlines(), 1):
        _line(found, state, number, line.strip())
        if len(found) > MOST:
            break
    return found


def _line(found: Found, state: _List, number: int, line: str) -> None:
    if counts := _FCM.match(line):
        state.drop = counts.group(1).upper() == "DROP"
    elif event := _EVENT.match(line):
        state.event, state.words = event.group(1), []
    elif locator := _LOCATOR.match(line):
        found.take(number, lambda: _locator(state, number, *locator.groups()))
    elif "|C:" in line or "|M:" in line:
        found.take(number, lambda: _marker(state, number, line))
        state.words = []
    elif line and not line.startswith("*"):
        state.words.append(line)


def _locator(state: _List, number: int, label: str, colour: str, words: str) -> Spot:
    frame = state.film.frame(label, counts_drop=state.drop)
    return spot(state.film, number, frame, None, words or ("" if colour.isupper() else colour))


def _marker(state: _List, number: int, line: str) -> Spot:
    if state.event is None:
        raise MarkError("There is no event above this marker to say where it stands.")
    notes = "\n".join([*state.words, line.partition("|")[0]])
    said = dict(_FIELD.findall(line))
    frame = state.film.frame(state.event, counts_drop=state.drop)
    length = said.get("D", "1").strip()
    if not _LENGTH.fullmatch(length):
        raise MarkError(f"Its length, {length[:20]!r}, is no number of frames.")
    name = _SIGNED_WHOLE.sub(rf"{WHOLE}\1", said.get("M", "").strip())
    return spot(state.film, number, frame, ending(frame, int(length)), worded(name, notes))


def read_avid(text: str, film: Film) -> Found:
    """Media Composer's list: user, time code, track, colour, comment, length; tabs between."""
    found = Found("Avid")
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            found.take(number, lambda number=number, line=line: _avid(film, number, line))  # type: ignore[misc]
        if len(found) > MOST:
            break
    return found


def _avid(film: Film, number: int, line: str) -> Spot:
    cells = line.split("\t")
    if len(cells) < _LEAST:
        raise MarkError("It is no line of Avid's marker list: user, timecode, track, colour, comment.")
    frame = film.frame(cells[1])
    length = cells[5].strip() if len(cells) > _LEAST else ""
    last = ending(frame, int(length)) if _LENGTH.fullmatch(length) else None
    return spot(film, number, frame, last, cells[4], author=cells[0].strip()[:200])
