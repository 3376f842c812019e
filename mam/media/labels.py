"""What the frames of a version are called, from the media that is stored with it. Pure.

Frame n of a film's preview is n frames after the source's start, counted at the preview's constant rate, and
has a source time code. Of a document it is page n + 1, of sound the thousandth of a second n.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mam.errors import ValidationError
from mam.media import timecode

MOMENTS = 1000
"""Moments in a second of sound: what the frames of a note on it count."""


@dataclass(frozen=True)
class Labels:
    """Frames a second, the number of the first frame counted from `00:00:00:00`, and whether labels drop."""

    rate: Fraction
    start: int = 0
    drop: bool = False

    def of(self, frame: int) -> str:
        """The label of a frame, both from the beginning of the version."""
        return timecode.label(self.start + frame, self.rate, drop=self.drop)


def labels_of(media: Mapping[str, Any] | None) -> Labels | None:
    """How the frames of a version are labelled; None where it has none, or was not examined yet.

    The rate is that of the preview, else the source's. A start that does not exist at it counts as zero.
    """
    media = media or {}
    text = (media.get("video") or {}).get("preview_rate") or media.get("frame_rate")
    if not text:
        return None
    rate = Fraction(text)
    if round(rate) < 1:
        return None
    drop = bool(media.get("drop_frame")) and timecode.can_drop(rate)
    return Labels(rate, _start(media.get("start_timecode"), rate), drop)


@dataclass(frozen=True)
class PageLabels:
    """The pages of a document or of a picture of several; frame 0 is the first."""

    count: int

    def of(self, frame: int) -> str:
        """The name of a page."""
        return f"Page {frame + 1}"


@dataclass(frozen=True)
class SoundLabels:
    """The moments of what is only heard, `count` of them, each a thousandth of a second."""

    count: int

    def of(self, frame: int) -> str:
        """The time of a moment from the beginning, `HH:MM:SS.mmm`."""
        minutes, thousandths = divmod(frame, 60 * MOMENTS)
        seconds, rest = divmod(thousandths, MOMENTS)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{rest:03}"


Places = Labels | PageLabels | SoundLabels


def places_of(media: Mapping[str, Any] | None) -> Places | None:
    """What a note's frames are on this version: frames, pages of several, moments of sound; None for none."""
    media = media or {}
    labels = labels_of(media)
    if labels is not None:
        return labels
    if (media.get("pages") or 1) > 1:
        return PageLabels(media["pages"])
    if media.get("audio_tracks") and media.get("duration") and not media.get("video"):
        return SoundLabels(round(media["duration"] * MOMENTS))
    return None


def _start(label: str | None, rate: Fraction) -> int:
    try:
        return timecode.parse(label, rate) if label else 0
    except ValidationError:
        return 0
