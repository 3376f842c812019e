"""Final Cut Pro 7 XML, which Premiere reads: a sequence with the clip, offline, and the markers on it."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mam.media.marks import Clip, Mark, merged, xml_text

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n'
_NTSC = 1001
_NAME = 60


def write(clip: Clip, marks: Iterable[Mark]) -> str:
    """The document; markers count frames from the sequence's first, a point has no end."""
    root = Element("xmeml", version="4")
    sequence = SubElement(root, "sequence", id="sequence-1")
    found = merged(marks)
    _put(sequence, "name", f"{clip.name} notes")
    _put(sequence, "duration", clip.frames)
    _rate(sequence, clip.rate)
    _timecode(sequence, clip)
    _picture(SubElement(SubElement(sequence, "media"), "video"), clip)
    for mark in found:
        marker = SubElement(sequence, "marker")
        first = (mark.text.splitlines() or [""])[0][:_NAME]
        _put(marker, "name", f"{mark.author}: {first}" if mark.author else first)
        _put(marker, "comment", mark.text)
        _put(marker, "in", mark.frame)
        _put(marker, "out", mark.frame + mark.length if mark.length > 1 else -1)
    indent(root)
    return _HEAD + tostring(root, encoding="unicode") + "\n"


def _picture(video: Element, clip: Clip) -> None:
    """The format, and one track with the clip from its first frame to its last."""
    shape = SubElement(SubElement(video, "format"), "samplecharacteristics")
    _rate(shape, clip.rate)
    _size(shape, clip)
    item = SubElement(SubElement(video, "track"), "clipitem", id="clipitem-1")
    _put(item, "name", clip.name)
    _put(item, "duration", clip.frames)
    _rate(item, clip.rate)
    for name, value in (("start", 0), ("end", clip.frames), ("in", 0), ("out", clip.frames)):
        _put(item, name, value)
    file = SubElement(item, "file", id="file-1")
    _put(file, "name", clip.filename)
    _put(file, "pathurl", f"file://localhost/{quote(clip.filename)}")
    _rate(file, clip.rate)
    _put(file, "duration", clip.frames)
    _timecode(file, clip)
    _size(SubElement(SubElement(SubElement(file, "media"), "video"), "samplecharacteristics"), clip)


def _timecode(parent: Element, clip: Clip) -> None:
    timecode = SubElement(parent, "timecode")
    _rate(timecode, clip.rate)
    _put(timecode, "string", clip.labels.of(0))
    _put(timecode, "frame", clip.labels.start)
    _put(timecode, "displayformat", "DF" if clip.labels.drop else "NDF")


def _rate(parent: Element, rate: Fraction) -> None:
    """`ntsc` says that a second has 1000/1001 of the time base's frames."""
    element = SubElement(parent, "rate")
    _put(element, "timebase", round(rate))
    _put(element, "ntsc", "TRUE" if rate.denominator == _NTSC else "FALSE")


def _size(parent: Element, clip: Clip) -> None:
    _put(parent, "width", clip.width)
    _put(parent, "height", clip.height)


def _put(parent: Element, name: str, value: object) -> None:
    SubElement(parent, name).text = xml_text(str(value))
