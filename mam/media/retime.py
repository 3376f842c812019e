"""Places of notes of one version on another: the same frame at the same rate, else the same moment.

Exact: rates are fractions, no float is involved. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mam.media.labels import MOMENTS, Labels, PageLabels, Places, SoundLabels, places_of


@dataclass(frozen=True)
class Extent:
    """What a version's notes can stand at: so many frames, pages or thousandths of a second."""

    places: Places
    count: int

    @property
    def rate(self) -> Fraction | None:
        """Frames or moments a second; None for pages."""
        if isinstance(self.places, Labels):
            return self.places.rate
        return Fraction(MOMENTS) if isinstance(self.places, SoundLabels) else None


def extent_of(media: Mapping[str, Any] | None) -> Extent | None:
    """The extent of a version by the media stored with it; None where no note can stand at a frame.

    A film of even rate has the frames that its track says, for its sound may last longer; else its length
    counts.
    """
    media, places = media or {}, places_of(media)
    if not isinstance(places, Labels):
        return Extent(places, places.count) if places is not None else None
    video = media.get("video") or {}
    rate = media.get("frame_rate")
    kept = not video.get("variable_rate") and video.get("preview_rate", rate) == rate
    count = video.get("frames") if kept else None
    count = count or round(Fraction(media.get("duration") or 0) * places.rate)
    return Extent(places, count) if count else None


def mapped(frame: int, before: Extent, after: Extent) -> int | None:
    """The place of `frame` on another version; None beyond its end, and where pages meet frames.

    At another rate it is the frame on screen in the middle of this one's time.
    """
    if isinstance(before.places, PageLabels) is not isinstance(after.places, PageLabels):
        return None
    found = frame
    if before.rate is not None and after.rate is not None and before.rate != after.rate:
        found = int((frame + Fraction(1, 2)) / before.rate * after.rate)
    return found if 0 <= found < after.count else None


def mapped_range(
    frame: int, last: int | None, before: Extent, after: Extent
) -> tuple[int | None, int | None]:
    """First and last frame of a range on another version, which ends where that does.

    A range that begins beyond its end has no place: (None, None).
    """
    first = mapped(frame, before, after)
    if first is None or last is None:
        return first, None
    end = mapped(last, before, after)
    return first, after.count - 1 if end is None else max(first, end)
