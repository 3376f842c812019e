"""Filters of the templates: bytes, spans of time and states in the words people read. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from typing import Any

STATES = {
    "awaiting_upload": "Waiting for its file",
    "uploading": "Uploading",
    "promoting": "Verifying",
    "queued": "Waiting for a worker",
    "processing": "Encoding",
    "ready": "Ready",
    "failed": "Failed",
    "unsupported": "No preview",
    "in_review": "In review",
    "approved": "Approved",
    "changes_requested": "Changes requested",
    "overdue": "Overdue",
}
"""A state of an asset or preview, as it is shown."""

_THOUSAND = 999.5  # from here on the next unit reads better
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size(count: float) -> str:
    """`1.2 MB`: decimal units, as drives are sold."""
    value, unit = float(count), 0
    while value >= _THOUSAND and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 0 if unit == 0 or value >= 99.95 else 1  # noqa: PLR2004 - where one decimal rounds to 100
    return f"{value:.{digits}f} {_UNITS[unit]}"


def clock(seconds: float | None) -> str:
    """`2:03` or `1:02:03`; empty for an unknown length."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def day(iso: str | None) -> str:
    """`21 Nov 2026`, of an ISO time; empty for none."""
    return f"{datetime.fromisoformat(iso):%-d %b %Y}" if iso else ""


def moment(iso: str | None) -> str:
    """`21 Nov 2026, 09:30 UTC`, of an ISO time; empty for none."""
    return f"{datetime.fromisoformat(iso):%-d %b %Y, %H:%M} UTC" if iso else ""


def rate(text: str | None) -> str:
    """`23.976 fps`, of `24000/1001`; empty for none."""
    return f"{float(Fraction(text)):.3f}".rstrip("0").rstrip(".") + " fps" if text else ""


def state(name: str | None) -> str:
    """The words of a state; an unknown one as it is."""
    return STATES.get(name or "", name or "")


def initials(name: str) -> str:
    """`AK` of Ana Kovač: first letters of the first and last word."""
    found = re.findall(r"\w+", name)
    return "".join(word[0] for word in (found[:1] + found[1:][-1:])).upper() or "?"


FILTERS: dict[str, Callable[..., Any]] = {
    "size": size,
    "clock": clock,
    "day": day,
    "moment": moment,
    "rate": rate,
    "state": state,
    "initials": initials,
}
"""What templates may write behind a bar: `{{ version.size|size }}`."""
