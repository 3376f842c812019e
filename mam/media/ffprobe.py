"""Questions to ffprobe over one upload, always contained, and its JSON read with suspicion.

Every number has a range, every word a length, every list is a list: what a file makes ffprobe say is as
untrusted as the file. Writes nothing. Promises B1-B6.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mam.errors import SourceError
from mam.media import second_look
from mam.media.ffmpeg import Tools, input_args, judge
from mam.media.limits import Limits
from mam.media.process import run_contained
from mam.media.walls import Room, Sandbox

Json = dict[str, Any]

_LONGEST_LINE, _MOST_LISTED = 4096, 2 << 30
_TAG_CHARACTERS = 500


@dataclass(frozen=True)
class Asking:
    """Contained ffprobe runs over one upload."""

    tools: Tools
    sandbox: Sandbox
    source: Path
    limits: Limits
    max_pixels: int
    only: str = ""
    """The one track whose packets are read, by the file's own number; empty for all."""

    def first(self) -> Json:
        """Container, tracks and the first packets. Raises `SourceError` where the file cannot be read."""
        entries = ["-show_format", "-show_streams", "-show_entries", second_look.PACKET_ENTRIES]
        return self._json([*entries, "-read_intervals", f"%+#{second_look.PACKETS_LOOKED_AT}"])

    def frames(self, index: int) -> list[Any]:
        """Some decoded frames of a video track; none where they cannot be decoded in time."""
        picked = ["-select_streams", f"v:{index}", "-show_entries", second_look.FRAME_ENTRIES]
        with suppress(SourceError):
            few = ["-read_intervals", f"%+#{second_look.FRAMES_LOOKED_AT}"]
            return sequence(self._json([*picked, *few, "-threads", "1"]).get("frames"))
        return []

    def packets(self, interval: str) -> list[Any]:
        """The packets of an interval in ffprobe's words; none where it does not get there in time."""
        with suppress(SourceError):
            asked = [*self._packets, "-read_intervals", interval]
            return sequence(self._json(asked).get("packets"))
        return []

    def all_packets(self) -> second_look.Ends:
        """Where every track's packets end, all of them read; as far as the time allows."""
        ends, rest = second_look.Ends(), b""

        def take(data: bytes) -> None:
            nonlocal rest
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[-_LONGEST_LINE:]
            for line in lines:
                ends.add_line(line.decode("ascii", "replace"))

        limits = replace(self.limits, stdout_bytes=_MOST_LISTED)
        with suppress(SourceError):
            asked = ["-of", "csv=p=0", *self._packets]
            run_contained(self.sandbox, self._line(asked), self._room, limits, on_output=take)
        return ends

    @property
    def _packets(self) -> list[str]:
        chosen = ["-select_streams", self.only] if self.only else []
        return [*chosen, "-show_entries", second_look.PACKET_ENTRIES]

    def _json(self, arguments: list[str]) -> Json:
        outcome = run_contained(
            self.sandbox, self._line(["-of", "json", *arguments]), self._room, self.limits
        )
        judge(outcome, self.limits)
        try:
            return mapping(json.loads(outcome.stdout.decode("utf-8", "replace")))
        except (ValueError, RecursionError) as error:
            raise SourceError("The file could not be described.", code="source_corrupt") from error

    def _line(self, arguments: list[str]) -> list[str]:
        program = [str(self.tools.ffprobe), "-hide_banner", "-v", "error", *arguments]
        return [*program, *input_args(self.sandbox, self.source, max_pixels=self.max_pixels)]

    @property
    def _room(self) -> Room:
        return Room(source=self.source, read_only=self.tools.read_only)


def clean(text: Any) -> str:
    """Text from a file as one short line: control characters become spaces."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", str(text)[:_TAG_CHARACTERS]).split())


def mapping(value: Any) -> Json:
    """The value where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value where it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def word(value: Any) -> str:
    """One of ffmpeg's own words; empty for its ways to say that it does not know."""
    word = value if isinstance(value, str) else ""
    return "" if word in {"unknown", "none", "N/A", "reserved"} else word[:64]


def count(value: Any) -> int:
    """A whole number of at least 0, given as number or digits; 0 for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0  # noqa: PLR2004 - int64


def seconds(value: Any) -> float:
    """A finite number of seconds, 0 for anything else."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return 0.0
    return seconds if 0 < seconds < 1e9 else 0.0  # noqa: PLR2004 - thirty years
