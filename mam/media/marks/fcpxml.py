"""Final Cut Pro XML: a project with the clip, offline, and the markers on it as to-do items."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mam.media.marks import Clip, Mark, merged, xml_text

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'


def write(clip: Clip, marks: Iterable[Mark]) -> str:
    """The document, version 1.8; markers stand at the clip's own times, from its start time code on."""
    root = Element("fcpxml", version="1.8")
    whole: dict[str, str] = {"start": _time(clip, clip.labels.start), "duration": _time(clip, clip.frames)}
    form = "DF" if clip.labels.drop else "NDF"
    name, source = xml_text(clip.name), f"file:///{quote(clip.filename)}"
    resources = SubElement(root, "resources")
    size: dict[str, str] = {"width": str(clip.width), "height": str(clip.height)}
    SubElement(resources, "format", size, id="r1", frameDuration=_time(clip, 1))
    SubElement(resources, "asset", whole, id="r2", name=name, src=source, hasVideo="1", format="r1")
    event = SubElement(SubElement(root, "library"), "event", name=name)
    sequence = SubElement(
        SubElement(event, "project", name=f"{name} notes"), "sequence",
        format="r1", tcStart=whole["start"], duration=whole["duration"], tcFormat=form,
    )  # fmt: skip
    item = SubElement(
        SubElement(sequence, "spine"), "asset-clip", whole,
        ref="r2", name=name, offset=whole["start"], tcFormat=form,
    )  # fmt: skip
    for mark in merged(marks):
        SubElement(
            item, "marker",
            start=_time(clip, clip.labels.start + mark.frame), duration=_time(clip, mark.length),
            value=xml_text(mark.text), note=xml_text(mark.author), completed=str(int(mark.done)),
        )  # fmt: skip
    indent(root)
    return _HEAD + tostring(root, encoding="unicode") + "\n"


def _time(clip: Clip, frames: int) -> str:
    """Frames as exact seconds: `1001/30000s`."""
    return f"{Fraction(frames) / clip.rate}s"
