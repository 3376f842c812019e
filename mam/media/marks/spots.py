"""What reading a list of markers finds: spots, and by line what could not be read. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from mam.media.marks.film import Film, MarkError

MOST = 10_000
"""Markers that one list may have."""

LONGEST = 10_000
"""Characters of a note."""

WHOLE = "[Whole clip] "
"""What our marker formats begin a note on the whole with, which stands on their first frame."""

_UNNAMED = re.compile(r"marker ?\d*", re.IGNORECASE)


@dataclass(frozen=True)
class Spot:
    """A marker of a list: its line, where it stands (frames from 0, both inclusive), what it says.

    `last` is None for a point, `frame` too for the whole; `replies` is text.
    """

    line: int
    frame: int | None
    last: int | None
    text: str
    author: str = ""
    replies: str = ""
    done: bool = False
    internal: bool = False


@dataclass(frozen=True)
class Trouble:
    """A line that is no note, and why."""

    line: int
    message: str


@dataclass
class Found:
    """All that a list holds, in its order; `dialect` is whose list it seems to be."""

    dialect: str
    spots: list[Spot] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    def take(self, line: int, make: Callable[[], Spot | None]) -> None:
        """Add what `make` reads, or the reason why it cannot; None is nothing to read."""
        try:
            spot = make()
        except MarkError as error:
            self.troubles.append(Trouble(line, str(error)))
            return
        if spot is not None:
            self.spots.append(spot)

    def __len__(self) -> int:
        """Markers, readable or not."""
        return len(self.spots) + len(self.troubles)


def spot(film: Film, line: int, frame: int | None, last: int | None, text: str, **more: str | bool) -> Spot:
    """A checked marker; `MarkError` without words, with too many, or with an end before its beginning."""
    said = cleaned(text)
    if not said:
        raise MarkError("It has no text.")
    if len(said) > LONGEST:
        raise MarkError(f"Its text is longer than {LONGEST} characters.")
    if last is not None and (frame is None or last < frame):
        raise MarkError("It ends before it begins.")
    if last is not None:
        film.inside(last, "Its end")
    made = Spot(line, frame, last, said)
    return _whole(replace(made, **more))  # type: ignore[arg-type] # the fields of Spot


def ending(frame: int, length: int) -> int | None:
    """The last of `length` frames; None for a point, which lists write as one frame or none."""
    return frame + length - 1 if length > 1 else None


def worded(name: str, notes: str) -> str:
    """One text of a marker's name and its notes; a name that programs give says nothing."""
    name, notes = name.strip(), notes.strip()
    if not notes or name == notes:
        return name
    if not name or _UNNAMED.fullmatch(name):
        return notes
    return f"{name}\n{notes}"


def cleaned(text: str) -> str:
    """Lines end as ours do; control characters are gone."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_printed(lines)).strip()


def _printed(text: str) -> Iterator[str]:
    # Format characters stay: they join emoji, and Persian and Indic letters
    return (one for one in text if one in "\n\t" or (one >= " " and not "\x7f" <= one <= "\x9f"))


def _whole(found: Spot) -> Spot:
    if found.frame != 0 or found.last is not None or not found.text.startswith(WHOLE):
        return found
    return replace(found, frame=None, text=found.text.removeprefix(WHOLE))
