"""Avid Media Composer's marker list: user, time code, track, colour, comment, length; tabs between."""

from __future__ import annotations

from collections.abc import Iterable

from mam.media.marks import Clip, Mark, merged, one_line


def write(clip: Clip, marks: Iterable[Mark]) -> str:
    """The list, a line a marker, for the Markers window of a sequence that starts like the clip."""
    lines = [
        "\t".join(
            (
                one_line(mark.author).replace(",", " &") or "MAM",
                clip.labels.of(mark.frame),
                "V1",
                "green" if mark.done else "red",
                one_line(mark.text),
                str(mark.length),
            )
        )
        for mark in merged(marks)
    ]
    return "".join(f"{line}\r\n" for line in lines)
