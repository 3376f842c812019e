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
_SPACE = "\u0120"  # as GPT-2 spells it


@dataclass(frozen=True)
class Piece:
    """What is said from `start` to `end`, in seconds of its window; `end` None where it is cut off there.

    `numbers` are the tokens of `text`.
    """

    start: float
    end: float | None
    text: str
    numbers: tuple[int, ...] = ()


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
        start, words = 0.0, list[int]()
        for number in numbers:
            moment = self._seconds(number)
            if moment is None:
                words.append(number)
                continue
            found += self._piece(start, moment, words)
            start, words = moment, []
        return [*found, *self._piece(start, None, words)]

    def text(self, numbers: Iterable[int]) -> str:
        """The words of tokens, with the space before them."""
        return spelled("".join(map(self._word, numbers)))

    def begins_word(self, number: int) -> bool:
        """Whether a token begins with a space; in languages that write none every token may be parted."""
        return self._word(number).startswith(_SPACE)

    def number(self, word: str) -> int:
        """The token of that name. Raises ValueError."""
        return self._listed.index(word)

    def _piece(self, start: float, end: float | None, words: Sequence[int]) -> list[Piece]:
        text = self.text(words).strip()
        return [Piece(start, end, text, tuple(words))] if text else []

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
    return raw.decode("utf-8", "replace").replace("\N{REPLACEMENT CHARACTER}", "")


@lru_cache
def _bytes() -> dict[str, int]:
    """GPT-2's table: printable bytes stand for themselves, the others for the letters from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + at): byte for at, byte in enumerate(others)}
