"""Languages of tracks: the code a file says as the one that players know, and its English name. Pure.

Files write ISO 639-2 in both spellings ("ger", "deu") or BCP 47; playlists want the shortest code (RFC 5646,
2.2.1). A code that is not in the list passes through as it is.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}", re.ASCII)
_UNKNOWN = frozenset({"und", "mis", "mul", "zxx", "qaa"})

# ISO 639-1: English name, then the spellings of ISO 639-2.
_TABLE = """
ar Arabic ara|bg Bulgarian bul|bn Bengali ben|bs Bosnian bos|ca Catalan cat|cs Czech cze ces
cy Welsh wel cym|da Danish dan|de German ger deu|el Greek gre ell|en English eng|es Spanish spa
et Estonian est|eu Basque baq eus|fa Persian per fas|fi Finnish fin|fr French fre fra|ga Irish gle
gl Galician glg|he Hebrew heb|hi Hindi hin|hr Croatian hrv scr|hu Hungarian hun|hy Armenian arm hye
id Indonesian ind|is Icelandic ice isl|it Italian ita|ja Japanese jpn|ka Georgian geo kat|ko Korean kor
lt Lithuanian lit|lv Latvian lav|mk Macedonian mac mkd|ml Malayalam mal|mr Marathi mar|ms Malay may msa
nb Norwegian nob nor|nl Dutch dut nld|pa Punjabi pan|pl Polish pol|pt Portuguese por|ro Romanian rum ron
ru Russian rus|sk Slovak slo slk|sl Slovenian slv|sq Albanian alb sqi|sr Serbian srp scc|sv Swedish swe
sw Swahili swa|ta Tamil tam|te Telugu tel|th Thai tha|tl Tagalog tgl|tr Turkish tur|uk Ukrainian ukr
ur Urdu urd|vi Vietnamese vie|zh Chinese chi zho
"""

_ROWS = [row.split() for line in _TABLE.strip().splitlines() for row in line.split("|")]
NAMES: dict[str, str] = {row[0]: row[1] for row in _ROWS}
"""English names by two-letter code."""

_SHORT = {spelling: row[0] for row in _ROWS for spelling in row[2:]}


def is_code(text: str) -> bool:
    """Whether a text has the form of a language code ("de", "ger", "pt-BR")."""
    return _CODE.fullmatch(text) is not None


def normal(code: str) -> str:
    """The code for a playlist: "ger" is "de", "pt-br" stays; empty for what is no code or says nothing."""
    if not is_code(code):
        return ""
    first, dash, rest = code.partition("-")
    first = first.lower()
    return "" if first in _UNKNOWN else _SHORT.get(first, first) + dash + rest


def name_of(code: str) -> str:
    """What people call a language: "German", "Portuguese (BR)"; the code where its name is not known."""
    found = normal(code)
    first, _, rest = found.partition("-")
    name = NAMES.get(first)
    if name is None:
        return found
    return f"{name} ({rest})" if rest else name
