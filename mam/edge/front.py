"""Leaves the bytes of a checked answer to the web server in front, where a plugin says that it can send them.

Says only which file, for how long the check may be remembered, and never more than the grant's own life.
Whoever asks past that web server gets the bytes from here. Writes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mam.edge.answers import Headers
from mam.types import Accel

if TYPE_CHECKING:
    from mam.config import Config
    from mam.plugins import Hooks


@dataclass(frozen=True)
class Front:
    """The plugins that know the web server in front."""

    config: Config
    hooks: Hooks

    @property
    def is_there(self) -> bool:
        """Whether a plugin that could answer runs at this moment."""
        return bool(self.hooks.manager.hook.mam_accelerate.get_hookimpls())

    def ask(self, path: Path, headers: Mapping[bytes, bytes]) -> Accel | None:
        """What the first plugin says of a file; blocks until it does."""
        found: Accel | None = self.hooks.first(
            "mam_accelerate", config=self.config, path=path, headers=headers
        )
        return found


def lasting(seconds: float) -> bytes:
    """Cache-Control of bytes that never change, for a browser: as long as the grant lives, no second more."""
    return f"private, max-age={max(0, int(seconds))}, immutable".encode()


def handed_over(accel: Accel, cache_control: bytes, left: float | None) -> Headers:
    """The headers that say which file to send; `left` is the grant's rest in seconds, None for a download.

    A remembered check ends before the grant's last second, and so does what a browser may keep of it.
    """
    remember = 0 if left is None else min(accel.remember, int(left) - 1)
    until = f"@{int(time.time()) + remember}" if remember > 0 else "0"
    if left is not None and remember > 0:
        cache_control = lasting(left - accel.remember)
    return [
        (b"x-accel-redirect", accel.path.encode("ascii")),
        (b"x-accel-expires", until.encode()),
        (b"cache-control", cache_control),
        (b"content-length", b"0"),
    ]
