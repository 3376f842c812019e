"""The model's answer as words and times: its vocabulary read, its numbers turned into pieces of speech. Pure.

Words are bytes in the spelling of GPT-2 (each byte a printable letter); times are tokens of 0.02 s after
`<|notimestamps|>`. What is no word and no time is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

_TICK = 0.02
_LAST_BEFORE_TIMES = "<|notimestamps|>"


@dataclass(frozen=True)
class Piece:
    """What is said from `start` to `end`, in seconds of its window; `end` None where it is cut off there."""

    start: float
    end: float | None
    text: str


class Vocabulary:
    """The words of a model by their numbers."""

    def __init__(self, listed: Sequence[str]) -> None:
        """Raises ValueError for a list that is no Whisper's."""
        self._listed = listed
        self._times = listed.index(_LAST_BEFORE_TIMES) + 1
        self.languages = frozenset(one[2:-2] for one in listed if one.startswith("<|") and one.endswith("|>"))

    def pieces(self, numbers: Iterable[int]) -> list[Piece]:
        """The pieces of an answer in their order; only the last one may have no end."""
        found: list[Piece] = []
        start, words = 0.0, list[str]()
        for number in numbers:
            moment = self._seconds(number)
            if moment is None:
                words.append(self._word(number))
                continue
            text = spelled("".join(words))
            if text:
                found.append(Piece(start, moment, text))
            start, words = moment, []
        text = spelled("".join(words))
        return [*found, Piece(start, None, text)] if text else found

    def ends_cut(self, numbers: Sequence[int]) -> bool:
        """Whether more begins where the last piece ends: then its time stands twice."""
        last = [self._seconds(number) is not None for number in numbers[-2:]]
        return len(last) > 1 and all(last)

    def _seconds(self, number: int) -> float | None:
        return (number - self._times) * _TICK if number >= self._times else None

    def _word(self, number: int) -> str:
        word = self._listed[number]
        return "" if word.startswith("<|") else word


def read(text: str, *, listed: bool) -> Vocabulary:
    """A `vocabulary.json` (`listed` False) or `vocabulary.txt`. Raises ValueError."""
    return Vocabulary(text.split("\n") if listed else json.loads(text))


def spelled(letters: str) -> str:
    """Words in GPT-2's spelling as text; a character cut in half becomes U+FFFD, and that nothing."""
    table = _bytes()
    raw = bytes(table[letter] for letter in letters if letter in table)
    return raw.decode("utf-8", "replace").replace("\N{REPLACEMENT CHARACTER}", "").strip()


@lru_cache
def _bytes() -> dict[str, int]:
    """GPT-2's table: printable bytes stand for themselves, the others for the letters from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + at): byte for at, byte in enumerate(others)}
