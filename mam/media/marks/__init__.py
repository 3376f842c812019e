"""Marks on a clip for editing systems: what is written into every format, and the names of the formats.

A mark has a frame and a length in frames of the clip, a text, an author. Pure; each format is a module with
`write(clip, marks)` that answers the file's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from mam.media.labels import Labels

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Clip:
    """The version whose frames are marked: a name, its file, its labels, how many frames, its picture."""

    name: str
    filename: str
    labels: Labels
    frames: int
    width: int
    height: int

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        return self.labels.rate


@dataclass(frozen=True)
class Mark:
    """What is said of `length` frames from `frame` on, counted from the clip's first, 0."""

    frame: int
    length: int
    text: str
    author: str
    done: bool


def merged(marks: Iterable[Mark]) -> list[Mark]:
    """The marks by frame, of those that begin at the same one a single one with all that is said.

    Editing systems hold one marker a frame and drop the others. It is as long as the longest, and done where
    all are.
    """
    found: dict[int, list[Mark]] = {}
    for mark in sorted(marks, key=lambda one: one.frame):
        found.setdefault(mark.frame, []).append(mark)
    return [_together(together) for together in found.values()]


def _together(marks: list[Mark]) -> Mark:
    first, *others = marks
    return replace(
        first,
        length=max(one.length for one in marks),
        text="\n".join([first.text, *(f"{one.author}: {one.text}" for one in others)]),
        author=", ".join(dict.fromkeys(one.author for one in marks)),
        done=all(one.done for one in marks),
    )


def one_line(text: str) -> str:
    """`text` without line breaks, tabs and control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def xml_text(text: str) -> str:
    """`text` without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("", text)
