"""The plugin's settings and their limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mam.errors import ConfigError
from mam.media import languages

_MOST_HOURS, _MOST_THREADS, _MOST_BEAMS = 24.0, 64, 10


def _said(help_text: str) -> dict[str, str]:
    return {"help": help_text}


@dataclass(frozen=True)
class Settings:
    """`[plugins.transcribe_whisper]`; hours of sound, probabilities from 0 to 1."""

    language: str = field(
        default="",
        metadata=_said("Language of tracks that name none, as a code (en, de, ...); empty: listened for."),
    )
    only: tuple[str, ...] = field(
        default=(), metadata=_said("Languages that get captions, as codes; none named: all that it knows.")
    )
    sure: float = field(
        default=0.5, metadata=_said("How sure the model has to be of its words, 0 to 1, to write them down.")
    )
    longest_hours: float = field(
        default=4.0, metadata=_said("Only so much of the beginning of a longer film is listened to.")
    )
    threads: int = field(default=1, metadata=_said("Processor cores that it may use at a time."))
    beams: int = field(
        default=2, metadata=_said("Guesses followed at a time: more are slower and a bit better.")
    )
    search: bool = field(default=True, metadata=_said("Whether what is said is found by the search."))
    model_folder: Path | None = field(
        default=None,
        metadata=_said("A folder with another Whisper model for CTranslate2, such as small or large."),
    )

    def __post_init__(self) -> None:
        """Raise `ConfigError` for what cannot be."""
        if self.language and not languages.is_code(self.language):
            raise _wrong("language", 'a code as in "de"')
        if not all(languages.is_code(code) for code in self.only):
            raise _wrong("only", 'codes as in "de"')
        if not 0 <= self.sure < 1:
            raise _wrong("sure", "a number from 0 to 0.99")
        if not 0 < self.longest_hours <= _MOST_HOURS:
            raise _wrong("longest_hours", f"hours, more than 0 and at most {_MOST_HOURS:.0f}")
        if not 1 <= self.threads <= _MOST_THREADS:
            raise _wrong("threads", f"a number from 1 to {_MOST_THREADS}")
        if not 1 <= self.beams <= _MOST_BEAMS:
            raise _wrong("beams", f"a number from 1 to {_MOST_BEAMS}")


def _wrong(key: str, expected: str) -> ConfigError:
    return ConfigError(f"plugins.transcribe_whisper.{key}: expected {expected}.")
