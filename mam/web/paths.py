"""Paths of the route table as the router reads them: a word that is a call of its own is nobody's id.

`POST /api/assets/bulk` stands beside `/api/assets/<asset_id>`. Left to itself the router would take the word
for an id wherever the method is another one, and answer 404 in place of 405 with the right `Allow`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from werkzeug.routing import BaseConverter, Map

_VARIABLE = re.compile(r"<(\w+)>")


class BesideWords(BaseConverter):
    """Any segment of a path but some words."""

    def __init__(self, url_map: Map, *words: str) -> None:
        """Leave these words to the rules that are about them."""
        super().__init__(url_map)
        self.regex = rf"(?!(?:{'|'.join(re.escape(word) for word in words)})\Z)[^/]+"


def install(url_map: Map) -> None:
    """Let the app's router read what `rules` writes."""
    url_map.converters["beside"] = BesideWords


def rules(paths: Iterable[str]) -> dict[str, str]:
    """The router's rule of each path."""
    split = {path: path.split("/") for path in paths}
    return {path: "/".join(_segments(mine, split.values())) for path, mine in split.items()}


def _segments(mine: list[str], others: Iterable[list[str]]) -> list[str]:
    """One path's segments, its variables with the words that other paths of the same form have there."""
    rivals = [other for other in others if len(other) == len(mine) and other != mine and _covers(mine, other)]
    return [_rule(part, {other[place] for other in rivals}) for place, part in enumerate(mine)]


def _covers(mine: list[str], other: list[str]) -> bool:
    return all(part == word or _VARIABLE.fullmatch(part) for part, word in zip(mine, other, strict=True))


def _rule(part: str, there: set[str]) -> str:
    words = sorted(word for word in there if "<" not in word)
    variable = _VARIABLE.fullmatch(part)
    if variable is None or not words:
        return part
    return f"<beside({', '.join(repr(word) for word in words)}):{variable[1]}>"
