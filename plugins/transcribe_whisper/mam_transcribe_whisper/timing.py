"""When each word of a long piece is said: it is parted into captions that begin with their first word. Pure.

The model's own attention tells which moment each token was heard at (Radford et al., 2022; the heads that do
are named in the model's configuration).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from mam_transcribe_whisper.tokens import Piece, Vocabulary

LONGEST = 84
"""Characters of one caption."""

_TICK = 0.02
_CLAUSE = 0.6  # a caption so full of its letters ends with the clause
_ENDINGS = (".", "!", "?", ",", ";", ":")


def starts(alignment: Iterable[tuple[int, int]]) -> dict[int, float]:
    """The second at which each token begins, by its place; `alignment` pairs places with ticks of 0.02 s."""
    found: dict[int, float] = {}
    for place, tick in alignment:
        found.setdefault(place, tick * _TICK)
    return found


def parted(pieces: Sequence[Piece], vocabulary: Vocabulary, begins: dict[int, float]) -> list[Piece]:
    """Pieces of `LONGEST` characters at most; `begins` counts the tokens of all pieces together."""
    found: list[Piece] = []
    place = 0
    for piece in pieces:
        if len(piece.text) <= LONGEST:
            found.append(piece)
        else:
            found += _parts(piece, vocabulary, begins, place)
        place += len(piece.numbers)
    return found


def _parts(piece: Piece, vocabulary: Vocabulary, begins: dict[int, float], place: int) -> list[Piece]:
    """Each part from its first word to the first word of the next, never before the one in front of it."""
    cuts = [*_cuts(piece.numbers, vocabulary), len(piece.numbers)]
    parts: list[Piece] = []
    for at, until in pairwise(cuts):
        earliest = parts[-1].start if parts else piece.start
        start = max(earliest, begins.get(place + at, earliest)) if parts else piece.start
        numbers = piece.numbers[at:until]
        if parts:
            parts[-1] = replace(parts[-1], end=start)
        parts.append(Piece(start, piece.end, vocabulary.text(numbers).strip(), numbers))
    return parts


def _cuts(numbers: Sequence[int], vocabulary: Vocabulary) -> list[int]:
    """Where parts begin: before a word that does not fit any more, or after a clause that fills one well."""
    cuts = [0]
    words = [at for at in range(len(numbers)) if not at or vocabulary.begins_word(numbers[at])]
    for at, after in zip(words[1:], [*words[2:], len(numbers)], strict=True):
        said = vocabulary.text(numbers[cuts[-1] : at]).strip()
        full = len(vocabulary.text(numbers[cuts[-1] : after]).strip()) > LONGEST
        if full or (len(said) >= _CLAUSE * LONGEST and said.endswith(_ENDINGS)):
            cuts.append(at)
    return cuts
