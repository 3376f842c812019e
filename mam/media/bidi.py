"""Right-to-left text for pages that are drawn glyph by glyph: Arabic letters joined, lines in visual order.

The implicit part of the Unicode bidirectional algorithm (UAX #9: W1-W7, N0-N2, I1-I2, L1-L4) with the
standard library's tables; marks of embedding and isolation are taken out. Arabic letters become the
presentation forms that a font has glyphs for. Pure: reads and writes nothing.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Sequence
from itertools import groupby

_STRONG_RIGHT = ("R", "AL")
_MARKS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_OPENING, _CLOSING = "([{<\u00ab\u2039\u2264", ")]}>\u00bb\u203a\u2265"
_MIRRORED = dict(zip(_OPENING + _CLOSING, _CLOSING + _OPENING, strict=True))
_OPENED = {"(": ")", "[": "]", "{": "}"}
_JOINER, _TATWEEL = "\u200d", "\u0640"
_LAM = "\u0644"


def has_right_to_left(text: str) -> bool:
    """Whether any letter of the text is written from right to left."""
    return any(unicodedata.bidirectional(one) in _STRONG_RIGHT for one in text)


def begins_right(text: str) -> bool:
    """Whether a paragraph runs from right to left: its first letter with a direction does (P2, P3)."""
    for one in text:
        kind = unicodedata.bidirectional(one)
        if kind in _STRONG_RIGHT or kind == "L":
            return kind != "L"
    return False


def lines(text: str, fits: Callable[[str], bool], *, right: bool) -> list[str]:
    """One paragraph in lines that fit, each in the order in which it is drawn from left to right.

    A word that fits no line stands alone on one. `fits` is asked with shaped text.
    """
    words = shaped(text).split()
    found: list[str] = []
    line = ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if line and not fits(longer):
            found.append(line)
            longer = word
        line = longer
    return [visual(one, right=right) for one in [*found, line]]


def visual(text: str, *, right: bool) -> str:
    """One line from its stored order into the order in which it is drawn."""
    text = "".join(one for one in text if one not in _MARKS)
    base = int(right)
    levels = _levels(text, base)
    for index in range(len(text) - 1, -1, -1):  # L1: what ends the line stands on its outer side
        if not text[index].isspace():
            break
        levels[index] = base
    drawn = [_MIRRORED.get(one, one) if level % 2 else one for one, level in zip(text, levels, strict=True)]
    order = list(range(len(text)))
    for level in range(max(levels, default=0), 0, -1):  # L2
        place = 0
        for high, run in groupby([levels[index] >= level for index in order]):
            length = len(list(run))
            if high:
                order[place : place + length] = reversed(order[place : place + length])
            place += length
    return "".join(drawn[index] for index in order)


def shaped(text: str) -> str:
    """The text with Arabic letters in the form that their neighbours ask for; stored order stays."""
    forms, both, right = _forms()
    out: list[str] = []
    letters = list(text)
    index = 0
    while index < len(letters):
        one, step = letters[index], 1
        after = _next_letter(letters, index)
        if one == _LAM and after and (one + after) in forms and letters[index + 1] == after:
            one, step = one + after, 2
            after = _next_letter(letters, index + 1)
        if one in forms:
            before = _joins_on(_last_letter(letters, index), both)
            on = one in both and after is not None and (after in right or after in (_TATWEEL, _JOINER))
            one = _form(forms[one], before=before, on=on)
        out.append(one)
        index += step
    return "".join(out).replace(_JOINER, "")


def _levels(text: str, base: int) -> list[int]:
    """The embedding level of each character, by the implicit rules."""
    edge = "R" if base else "L"
    kinds = _resolved_weak([unicodedata.bidirectional(one) or "L" for one in text], edge)
    _resolve_brackets(text, kinds, edge)
    _resolve_neutral(kinds, edge)
    found = []
    for kind in kinds:
        if base % 2 == 0:
            found.append(base + {"R": 1, "AN": 2, "EN": 2}.get(kind, 0))
        else:
            found.append(base + (0 if kind == "R" else 1))
    return found


def _resolved_weak(kinds: list[str], edge: str) -> list[str]:
    """W1 to W7: what numbers, marks and separators count as, by what stands before and after."""
    found: list[str] = []
    strong = edge
    for kind in kinds:
        now = (found[-1] if found else edge) if kind == "NSM" else kind
        if now in ("L", "R", "AL"):
            strong = now
        found.append("AN" if now == "EN" and strong == "AL" else now)
    found = ["R" if kind == "AL" else kind for kind in found]
    _join_numbers(found)
    strong = edge
    for index, kind in enumerate(found):
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            found[index] = "L"
        elif kind in ("ES", "ET", "CS", "BN", "S", "B", "WS"):
            found[index] = "ON"
    return found


def _join_numbers(kinds: list[str]) -> None:
    """W4, W5: a separator within a number and a sign beside it belong to it."""
    for index in range(1, len(kinds) - 1):
        before, kind, after = kinds[index - 1 : index + 2]
        within = before == after and (before == "EN" or (before == "AN" and kind == "CS"))
        if kind in ("ES", "CS") and within:
            kinds[index] = before
    place = 0
    for kind, run in groupby(list(kinds)):
        length = len(list(run))
        beside = (place and kinds[place - 1] == "EN") or kinds[place + length : place + length + 1] == ["EN"]
        if kind == "ET" and beside:
            kinds[place : place + length] = ["EN"] * length
        place += length


def _resolve_brackets(text: str, kinds: list[str], edge: str) -> None:
    """N0: a pair of brackets runs as the paragraph where something in it does, else as what is before it."""
    for opened, closed in _pairs(text, kinds):
        within = {_side(kind) for kind in kinds[opened + 1 : closed]} & {"L", "R"}
        if not within:
            continue
        before = next((_side(kind) for kind in reversed(kinds[:opened]) if _side(kind) in ("L", "R")), edge)
        kinds[opened] = kinds[closed] = edge if edge in within else before


def _pairs(text: str, kinds: list[str]) -> list[tuple[int, int]]:
    """Where brackets open and close, in the order of the opening ones (BD16)."""
    stack: list[tuple[str, int]] = []
    found = []
    for index, one in enumerate(text):
        if kinds[index] != "ON":
            continue
        if one in _OPENED:
            stack.append((_OPENED[one], index))
        elif any(one == wanted for wanted, _ in stack):
            while stack[-1][0] != one:
                stack.pop()
            found.append((stack.pop()[1], index))
    return sorted(found)


def _side(kind: str) -> str:
    """What a resolved kind counts as beside neutrals: numbers as right-to-left."""
    return "R" if kind in ("EN", "AN") else kind


def _resolve_neutral(kinds: list[str], edge: str) -> None:
    """N1, N2: between two of one direction what has none has theirs, else the paragraph's."""
    place = 0
    for neutral, run in groupby([kind == "ON" for kind in kinds]):
        length = len(list(run))
        if neutral:
            before = _side(kinds[place - 1]) if place else edge
            after = _side(kinds[place + length]) if place + length < len(kinds) else edge
            kinds[place : place + length] = [before if before == after else edge] * length
        place += length


