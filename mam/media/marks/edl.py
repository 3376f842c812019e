"""Resolve's marker EDL: an event of one frame a marker, with colour, text and length in the line below."""

from __future__ import annotations

from collections.abc import Iterable

from mam.media.marks import Clip, Mark, merged, one_line


def write(clip: Clip, marks: Iterable[Mark]) -> str:
    """The EDL; events stand at the clip's own time code, for a timeline that starts there."""
    fcm = "DROP FRAME" if clip.labels.drop else "NON-DROP FRAME"
    lines = [f"TITLE: {one_line(clip.name)[:70]}", f"FCM: {fcm}", ""]
    for number, mark in enumerate(merged(marks), 1):
        first, after = clip.labels.of(mark.frame), clip.labels.of(mark.frame + 1)
        lines.append(f"{number:03}  001      V     C        {first} {after} {first} {after}  ")
        colour = "ResolveColorGreen" if mark.done else "ResolveColorBlue"
        lines += [f" |C:{colour} |M:{_text(mark)} |D:{mark.length}", ""]
    return "\r\n".join(lines)


def _text(mark: Mark) -> str:
    """Author and words; the bar would end the field."""
    return one_line(f"{mark.author}: {mark.text}").replace("|", "/")
