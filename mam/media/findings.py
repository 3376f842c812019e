"""The checks of automatic QC: what one pass measured, judged by the thresholds, as a bounded list of markers.

Black, freeze, dropped, duplicated, mixed rate, interlace; silence, clipping, loudness. Pure arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mam.config import Qc
from mam.media import cadence
from mam.media.analysis import Measured
from mam.media.ladder import is_interlaced
from mam.media.loudness import SoundMeter, Span
from mam.media.markers import KINDS, Marker, Ruler
from mam.media.pictures import BOTTOM_FIRST, PROGRESSIVE, TOP_FIRST, UNKNOWN, Pictures
from mam.types import MediaInfo

_WINDOW = 24  # pictures whose fields are judged together
_KNOWN_SHARE, _CLEAR_SHARE, _PROGRESSIVE_SHARE = 0.4, 0.95, 0.9
_MOST_RATES = 8
_ROUNDING = 0.05  # LU; loudness is told to a tenth


def find(info: MediaInfo, qc: Qc, measured: Measured) -> list[Marker]:
    """Every marker of every check that is on, by time; so many of a kind at most, then a note."""
    ruler = Ruler(info, measured.pictures)
    found: list[Marker] = []
    if measured.pictures is not None and len(measured.pictures.times):
        found += _bounded(_black(measured.pictures, ruler, qc), qc)
        found += _bounded(_freeze(measured.pictures, ruler, qc), qc)
        found += _bounded(_dropped(info, measured.pictures, ruler, qc), qc)
        found += _bounded(_duplicated(measured.pictures, ruler, qc), qc)
        found += _bounded(_mixed_rate(measured.pictures, ruler, qc), qc)
        found += _bounded(_interlace(info, measured.pictures, ruler, qc), qc)
    for one in (_silence, _clipping):
        found += _bounded((marker for meter in measured.sounds for marker in one(meter, ruler)), qc)
    found += _bounded(_loudness(measured.sounds, ruler, qc), qc)
    return sorted(found, key=lambda marker: (marker.seconds_in, KINDS.index(marker.kind), marker.track or 0))


def interlace_verdict(info: MediaInfo, pictures: Pictures | None) -> dict[str, Any] | None:
    """What the container says of fields and what the pictures say: `{container, measured, share}`.

    `measured` is tff, bff, progressive or unknown, `share` that of the pictures that say so.
    """
    if info.video is None or pictures is None or not len(pictures.orders):
        return None
    order, share = _verdict(pictures.orders)
    names = {TOP_FIRST: "tff", BOTTOM_FIRST: "bff", PROGRESSIVE: "progressive", UNKNOWN: "unknown"}
    return {"container": info.video.field_order, "measured": names[order], "share": round(share, 3)}


def _bounded(markers: Iterable[Marker], qc: Qc) -> list[Marker]:
    found = sorted(markers, key=lambda marker: marker.seconds_in)
    kept, rest = found[: qc.max_markers], found[qc.max_markers :]
    if rest:
        places = {name: getattr(rest[0], name) for name in ("frame_in", "timecode_in", "seconds_in")} | {
            name: getattr(rest[-1], name) for name in ("frame_out", "timecode_out", "seconds_out")
        }
        kept.append(
            Marker(rest[0].kind, severity="info", value=len(rest), detail=f"{len(rest)} more.", **places)
        )
    return kept


# --- pictures ------------------------------------------------------------------------------------


def _runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and last of each run of set flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield first, end - 1


def _long_enough(place: dict[str, Any], seconds: float, rate: Fraction) -> bool:
    """Whether a span lasts that long, half a frame forgiven."""
    frames = int(place["frame_out"]) - int(place["frame_in"]) + 1
    return frames >= seconds * rate - Fraction(1, 2)


def _lasting(kind: str, word: str, place: dict[str, Any]) -> Marker:
    lasted = round(float(place["seconds_out"] - place["seconds_in"]), 3)
    return Marker(kind, severity="warning", value=lasted, detail=f"{word} for {lasted:g} s.", **place)


def _black(pictures: Pictures, ruler: Ruler, qc: Qc) -> Iterator[Marker]:
    for first, last in _runs(pictures.black) if qc.black else ():
        place = ruler.pictures(first, last)
        if _long_enough(place, qc.black_seconds, ruler.rate):
            yield _lasting("black", "Black", place)


def _freeze(pictures: Pictures, ruler: Ruler, qc: Qc) -> Iterator[Marker]:
    """A still counts from the picture that stands; one that is black all along is told as black."""
    end = -1
    for start, last in _runs(pictures.still) if qc.freeze else ():
        first = max(end + 1, _settled_from(pictures.change, start - 1, ruler.rate))
        place = ruler.pictures(first, last)
        dark = pictures.black[first : last + 1].all()
        if _long_enough(place, qc.freeze_seconds, ruler.rate) and not dark:
            end = last
            yield _lasting("freeze", "Still", place)


def _settled_from(change: NDArray[np.float32], first: int, rate: Fraction) -> int:
    """The picture that stands: coders need up to half a second until a still has settled."""
    least = max(0, first - int(rate / 2))
    while first > least and change[first] <= cadence.NEARLY_SAME:
        first -= 1
    return max(0, first)


def _dropped(info: MediaInfo, pictures: Pictures, ruler: Ruler, qc: Qc) -> Iterator[Marker]:
    """The frames that are missing, where the preview shows the one before for longer."""
    video = info.video
    if not qc.dropped or video is None or video.variable_rate or video.frame_rate <= 0:
        return
    for gap in cadence.dropped(pictures.times, video.frame_rate):
        place = ruler.span(int(ruler.numbers[gap.first]) + 1, int(ruler.numbers[gap.last]))
        count = int(gap.value)
        detail = f"{count} frame{'s are' if count > 1 else ' is'} missing."
        yield Marker("dropped", severity="error", value=count, detail=detail, **place)


def _duplicated(pictures: Pictures, ruler: Ruler, qc: Qc) -> Iterator[Marker]:
    if not qc.duplicated:
        return
    for hold in cadence.duplicated(pictures, ruler.rate, qc.duplicated_seconds):
        count = int(hold.value)
        detail = f"{count} frame{'s repeat' if count > 1 else ' repeats'} the one before."
        place = ruler.pictures(hold.first, hold.last)
        yield Marker("duplicated", severity="error", value=count, detail=detail, **place)


def _mixed_rate(pictures: Pictures, ruler: Ruler, qc: Qc) -> Iterator[Marker]:
    """Each stretch with another rate than most of the film; one marker where there is no telling."""
    found = cadence.rates(pictures.times) if qc.mixed_rate else []
    if not found or (len(found) == 1 and found[0].value):
        return
    most = max(found, key=lambda one: one.last - one.first)
    uneven = sum(one.last - one.first for one in found if not one.value)
    if len(found) > _MOST_RATES or 2 * uneven > len(pictures.times):
        slow, fast = 1_000_000 / np.percentile(np.diff(pictures.times), (95, 5)).clip(1)
        detail = f"The frame rate varies all along ({slow:.1f} to {fast:.1f} a second)."
        yield Marker("mixed_rate", severity="info", value=None, detail=detail, **ruler.whole(0.0))
        return
    for one in found:
        if one is most:
            continue
        words = f"{one.value:.3f} frames a second" if one.value else "Uneven frames"
        elsewhere = f"; {most.value:.3f} elsewhere." if most.value else "; uneven elsewhere."
        place = ruler.pictures(one.first, max(one.first, one.last - (one is not found[-1])))
        value = round(one.value, 3) if one.value else None
        yield Marker(
            "mixed_rate", severity="warning", value=value, detail=f"{words} here{elsewhere}", **place
        )


def _verdict(orders: NDArray[np.int8]) -> tuple[int, float]:
    """What most pictures say of their fields, where enough say anything and they agree; and their share.

    Fields that are really there come in one order; fine vertical motion looks like both.
    """
    counts = np.bincount(orders, minlength=4)[:4]
    known, total = int(counts[1:].sum()), len(orders)
    if known < _KNOWN_SHARE * total:
        return UNKNOWN, 0.0
    order = TOP_FIRST if counts[TOP_FIRST] >= counts[BOTTOM_FIRST] else BOTTOM_FIRST
    fields = int(counts[TOP_FIRST] + counts[BOTTOM_FIRST])
    if fields >= _PROGRESSIVE_SHARE * known and counts[order] >= _CLEAR_SHARE * fields:
        return order, int(counts[order]) / total
    if counts[PROGRESSIVE] >= _PROGRESSIVE_SHARE * known:
        return PROGRESSIVE, int(counts[PROGRESSIVE]) / total
    return UNKNOWN, 0.0


def _interlace(info: MediaInfo, pictures: Pictures, ruler: Ruler, qc: Qc) -> Iterator[Marker]:
    """Stretches with fields in a film that says it has none; a film that says so and has none anywhere."""
    video = info.video
    if not qc.interlace or video is None or len(pictures.orders) < _WINDOW // 2:
        return
    if is_interlaced(video):
        order, share = _verdict(pictures.orders)
        if order == PROGRESSIVE:
            detail = f"The file says interlaced ({video.field_order}); its pictures are progressive."
            yield Marker(
                "interlace", severity="info", value=round(share, 3), detail=detail, **ruler.whole(0.0)
            )
        return
    windows = -(-len(pictures.orders) // _WINDOW)
    verdicts = [_verdict(piece)[0] for piece in np.array_split(pictures.orders, windows)]
    bounds = np.cumsum([0, *(len(piece) for piece in np.array_split(pictures.orders, windows))])
    flags = np.array([one in (TOP_FIRST, BOTTOM_FIRST) for one in verdicts])
    for first, last in _runs(flags):
        start, end = int(bounds[first]), int(bounds[last + 1])
        order, share = _verdict(pictures.orders[start:end])
        which = "bottom" if order == BOTTOM_FIRST else "top"
        detail = f"Interlaced, {which} field first; the file says progressive."
        place = ruler.pictures(start, end - 1)
        yield Marker("interlace", severity="error", value=round(share, 3), detail=detail, **place)


# --- sound ---------------------------------------------------------------------------------------


def _heard(ruler: Ruler, meter: SoundMeter, span: Span) -> dict[str, Any]:
    return ruler.sound(span.start / meter.rate, span.end / meter.rate)


def _silence(meter: SoundMeter, ruler: Ruler) -> Iterator[Marker]:
    for span in meter.silences:
        lasted = round((span.end - span.start) / meter.rate, 3)
        place = _heard(ruler, meter, span)
        detail = f"Silent for {lasted:g} s."
        yield Marker("silence", severity="warning", value=lasted, detail=detail, track=meter.index, **place)


def _clipping(meter: SoundMeter, ruler: Ruler) -> Iterator[Marker]:
    for span in meter.clipped:
        detail = f"{span.count} samples in a row at full scale."
        if span.count != span.end - span.start:
            detail = f"{span.count} samples at full scale, several in a row each time."
        place = _heard(ruler, meter, span)
        yield Marker(
            "clipping", severity="error", value=span.count, detail=detail, track=meter.index, **place
        )


def _loudness(meters: tuple[SoundMeter, ...], ruler: Ruler, qc: Qc) -> Iterator[Marker]:
    """Programme tracks off the target or over the highest peak; several tracks of one channel are stems."""
    if not qc.loudness:
        return
    for meter in meters:
        if meter.channels == 1 and len(meters) > 1:
            continue
        found, place = meter.loudness.loudness, ruler.whole(meter.heard / meter.rate)
        if found.integrated is not None:
            off = found.integrated - qc.loudness_lufs
            if abs(off) > qc.loudness_tolerance + _ROUNDING:
                detail = (
                    f"{found.integrated:.1f} LUFS, {off:+.1f} LU from the target of {qc.loudness_lufs:g}."
                )
                yield Marker(
                    "loudness", severity="warning", value=found.integrated, detail=detail, track=meter.index,
                    **place,
                )  # fmt: skip
        if found.true_peak is not None and found.true_peak > qc.true_peak_db:
            detail = f"True peak {found.true_peak:+.1f} dBTP, over {qc.true_peak_db:+g}."
            yield Marker(
                "loudness", severity="error", value=found.true_peak, detail=detail, track=meter.index, **place
            )