def _last_letter(letters: Sequence[str], index: int) -> str | None:
    """The letter before, over what only marks it."""
    for one in reversed(letters[:index]):
        if unicodedata.category(one) != "Mn":
            return one
    return None


def _next_letter(letters: Sequence[str], index: int) -> str | None:
    for one in letters[index + 1 :]:
        if unicodedata.category(one) != "Mn":
            return one
    return None


def _joins_on(before: str | None, both: frozenset[str]) -> bool:
    return before is not None and (before in both or before in (_TATWEEL, _JOINER))


def _form(forms: dict[str, str], *, before: bool, on: bool) -> str:
    wanted = {(True, True): "medial", (True, False): "final", (False, True): "initial"}.get(
        (before, on), "isolated"
    )
    return forms.get(wanted) or forms.get("isolated") or next(iter(forms.values()))


@functools.lru_cache(maxsize=1)
def _forms() -> tuple[dict[str, dict[str, str]], frozenset[str], frozenset[str]]:
    """Presentation forms by letter (or lam with alef); letters that join on both sides, and backwards."""
    found: dict[str, dict[str, str]] = {}
    for code in (*range(0xFB50, 0xFBFF), *range(0xFE70, 0xFEFD)):
        how, *codes = unicodedata.decomposition(chr(code)).split() or [""]
        text = "".join(chr(int(one, 16)) for one in codes)
        if how.startswith("<") and (len(text) == 1 or (len(text) == 2 and text[0] == _LAM)):  # noqa: PLR2004 - lam and alef
            found.setdefault(text, {})[how.strip("<>")] = chr(code)
    both = frozenset(text for text, forms in found.items() if "initial" in forms)
    right = frozenset(text for text, forms in found.items() if "final" in forms)
    return found, both, right
