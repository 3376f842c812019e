"""Places of notes of one version on another: the same frame at the same rate, else the same moment.

Exact: rates are fractions, no float is involved. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mam.media.labels import MOMENTS, Labels, PageLabels, Places, SoundLabels


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


def extent_of(places: Places | None, duration: Fraction | None) -> Extent | None:
    """The extent of a version that lasts `duration` seconds; None where no note can stand at a frame."""
    if isinstance(places, Labels):
        return Extent(places, max(1, round(duration * places.rate))) if duration else None
    return Extent(places, places.count) if places is not None else None


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
