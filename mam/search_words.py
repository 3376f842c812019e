"""Words as a search sees them: a text's words folded, what somebody typed, marks around what was found.

One folding for what is kept and for what is asked, so that both databases find the same: no case, no accents,
parts of file names by themselves, scripts without spaces by pairs of characters. Pure functions, no database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

LONGEST_WORD = 64
"""Characters of a word that count."""

MOST_TERMS = 16
"""Words or phrases of a query that are looked for; what comes after them is not."""

LONGEST_QUERY = 2000
"""Characters of a query that are read."""

MOST_BYTES = 150_000
"""Of one column of the index, in UTF-8; PostgreSQL takes a megabyte for an asset with all its places."""

_MOST_PARTS = 24  # of one term: a longer file name is found by its first parts
_MOST_SUFFIXES = 4
_ABOVE = 9  # combining classes over this are accents; below are parts of a letter (nukta, kana's voicing)
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})
_WORD = re.compile(r"[^\W_]+")
_DENSE = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_DENSE}]+|[^{_DENSE}]+")
_IS_DENSE = re.compile(rf"[{_DENSE}]")
_EDGE = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])")
_TYPED = re.compile(r'"([^"]*)"?|([^\s"]+)')


@dataclass(frozen=True)
class Term:
    """Words that stand one after another; the last one may go on, unless it was quoted."""

    words: tuple[str, ...]
    open: bool = True


def fold(text: str) -> str:
    """`text` in one case and without accents: "Straße" and "STRASSE" are the same."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(one for one in apart if unicodedata.combining(one) <= _ABOVE)
    return unicodedata.normalize("NFC", plain.casefold()).translate(_LETTERS)


def words(text: str) -> list[str]:
    """The words of a text in their order, folded; dense scripts (Chinese, Japanese, Thai …) as pairs."""
    return [part for word in _WORD.findall(fold(text)) for part in _parts(word)]


def line(texts: Iterable[str]) -> str:
    """What the index keeps of some texts: their words between blanks, at both ends too.

    At most `MOST_BYTES`; words beyond them are not found.
    """
    return _between_blanks([word for text in texts for word in words(text)])


def name_line(texts: Iterable[str]) -> str:
    """The same for names, which are also found by what begins inside a word: `take3` of `scene12take3`."""
    known = list(texts)
    inner = [fold(end)[:LONGEST_WORD] for text in known for end in _endings(text)]
    return line(known) + _between_blanks(inner)


def query(typed: str) -> tuple[Term, ...]:
    """What somebody typed: words that have to occur, "quoted phrases" as they stand. Anything is taken.

    A text without a single word answers no terms at all.
    """
    found = []
    for quoted, bare in _TYPED.findall(typed[:LONGEST_QUERY]):
        parts = words(quoted or bare)[:_MOST_PARTS]
        dense = bool(parts) and _IS_DENSE.match(parts[-1]) is not None
        if dense and len(parts) > 1 and _IS_DENSE.match(parts[-2]):
            parts.pop()  # the pair before it says the same, and may stand in the middle of a run
        if parts:
            found.append(Term(tuple(parts), open=dense or not quoted))
    return tuple(dict.fromkeys(found))[:MOST_TERMS]


def marked(text: str, terms: Sequence[Term], width: int | None = None) -> str | None:
    """`text` as HTML with `<mark>` around what the terms find, or None where they find nothing.

    Everything else is escaped. With `width` the answer is about that many characters around the first mark.
    """
    text = unicodedata.normalize("NFC", text)
    hits = _joined(sorted(set(_hits(text, terms))))
    if not hits:
        return None
    first, last = _window(text, hits[0], width)
    pieces, at = ["…" if first else ""], first
    for start, end in hits:
        if first <= start < last:
            pieces += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
            at = end
    pieces += [escape(text[at : max(at, last)]), "…" if last < len(text) else ""]
    return "".join(pieces)


def first_hit(text: str, terms: Sequence[Term]) -> int | None:
    """Where in a text the terms first find something."""
    return min((start for start, _ in _hits(text, terms)), default=None)


def _between_blanks(found: Sequence[str]) -> str:
    joined = " ".join(found).encode()
    if len(joined) > MOST_BYTES:
        joined = joined[:MOST_BYTES].rpartition(b" ")[0]
    return f" {joined.decode()} " if joined else ""


def _parts(word: str) -> Iterator[str]:
    if _IS_DENSE.search(word) is None:
        yield word[:LONGEST_WORD]
        return
    for run in _RUN.findall(word):
        if _IS_DENSE.match(run):
            yield from (run[at : at + 2] for at in range(len(run) - 1 or 1))
            if len(run) > 1:
                yield run[-1]
        else:
            yield run[:LONGEST_WORD]


def _endings(text: str) -> Iterator[str]:
    for word in _WORD.findall(unicodedata.normalize("NFC", text)):
        for edge in list(_EDGE.finditer(word))[:_MOST_SUFFIXES]:
            yield word[edge.start() :]


def _hits(text: str, terms: Sequence[Term]) -> Iterator[tuple[int, int]]:
    """Start and end of every word, or run of them, that a term finds."""
    places = [place for found in _WORD.finditer(text) for place in _places(found)]
    for term in terms:
        size = len(term.words)
        for at in range(len(places) - size + 1):
            window = places[at : at + size]
            if all(_fits(term, number, place[2]) for number, place in enumerate(window)):
                yield window[0][0], _end(window[-1], term.words[-1])
            elif size == 1 and term.open and any(one.startswith(term.words[0]) for one in window[0][3]):
                yield window[0][0], window[0][1]


def _end(place: tuple[int, int, str, list[str]], wanted: str) -> int:
    """A word is marked whole; of a pair of dense characters only what was looked for."""
    return place[0] + len(wanted) if _IS_DENSE.match(place[2]) else place[1]


def _places(found: re.Match[str]) -> Iterator[tuple[int, int, str, list[str]]]:
    """A word's parts as the index has them: where, folded, and what begins inside."""
    word, at = found.group(), found.start()
    folded = fold(word)
    if _IS_DENSE.search(folded) is None or len(folded) != len(word):
        yield at, found.end(), folded, [fold(end) for end in _endings(word)]
        return
    for run in _RUN.finditer(folded):
        start, size = at + run.start(), len(run.group())
        if not _IS_DENSE.match(run.group()):
            yield start, start + size, run.group(), []
            continue
        for offset in range(size):
            yield start + offset, start + min(offset + 2, size), run.group()[offset : offset + 2], []


def _fits(term: Term, number: int, word: str) -> bool:
    wanted = term.words[number]
    is_last = number == len(term.words) - 1
    return word.startswith(wanted) if is_last and term.open else word[:LONGEST_WORD] == wanted


def _joined(hits: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in hits:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _window(text: str, hit: tuple[int, int], width: int | None) -> tuple[int, int]:
    if width is None or len(text) <= width:
        return 0, len(text)
    first = max(0, min(hit[0] - width // 3, len(text) - width))
    blank = text.find(" ", first, hit[0]) if first else -1
    return (blank + 1 if blank > 0 else first), max(hit[1], first + width)
