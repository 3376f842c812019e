"""What a header does not tell of a film, or tells wrongly: where the packets end, whether fields are woven.

Contained ffprobe runs, pure functions over what they say. A film that was cut off claims its old length; a
claim is believed where packets lie at its end, else all packets are read, not decoded. Promises B7, B13.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mam.errors import SourceError

Json = dict[str, Any]
Interval = Callable[[str], list[Any]]
"""Answers ffprobe's packets of a `-read_intervals` word."""

PACKETS_LOOKED_AT = 600
"""Packets of all tracks that are read from the beginning: some seconds of a film, all of a short one."""

PACKET_ENTRIES = "packet=stream_index,pts_time,dts_time,duration_time"
FRAMES_LOOKED_AT = 10
FRAME_ENTRIES = (
    "frame=interlaced_frame,top_field_first,color_transfer,color_primaries,color_space,color_range"
)

LEAP_SECONDS = 4 * 3600.0
"""A clock that leaps so far is damaged, or a trap: every frame of that time would be made."""

_SPARSE_BYTES = 12_500  # a second
_MOST_HOURS = 48
_OVER_SECONDS, _OVER_SHARE = 0.5, 0.02  # what a header may claim beyond its packets
_TAIL_SECONDS = 2.0
# Never woven of fields, by their standards; what is left out here is decoded for some frames.
_WHOLE = """
apng av1 cinepak flashsv flv1 gif h261 h263 hap jpeg2000 mpeg1video msmpeg4v2 msmpeg4v3 png qtrle rv10 rv20
svq1 svq3 theora vp6 vp6f vp8 vp9 wmv1 wmv2
"""
_ALWAYS_WHOLE = frozenset(_WHOLE.split())


@dataclass
class Ends:
    """When each track's packets begin and end, in seconds on the file's own clock."""

    begins: dict[int, float] = field(default_factory=dict)
    ends: dict[int, float] = field(default_factory=dict)
    leap: float = 0.0
    """The longest time without a packet of any track, in the order of the file."""

    def add(self, packets: Iterable[Any]) -> Ends:
        """Count ffprobe's packets in; what says no time is passed over. Answers itself."""
        for packet in packets:
            if isinstance(packet, dict):
                self._take(packet.get("stream_index"), [packet.get(name) for name in _TIMES])
        return self

    def add_line(self, line: str) -> None:
        """Count one packet of ffprobe's compact output in: `stream_index,pts,dts,duration`."""
        index, *times = line.strip().split(",")[:4]
        if index.isascii() and index.isdigit():
            self._take(int(index), times)

    def _take(self, index: Any, times: list[Any]) -> None:
        shown, sent, lasting = (_number(time) for time in (*times, None, None, None)[:3])
        at = sent if shown is None else shown
        if not isinstance(index, int) or at is None:
            return
        self.leap = max(self.leap, at - max(self.ends.values(), default=at))
        self.begins[index] = min(at, self.begins.get(index, at))
        self.ends[index] = max(at + max(0.0, lasting or 0.0), self.ends.get(index, at))

    def of_track(self, index: int) -> float | None:
        """How long a track's packets last, in seconds; None where it has none that tell."""
        if index not in self.ends:
            return None
        return round(self.ends[index] - self.begins[index], 6) or None

    @property
    def last(self) -> float | None:
        """When the last packet of all ends; None where no packet tells."""
        return max(self.ends.values(), default=None)


_TIMES = ("pts_time", "dts_time", "duration_time")


def real_ends(
    packets: list[Any], start: float, claimed: float, interval: Interval, scan: Callable[[], Ends]
) -> Ends | None:
    """Where the packets really end; None where `claimed` seconds from `start` are true, or nothing tells.

    `packets` are the first ones; `interval` reads some more, `scan` all of them.
    """
    seen = Ends().add(packets)
    if len(packets) >= PACKETS_LOOKED_AT:
        tail = Ends().add(interval(f"{max(0.0, start + claimed - _TAIL_SECONDS):.3f}%+#{PACKETS_LOOKED_AT}"))
        if claimed > 0 and tail.last is not None and not too_long(claimed, tail.last - start):
            return None
        seen = scan()
    if seen.last is None or (claimed > 0 and not too_long(claimed, seen.last - start)):
        return None
    return seen


def sparse(size: int, claimed: float) -> bool:
    """Whether so few bytes claim so many seconds that all packets are read: it costs little then."""
    return claimed > LEAP_SECONDS and size < claimed * _SPARSE_BYTES


def refuse_emptiness(ends: Ends, start: float) -> None:
    """Raise `SourceError` for hours of nothing: a picture would be made for each frame of them."""
    if ends.leap > LEAP_SECONDS:
        raise SourceError(f"The file's clock leaps by {ends.leap / 3600:.0f} hours.", code="source_corrupt")
    hours = ((ends.last or start) - start) / 3600
    if hours > _MOST_HOURS:
        raise SourceError(
            f"The file lasts {hours:.0f} hours; up to {_MOST_HOURS} of so few pictures are shown.",
            code="source_too_large",
        )


def too_long(claimed: float, real: float) -> bool:
    """Whether a header claims more seconds than rounding and a last frame's length explain."""
    return claimed > real + max(_OVER_SECONDS, real * _OVER_SHARE)


def may_be_woven(codec: str) -> bool:
    """Whether frames of a codec can consist of two fields."""
    return codec not in _ALWAYS_WHOLE


def field_order(frames: list[Any]) -> str:
    """The order of fields of decoded frames in ffmpeg's words; empty where most are not woven of fields."""
    woven = [one for one in frames if isinstance(one, dict) and str(one.get("interlaced_frame")) == "1"]
    if not woven or len(woven) * 2 < len(frames):
        return ""
    top = sum(str(one.get("top_field_first")) == "1" for one in woven)
    return "tt" if top * 2 >= len(woven) else "bb"


def fields_untold(frames: list[Any]) -> bool:
    """Whether decoded frames say nothing of fields: none is flagged."""
    return bool(frames) and not any(
        isinstance(one, dict) and str(one.get("interlaced_frame")) == "1" for one in frames
    )


def colours(frames: list[Any]) -> Mapping[str, str]:
    """The colour words that decoded frames carry, the most usual of each."""
    found = {}
    for name in ("color_transfer", "color_primaries", "color_space", "color_range"):
        words = Counter(str(one.get(name)) for one in frames if isinstance(one, dict) and one.get(name))
        if words:
            found[name] = words.most_common(1)[0][0]
    return found


def _number(text: Any) -> float | None:
    """A time of ffprobe's, None for its "N/A" and for what is beyond a century."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if abs(value) < 3e9 else None  # noqa: PLR2004 - a century
