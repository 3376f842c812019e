"""The job: every language of a version's sound heard, its captions set, what is said made searchable.

Runs after the preview, when nobody waits. Captions that people added are never touched: the box replaces only
what this job set before. A version in which nothing is said gets none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mam.config import Config
from mam.media import languages
from mam.types import Work
from mam_transcribe_whisper import cues
from mam_transcribe_whisper.contained import Heard, Listener
from mam_transcribe_whisper.decoding import decode, spoken
from mam_transcribe_whisper.model import find_model
from mam_transcribe_whisper.settings import Settings

_DECODED = 5.0  # percent of the job


@dataclass(frozen=True)
class _Sound:
    """Samples of the tracks of one language ("" where they name none)."""

    language: str
    samples: Path


def transcribe(config: Config, work: Work) -> None:
    """Listen to a version. Raises `SourceError` for sound that cannot be decoded, `CancelledWorkError`."""
    if work.media is not None and not work.media.audio:
        return
    settings: Settings = config.plugin("transcribe_whisper", Settings)
    duration, sounds = _decoded(config, settings, work)
    heard = [_heard(config, settings, work, sounds, number) for number in range(len(sounds))]
    _keep(settings, work, heard, duration)


def _decoded(config: Config, settings: Settings, work: Work) -> tuple[float | None, list[_Sound]]:
    """How long the film is, and the samples of every language; the master is needed no longer than this.

    A job that somebody asked for knows nothing of its master before it is there.
    """
    sounds: list[_Sound] = []
    with work.master() as source:
        info = source.media
        for number, (language, tracks) in enumerate(spoken(info) if info else ()):
            folder = work.folder / f"sound-{number}"
            folder.mkdir()
            samples = decode(
                config.media, source, tracks, folder,
                hours=settings.longest_hours, on_tick=lambda: work.report(0.0),
            )  # fmt: skip
            sounds.append(_Sound(language, samples))
    return info.duration if info else None, sounds


def _heard(config: Config, settings: Settings, work: Work, sounds: Sequence[_Sound], number: int) -> Heard:
    """What is said in one of the sounds; what the tracks say of their language is believed."""
    sound, share = sounds[number], (100 - _DECODED) / len(sounds)
    listener = Listener(config.media, settings, find_model(settings.model_folder))
    language = sound.language.partition("-")[0] or settings.language
    begins = _DECODED + number * share
    return listener.listen(
        sound.samples, language, lambda percent: work.report(begins + share * percent / 100)
    )


def _keep(settings: Settings, work: Work, heard: Sequence[Heard], duration: float | None) -> None:
    """One caption file a language; of two groups of tracks in one language the first that says something."""
    kept: dict[str, str] = {}
    for one in heard:
        written = cues.captions(one.words, duration)
        if written and one.language not in kept:
            kept[one.language] = cues.all_said(one.words)
            label = f"{languages.name_of(one.language)} (automatic)"
            work.set_captions(written.encode(), language=one.language, label=label)
    work.set_words("\n".join(kept.values()) if settings.search else "")
