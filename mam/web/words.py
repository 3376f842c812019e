"""Filters of the templates: bytes, spans of time and states in the words people read. Pure.

They speak the language of the request (`mam.web.language`): its words, its decimal sign, how it writes days.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from typing import Any

from babel.dates import format_date, format_time
from babel.numbers import get_decimal_symbol

from mam.web.language import N_, gettext, spoken

STATES = {
    "awaiting_upload": N_("Waiting for its file"),
    "uploading": N_("Uploading"),
    "promoting": N_("Verifying"),
    "queued": N_("Waiting for a worker"),
    "processing": N_("Encoding"),
    "ready": N_("Ready"),
    "failed": N_("Failed"),
    "unsupported": N_("No preview"),
    "in_review": N_("In review"),
    "approved": N_("Approved"),
    "changes_requested": N_("Changes requested"),
    "overdue": N_("Overdue"),
    "ok": N_("Ok"),
    "degraded": N_("Degraded"),
    "down": N_("Down"),
    "enforced": N_("Enforced"),
    "advisory": N_("Advisory"),
    "lying": N_("Lying"),
    "unknown": N_("Unknown"),
    "pending": N_("pending"),
    "active": N_("active"),
    "disabled": N_("disabled"),
    "enabled": N_("enabled"),
    "stopped by load error": N_("stopped by load error"),
    "stopped by config error": N_("stopped by config error"),
    "stopped by self-check": N_("stopped by self-check"),
    "switched off": N_("switched off"),
}
"""A state of an asset, a preview, a check, a lock, an account or a plugin, as it is shown."""

ROLES = {
    "owner": N_("owner"),
    "editor": N_("editor"),
    "reviewer": N_("reviewer"),
    "viewer": N_("viewer"),
    "member": N_("member"),
    "admin": N_("admin"),
    "org_admin": N_("organisation admin"),
}
"""A role in a project or on the box."""

KINDS = {
    "video": N_("video"),
    "image": N_("image"),
    "audio": N_("audio"),
    "document": N_("document"),
    "other": N_("other"),
}
"""A kind of asset."""

JOBS = {
    "": N_("All"),
    "queued": N_("queued"),
    "running": N_("running"),
    "done": N_("done"),
    "dead": N_("dead"),
    "cancelled": N_("cancelled"),
    "examine": N_("examine"),
    "render": N_("render"),
    "verify": N_("verify"),
    "analyse": N_("analyse"),
    "fingerprint": N_("fingerprint"),
    "pages": N_("pages"),
    "copy": N_("copy"),
    "tidy": N_("tidy"),
    "proxy": N_("proxy"),
    "watermark": N_("watermark"),
}
"""A kind or a state of a job."""

_THOUSAND = 999.5  # from here on the next unit reads better
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def decimal(value: float, digits: int) -> str:
    """`1.2`, with the decimal sign of the language."""
    return f"{value:.{digits}f}".replace(".", get_decimal_symbol(spoken().locale))


def size(count: float) -> str:
    """`1.2 MB`: decimal units, as drives are sold."""
    value, unit = float(count), 0
    while value >= _THOUSAND and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 0 if unit == 0 or value >= 99.95 else 1  # noqa: PLR2004 - where one decimal rounds to 100
    return f"{decimal(value, digits)} {_UNITS[unit]}"


def clock(seconds: float | None) -> str:
    """`2:03` or `1:02:03`; empty for an unknown length."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def day(iso: str | None) -> str:
    """`21 Nov 2026`, of an ISO time; empty for none."""
    return format_date(datetime.fromisoformat(iso), "medium", spoken().locale) if iso else ""


def moment(iso: str | None) -> str:
    """`21 Nov 2026, 09:30 UTC`, of an ISO time; empty for none."""
    if not iso:
        return ""
    time = format_time(datetime.fromisoformat(iso), "short", locale=spoken().locale)
    return f"{day(iso)}, {time} UTC"


def rate(text: str | None) -> str:
    """`23.976 fps`, of `24000/1001`; empty for none."""
    if not text:
        return ""
    exact = f"{float(Fraction(text)):.3f}".rstrip("0").rstrip(".")
    return exact.replace(".", get_decimal_symbol(spoken().locale)) + " fps"


def state(name: str | None) -> str:
    """The words of a state; an unknown one as it is."""
    return _word(STATES, name)


def role(name: str | None) -> str:
    """The word for a role; an unknown one as it is."""
    return _word(ROLES, name)


def kind(name: str | None) -> str:
    """The word for a kind of asset; an unknown one as it is, empty for none."""
    return _word(KINDS, name)


def job(name: str | None) -> str:
    """The words of a job's kind or state; one of a plugin as it is, with spaces."""
    return _word(JOBS, name).replace("_", " ")


def initials(name: str) -> str:
    """`AK` of Ana Kovač: first letters of the first and last word."""
    found = re.findall(r"\w+", name)
    return "".join(word[0] for word in (found[:1] + found[1:][-1:])).upper() or "?"


def _word(words: dict[str, str], name: str | None) -> str:
    known = words.get(name or "")
    return gettext(known) if known is not None else name or ""


FILTERS: dict[str, Callable[..., Any]] = {
    "size": size,
    "clock": clock,
    "day": day,
    "moment": moment,
    "rate": rate,
    "state": state,
    "role": role,
    "kind": kind,
    "job": job,
    "decimal": decimal,
    "initials": initials,
}
"""What templates may write behind a bar: `{{ version.size|size }}`."""
