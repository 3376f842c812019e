"""The frames of a version's preview and their source time codes, from the media that is stored with it.

Frame n of the preview is n frames after the source's start, counted at the preview's constant rate. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mam.errors import ValidationError
from mam.media import timecode


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


def _start(label: str | None, rate: Fraction) -> int:
    try:
        return timecode.parse(label, rate) if label else 0
    except ValidationError:
        return 0
