"""From a file's path to nginx's internal location of it. Pure; opens nothing.

A path that leaves its folder, in whatever letters, has no location.
"""

from __future__ import annotations

import os
import posixpath
import urllib.parse
from collections.abc import Mapping
from pathlib import Path

_FIRST_PRINTABLE = 0x20
_DELETE = 0x7F


class Places:
    """The folders that nginx has under `prefix`, by name."""

    def __init__(self, prefix: str, folders: Mapping[str, Path]) -> None:
        """Write down each folder as bytes with a slash at its end, the deepest first."""
        found = [(os.fsencode(folder) + b"/", f"{prefix}{name}/") for name, folder in folders.items()]
        self._folders = sorted(found, key=lambda one: -len(one[0]))

    def location(self, path: Path) -> str | None:
        """The location, percent-encoded as nginx decodes it; None where the file is in no folder of ours."""
        raw = os.fsencode(path)
        if posixpath.normpath(raw) != raw or any(byte < _FIRST_PRINTABLE or byte == _DELETE for byte in raw):
            return None
        for folder, prefix in self._folders:
            if raw.startswith(folder):
                return prefix + urllib.parse.quote_from_bytes(raw[len(folder) :], safe="/")
        return None
