"""Reads a table of markers: our own CSV, Frame.io's, Premiere's and Resolve's, and whatever has such columns.

Which column is which is known by its heading, whatever its case, order and delimiter. Pure.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mam.errors import FieldError, ValidationError
from mam.media.marks import cells
from mam.media.marks.film import Film, MarkError
from mam.media.marks.spots import LONGEST, MOST, Found, Spot, cleaned, ending, spot, worded

_HEADINGS: Mapping[str, tuple[str, ...]] = {
    # Of a note's parts the headings, in the order in which they are believed
    "label": (
        "timecodesourcein", "timecodesrcin", "timecodesource", "timecode", "timecodein", "recordin", "in",
        "start", "starttime", "tc", "sourcein",
    ),
    "label_out": (
        "timecodesourceout", "timecodesrcout", "timecodeout", "recordout", "out", "end", "endtime",
        "sourceout",
    ),
    "length": ("dur", "duration", "length"),
    "frame": ("frame", "framein", "startframe"),
    "frame_out": ("frameout", "endframe"),
    "name": ("markername", "name"),
    "text": ("text", "comment", "notes", "note", "description", "markernote", "body", "comments", "message"),
    "author": ("author", "commenter", "user", "by"),
    "replies": ("replies", "reply"),
    "state": ("state", "complete", "completed", "status"),
    "internal": ("internal",),
}  # fmt: skip
_DIALECTS: Mapping[str, frozenset[str]] = {
    "MAM": frozenset({"timecode", "frame", "frameout", "text", "state"}),
    "Frame.io": frozenset({"commenter", "comment"}),
    "Premiere": frozenset({"markername", "in", "out"}),
    "Resolve": frozenset({"recordin", "recordout"}),
}
_AFTER = frozenset({"Premiere", "Resolve"})  # their out points name the frame after the last
_DONE = frozenset({"resolved", "true", "yes", "1", "complete", "completed", "done"})
_LARGEST_CELL = 16 * LONGEST
_MOST_COLUMNS = 200


@dataclass(frozen=True)
class _Table:
    """A table's dialect, and of each part of a note the columns that may hold it."""

    dialect: str
    columns: Mapping[str, tuple[int, ...]]

    def get(self, row: list[str], part: str) -> str:
        """The first cell of that part that says something; empty where none does."""
        said = (row[column] for column in self.columns[part] if column < len(row))
        found = next((one for one in said if one.strip()), "")
        return cells.unquoted(found) if self.dialect == "MAM" else found


def known(heading: str) -> int:
    """How many columns of a note a first line names, by the delimiter that shows most."""
    return max(_named(heading, delimiter) for delimiter in ",;\t")


def read(text: str, film: Film) -> Found:
    """The notes of a table with a line of headings."""
    delimiter = max(",;\t", key=lambda one: _named(text.lstrip().splitlines()[0], one))
    rows = _rows(text, delimiter)
    table = _headed(next((row for _, row in rows if any(cell.strip() for cell in row)), []))
    found = Found(table.dialect)
    for number, row in rows:
        if any(cell.strip() for cell in row):
            found.take(number, lambda number=number, row=row: _note(table, film, number, row))  # type: ignore[misc]
        if len(found) > MOST:
            break
    return found


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows and the lines where they begin; a cell may go on over several."""
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise _refused(f"The table cannot be read from line {line} on: {error}.") from error


def _headed(row: list[str]) -> _Table:
    plain = [_plain(cell) for cell in row[:_MOST_COLUMNS]]
    columns = {
        part: tuple(plain.index(one) for one in headings if one in plain)
        for part, headings in _HEADINGS.items()
    }
    if not (columns["label"] or columns["frame"]) or not (columns["text"] or columns["name"]):
        raise _refused(
            "The first line must name the columns: one with a timecode or a frame, one with the text, such as"
            " 'timecode' and 'text'."
        )
    dialect = next((name for name, needs in _DIALECTS.items() if needs <= set(plain)), "CSV")
    return _Table(dialect, columns)


def _note(table: _Table, film: Film, number: int, row: list[str]) -> Spot:
    name, text = table.get(row, "name"), table.get(row, "text")
    frame = _frame(table, film, row)
    if frame is None and table.dialect != "MAM":
        raise MarkError("It has no timecode.")
    return spot(
        film, number, frame, None if frame is None else _last(table, film, row, frame), worded(name, text),
        author=" ".join(cleaned(table.get(row, "author")).split())[:200],
        replies=cleaned(table.get(row, "replies"))[:LONGEST],
        done=table.get(row, "state").strip().lower() in _DONE,
        internal=table.get(row, "internal").strip().lower() in {"internal", "true", "yes", "1"},
    )  # fmt: skip


def _frame(table: _Table, film: Film, row: list[str]) -> int | None:
    """Where the note stands; a frame and a time code that disagree are refused, not weighed."""
    label, count = table.get(row, "label"), table.get(row, "frame")
    if not count:
        return film.frame(label) if label else None
    frame = film.number(count)
    if label and film.labels and frame not in {film.parsed(label), film.parsed(label) - film.first}:
        raise MarkError(
            f"Its frame {frame} is {film.label(frame)} here, but its timecode is {label.strip()}: leave one"
            " of the two out."
        )
    return frame


def _last(table: _Table, film: Film, row: list[str], frame: int) -> int | None:
    count, label, length = (table.get(row, part) for part in ("frame_out", "label_out", "length"))
    if count:
        return film.number(count)
    if length and table.dialect in _AFTER:
        return ending(frame, film.length(length))
    if not label or film.labels is None:
        return None
    begin = table.get(row, "label")
    frames = film.between(film.parsed(begin) if begin else frame + film.first, film.parsed(label))
    if table.dialect not in _AFTER:
        frames += 1
    return frame + frames - 1 if frames not in {0, 1} else None


def _named(heading: str, delimiter: str) -> int:
    names = {_plain(cell) for cell in heading.split(delimiter)}
    return sum(1 for headings in _HEADINGS.values() if names & set(headings))


def _plain(heading: str) -> str:
    return "".join(one for one in heading.lower() if one.isalnum())[:40]


def _refused(message: str) -> ValidationError:
    return ValidationError(f"file: {message}", (FieldError("file", message),))
