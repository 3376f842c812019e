"""Samples to words: the contained child is started, its time and memory are kept, what it says is checked.

What it says is read as a stranger's, for the sound that it hears is one's: bounded, and of a known shape.
Writes nothing.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mam.config import Media
from mam.errors import ConfigError, MamError, SourceError
from mam.media import languages
from mam.media.ffmpeg import find_tools
from mam.media.images import python_home
from mam.media.limits import MIB, Limits
from mam.media.process import Outcome, run_contained
from mam.media.sandbox import open_sandbox
from mam.media.walls import Room
from mam_transcribe_whisper import child
from mam_transcribe_whisper.decoding import BYTES, RATE
from mam_transcribe_whisper.model import ModelFiles
from mam_transcribe_whisper.settings import Settings

LEAST_CHANCE = 0.6
"""How likely the likeliest language has to be; noise and music sound like every language a little."""

_RESIDENT = 1024 * MIB
_MAPPED = 6144 * MIB  # the libraries map far more than they touch, by cores
_LINE = 64 * 1024
_STDOUT = 32 * MIB
_START_SECONDS = 120
_SLOWEST = 4.0  # processor seconds for a second of sound on the slowest machine that is worth the wait

OnPercent = Callable[[float], None]


@dataclass(frozen=True)
class Words:
    """What is said from `start` to `end`, in seconds; `sure` is a probability."""

    start: float
    end: float
    text: str
    sure: float


@dataclass
class Heard:
    """What the child said so far: the language ("" for none), its probability, the words."""

    language: str = ""
    chance: float = 0.0
    words: list[Words] = field(default_factory=list)
    done: bool = False
    error: str = ""


@dataclass(frozen=True)
class Listener:
    """Hears files of samples with a model: `language` where it is known, else it is listened for."""

    media: Media
    settings: Settings
    model: ModelFiles

    def listen(self, sound: Path, language: str, on_percent: OnPercent) -> Heard:
        """What is said in a file of samples, in seconds from its beginning.

        `on_percent` is called twice a second; what it raises ends the work. Raises `SourceError` where a
        limit is over, `ConfigError` where the model cannot be used here.
        """
        sandbox = open_sandbox(self.media.sandbox, find_tools(self.media.ffmpeg))
        python, home, packages = engine()
        job = json.dumps({**self._job(), "source": sandbox.source_path(sound), "language": language})
        program = [str(python), "-I", "-S", child.__file__, str(packages), job]
        here = Path(child.__file__).resolve().parent
        room = Room(sound, read_only=tuple(dict.fromkeys((home, packages, here, *self.model.folders))))
        limits, reader = _limits(sound), _Reader()
        outcome = run_contained(
            sandbox, program, room, limits, on_output=reader.feed, on_tick=lambda: on_percent(reader.percent)
        )
        _judge(outcome, limits, reader.heard)
        return reader.heard

    def _job(self) -> dict[str, Any]:
        """What the child is told of the model and of how to use it; nothing in it comes from a user."""
        return {
            "parts": [str(path) for path in self.model.parts],
            "config": str(self.model.config),
            "vocabulary": str(self.model.vocabulary),
            "sha256": self.model.sha256,
            "only": [languages.normal(code).partition("-")[0] for code in self.settings.only],
            "sure": self.settings.sure,
            "beams": self.settings.beams,
            "threads": self.settings.threads,
            "least_chance": LEAST_CHANCE,
        }


def _limits(sound: Path) -> Limits:
    """By the length of the sound; it may be slow, but not for ever."""
    most = _START_SECONDS + _SLOWEST * sound.stat().st_size / (BYTES * RATE)
    return Limits(
        memory=_MAPPED, resident=_RESIDENT, output_bytes=0, stdout_bytes=_STDOUT,
        cpu_seconds=int(most), wall_seconds=4 * most,
    )  # fmt: skip


class _Reader:
    """Reads the child's lines as they come."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.percent = 0.0
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take bytes, whole lines or not. Raises `MamError` for what no child of ours says."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LINE:
            raise MamError("The speech recognition answered what it never does.")
        for line in lines:
            try:
                self._take(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise MamError("The speech recognition answered what it never does.") from error

    def _take(self, said: dict[str, Any]) -> None:
        self.heard.error = str(said.get("error", self.heard.error))
        self.heard.language = languages.normal(str(said.get("language", self.heard.language)))
        self.heard.chance = float(said.get("chance", self.heard.chance))
        self.heard.done = self.heard.done or bool(said.get("done"))
        self.percent = min(100.0, max(self.percent, float(said.get("percent", 0.0))))
        for start, end, text, sure in said.get("said", ()):
            if not (math.isfinite(start) and math.isfinite(end) and 0 <= start < end):
                raise ValueError("times that are none")
            self.heard.words.append(Words(float(start), float(end), str(text)[:2000], float(sure)))


def _judge(outcome: Outcome, limits: Limits, heard: Heard) -> None:
    """Raise what a run's ending means; return where it said everything."""
    if heard.error == "other_model":
        raise ConfigError("The packaged speech model is not the one that was tried: its SHA-256 is another.")
    if outcome.returncode == 0 and heard.done:
        return
    if outcome.out_of_time(limits):
        raise SourceError("Listening takes too much processor time.", code="source_timeout")
    last = outcome.stderr.strip().splitlines()[-1:] or [f"it ended with {outcome.returncode}"]
    raise MamError(f"The speech recognition broke down: {last[0][:300]}")


@lru_cache
def engine() -> tuple[Path, Path, Path]:
    """Python without our virtual environment, the folder it needs, and where the libraries lie.

    Raises `ConfigError` where CTranslate2 is not installed.
    """
    spec = find_spec("ctranslate2")
    if spec is None or spec.origin is None:
        raise ConfigError("The package ctranslate2 is not installed (pip install 'mam[speech]').")
    python, home = python_home()
    return python, home, Path(os.path.realpath(spec.origin)).parent.parent
