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

from mam_transcribe_whisper.mel import RATE, WINDOW, Samples, log_mel
from mam_transcribe_whisper.sound import Sound
from mam_transcribe_whisper.tokens import Vocabulary

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
        prompt = ["<|startoftranscript|>"]
        prompt += [f"<|{language}|>", "<|transcribe|>"] if self.model.is_multilingual else []
        answer = self.model.generate(
            self._hear(window), [prompt], beam_size=self.beams, return_scores=True, return_no_speech_prob=True
        )[0]
        numbers: Sequence[int] = answer.sequences_ids[0]
        pieces = self.vocabulary.pieces(numbers)
        length = len(window) / RATE
        used = length
        if len(pieces) > 1 and pieces[-1].end is None:
            used = pieces.pop().start  # begun and not ended: heard whole by the next window
        elif pieces and self.vocabulary.ends_cut(numbers):
            used = pieces[-1].end or length
        if used < 1:
            used = length
        if not self._believed(
            " ".join(piece.text for piece in pieces), answer.scores[0], answer.no_speech_prob
        ):
            pieces = []
        sure = math.exp(answer.scores[0])
        ends = [min(piece.end or length, length) for piece in pieces]
        said = [
            Said(begins + piece.start, begins + end, piece.text, sure)
            for piece, end in zip(pieces, ends, strict=True)
            if end > piece.start
        ]
        return said, max(1, round(used * RATE))

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
