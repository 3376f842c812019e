"""A user's file name as data: what is kept of it for people to read.

It never becomes a path, an argument or a header as it is; keys in the store are ids. Writes nothing.
"""

from __future__ import annotations

import re
import unicodedata

from mam.errors import FieldError, ValidationError

UNNAMED = "unnamed"
"""The name of a file that came without one."""

_LONGEST_TAKEN = 1024
_LONGEST_KEPT = 255  # characters; a signed download address has room for four bytes of each
_LONGEST_ENDING = 32
_SEPARATOR = re.compile(r"[/\\]")
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LEFT_OUT = frozenset({"Cc", "Zl", "Zp"})
_NOT_TEXT = "Cs"


def clean_filename(name: str) -> str:
    """The last component of a name, composed (NFC), without control and direction characters.

    Longer than 255 characters it is cut before its ending; nothing left of it reads "unnamed". Raises
    `ValidationError` for lone surrogates and for more than 1024 characters.
    """
    if len(name) > _LONGEST_TAKEN:
        raise _refused(f"At most {_LONGEST_TAKEN} characters.")
    if any(unicodedata.category(char) == _NOT_TEXT for char in name):
        raise _refused("Unicode text; this holds half a character.")
    last = _SEPARATOR.split(unicodedata.normalize("NFC", name))[-1]
    kept = "".join(char for char in last if _is_shown(char))
    if not kept.strip(" .\u00a0"):
        return UNNAMED
    return _cut(kept)


def _is_shown(char: str) -> bool:
    return char not in _DIRECTION and unicodedata.category(char) not in _LEFT_OUT


def _cut(name: str) -> str:
    if len(name) <= _LONGEST_KEPT:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > _LONGEST_ENDING:
        return name[:_LONGEST_KEPT]
    return f"{stem[: _LONGEST_KEPT - len(ending) - 1]}.{ending}"


def _refused(expected: str) -> ValidationError:
    return ValidationError("The file name cannot be taken.", (FieldError("filename", expected),))
