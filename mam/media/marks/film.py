"""The film that a list of markers is read for: which frame a time code of the list names, if it has it.

Time codes are written in many ways (`01:00:00:00`, `01:00:00;00`, `01;00;00;00`); none is moved to fit: one
that counts otherwise, or lies outside the film, is a `MarkError` with the reason. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mam.errors import ValidationError
from mam.media import timecode
from mam.media.labels import Labels, Places

LABEL = r"\d{1,2}[:;]\d{2}[:;]\d{2}[:;]\d{2,3}"
"""How a time code looks in other people's lists."""

_LABEL = re.compile(r"(\d{1,2})[:;](\d{2})[:;](\d{2})([:;])(\d{2,3})", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


class MarkError(ValueError):
    """Why a marker of a list is no note; one sentence for whoever sent the list."""


@dataclass(frozen=True)
class Film:
    """Labels and length of the version; `first` is its first frame's number in the list's counting.

    `labels` is None for what is no film; of a document or of sound `places` are pages or moments, and
    `frames` how many. `frames` is None where nobody knows.
    """

    labels: Labels | None
    frames: int | None
    first: int
    places: Places | None = None

    def frame(self, text: str, *, counts_drop: bool | None = None) -> int:
        """The frame, from 0, that a time code names; `counts_drop` where the list says how it counts."""
        number = self.parsed(text, counts_drop=counts_drop) - self.first
        day = self._per_day()
        if number < 0 and self.frames is not None and number + day < self.frames:
            number += day  # the film goes on past midnight
        return self.inside(number, text)

    def parsed(self, text: str, *, counts_drop: bool | None = None) -> int:
        """The number of a time code in the version's counting, from `00:00:00:00`."""
        labels, match = self._labels(), _LABEL.fullmatch(text.strip())
        if match is None:
            raise MarkError(f"{_short(text)} is no timecode.")
        drop = match.group(4) == ";" or bool(counts_drop)
        if drop != labels.drop and (drop or counts_drop is False):
            kinds = ("non-drop", "drop-frame")
            raise MarkError(f"{_short(text)} counts {kinds[drop]}; this version counts {kinds[labels.drop]}.")
        hours, minutes, seconds, _, frames = match.groups()
        mark = ";" if labels.drop else ":"
        try:
            return timecode.parse(f"{int(hours):02}:{minutes}:{seconds}{mark}{frames}", labels.rate)
        except ValidationError as error:
            raise MarkError(str(error)) from error

    def between(self, begin: int, end: int) -> int:
        """Frames from one parsed time code to another, which may be past midnight."""
        frames, day = end - begin, self._per_day()
        return frames + day if frames < -day // 2 else frames

    def length(self, text: str) -> int:
        """Frames that a duration counts: a time code from zero, or a plain number."""
        if _NUMBER.fullmatch(text.strip()):
            return int(text)
        return self.parsed(text)

    def inside(self, number: int, said: str) -> int:
        """`number`, if the film has that frame."""
        if number < 0:
            raise MarkError(f"{_short(said)} is before the first frame, {self.label(0)}.")
        if self.frames is not None and number >= self.frames:
            raise MarkError(f"{_short(said)} is after the last frame, {self.label(self.frames - 1)}.")
        return number

    def number(self, text: str) -> int:
        """A frame number from 0, as our own table has them."""
        if self.frames is None or self.places is None:
            self._labels()
        if not _NUMBER.fullmatch(text.strip()):
            raise MarkError(f"{_short(text)} is no frame number.")
        return self.inside(int(text), f"Frame {int(text)}")

    def label(self, frame: int) -> str:
        """The frame's time code in the list's counting; the name of a page or a moment."""
        if self.labels is None and self.places is not None:
            return self.places.of(frame)
        labels = self._labels()
        return timecode.label(self.first + frame, labels.rate, drop=labels.drop)

    def _labels(self) -> Labels:
        if self.labels is None:
            raise MarkError("This version has no frames: a marker with a place cannot stand on it.")
        return self.labels

    def _per_day(self) -> int:
        labels = self._labels()
        return timecode.counting(labels.rate, drop=labels.drop).per_day


def _short(text: str) -> str:
    return " ".join(text.split())[:40] or "An empty cell"
