"""Listens to a whole sound in windows of half a minute: which language, what is said when, how sure that is.

Silence is passed over by its level; what the model only seems to hear (noise, music, itself again and again)
is left out by its own doubts. Touches no file; sound is 16 kHz mono.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mam_transcribe_whisper import timing
from mam_transcribe_whisper.mel import HOP, RATE, WINDOW, Samples, log_mel
from mam_transcribe_whisper.sound import Sound
from mam_transcribe_whisper.tokens import Piece, Vocabulary

_QUIET = 10 ** (-55 / 20)  # RMS of a tenth of a second; speech recorded too low is still above it
_BLOCK = RATE // 10
_SHORTEST = RATE // 5
_LEAD = RATE // 5  # kept before the first sound: a soft consonant
_NO_SPEECH = 0.6  # Whisper's own threshold, valid where it is unsure of the words, too
_UNSURE = -1.0
_REPETITION = 3.5  # not even Dickens compresses so well
_REPETITION_TEXT = 80
_LOOKS = 3


class Model(Protocol):
    """What is used of `ctranslate2.models.Whisper`."""

    is_multilingual: bool
    n_mels: int

    def encode(self, features: Any) -> Any:
        """The window as the decoder reads it."""

    def detect_language(self, features: Any) -> list[list[tuple[str, float]]]:
        """Languages with their probabilities, likeliest first."""

    def generate(self, features: Any, prompts: list[list[str]], **options: Any) -> list[Any]:
        """What is said."""

    def align(
        self, features: Any, start: list[int], texts: list[list[int]], num_frames: list[int]
    ) -> list[Any]:
        """Which token is said at which moment."""


@dataclass(frozen=True)
class Said:
    """Words from `start` to `end`, seconds of the sound; `sure` is the model's own probability of a word."""

    start: float
    end: float
    text: str
    sure: float


@dataclass(frozen=True)
class Ear:
    """A model with its vocabulary; `sure` is what words must be at least, `make` makes its array of ours."""

    model: Model
    vocabulary: Vocabulary
    make: Any
    sure: float = 0.5
    beams: int = 2

    def language(self, sound: Sound) -> tuple[str, float]:
        """The language that is spoken and how likely that is, by a few windows; ("", 0) for silence."""
        if not self.model.is_multilingual:
            return "en", 1.0
        found: dict[str, float] = {}
        places = _places(sound)
        for at in places:
            for name, chance in self.model.detect_language(self._hear(sound[at : at + WINDOW]))[0]:
                found[name] = found.get(name, 0.0) + chance
        if not found:
            return "", 0.0
        best = max(found, key=lambda name: found[name])
        return best.strip("<|>"), found[best] / len(places)

    def listen(self, sound: Sound, language: str) -> Iterator[tuple[int, list[Said]]]:
        """After each window how many samples are done, and what was said in it."""
        at = first_sound(sound, 0)
        while at < len(sound) - _SHORTEST:
            window = sound[at : at + WINDOW]
            said, used = self._window(window, at / RATE, language)
            at = first_sound(sound, at + used)
            yield min(at, len(sound)), said

    def _hear(self, window: Samples) -> Any:
        return self.model.encode(self.make(log_mel(window, self.model.n_mels)))

    def _window(self, window: Samples, begins: float, language: str) -> tuple[list[Said], int]:
        """What is said in one window, and how many samples of it are done with."""
        features, prompt, length = self._hear(window), self._prompt(language), len(window) / RATE
        answer = self.model.generate(
            features, [prompt], beam_size=self.beams, return_scores=True, return_no_speech_prob=True
        )[0]
        score, numbers = answer.scores[0], answer.sequences_ids[0]
        pieces, used = self._whole(numbers, length)
        if not self._believed(" ".join(one.text for one in pieces), score, answer.no_speech_prob):
            pieces = []
        if any(len(one.text) > timing.LONGEST for one in pieces):
            pieces = self._parted(pieces, features, prompt, len(window))
        ends = [min(one.end or length, length) for one in pieces]
        said = [
            Said(begins + one.start, begins + end, one.text, math.exp(score))
            for one, end in zip(pieces, ends, strict=True)
            if end > one.start
        ]
        return said, max(1, round(used * RATE))

    def _prompt(self, language: str) -> list[str]:
        more = [f"<|{language}|>", "<|transcribe|>"] if self.model.is_multilingual else []
        return ["<|startoftranscript|>", *more]

    def _whole(self, numbers: Sequence[int], length: float) -> tuple[list[Piece], float]:
        """The pieces that end in the window, and the second up to which it is done with."""
        pieces, used = self.vocabulary.pieces(numbers), length
        if len(pieces) > 1 and pieces[-1].end is None:
            used = pieces.pop().start  # begun and not ended: heard whole by the next window
        elif pieces and self.vocabulary.ends_cut(numbers):
            used = pieces[-1].end or length
        return pieces, used if used >= 1 else length

    def _parted(
        self, pieces: Sequence[Piece], features: Any, prompt: Sequence[str], samples: int
    ) -> list[Piece]:
        """Long pieces as several, by the time of their words."""
        start = [self.vocabulary.number(word) for word in (*prompt, "<|notimestamps|>")]
        numbers = [number for one in pieces for number in one.numbers]
        answer = self.model.align(features, start, [numbers], [samples // HOP])[0]
        return timing.parted(pieces, self.vocabulary, timing.starts(answer.alignments))

    def _believed(self, text: str, score: float, no_speech: float) -> bool:
        """Whether a window's words are more than noise: sure enough, and not one phrase over and over."""
        if not text or (no_speech > _NO_SPEECH and score < _UNSURE) or math.exp(score) < self.sure:
            return False
        raw = text.encode()
        return len(raw) < _REPETITION_TEXT or len(raw) / len(zlib.compress(raw)) <= _REPETITION


def silent(sound: Sound) -> bool:
    """Whether nothing at all is to be heard."""
    return first_sound(sound, 0) >= len(sound)


def first_sound(sound: Sound, at: int) -> int:
    """From `at` on, where it stops being silent, a little before; the sound's length where it never does."""
    for begin in range(at, len(sound), WINDOW):
        blocks = sound[begin : begin + WINDOW]
        blocks = blocks[: len(blocks) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
        loud = np.flatnonzero(np.sqrt(np.mean(np.square(blocks), axis=1)) > _QUIET)
        if len(loud):
            return max(at, begin + int(loud[0]) * _BLOCK - _LEAD)
    return len(sound)


def _places(sound: Sound) -> list[int]:
    """Where to listen for the language: at the first sound in each third."""
    thirds = [first_sound(sound, len(sound) * third // _LOOKS) for third in range(_LOOKS)]
    return sorted({at for at in thirds if at < len(sound) - _SHORTEST})
