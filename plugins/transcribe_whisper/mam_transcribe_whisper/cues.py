"""What was heard as a caption file and as words for the search. Pure.

Two lines of 42 characters a caption, as broadcasters have it; longer pieces are shown one after the other,
each as long as its share of the letters.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from mam.media.vtt import Cue, safe_text, write
from mam_transcribe_whisper.contained import Words

_LINE, _LINES = 42, 2
_SHORTEST = 0.2
_NOTE = "WEBVTT\n\nNOTE Made by a machine (Whisper base), not checked by a person.\n"


def captions(words: Iterable[Words], duration: float | None) -> str:
    """A WebVTT file that says that a machine made it; empty where nothing is said.

    `duration` is the film's, in seconds: what begins after it is left out, what goes on ends with it.
    """
    cues = list(_cues(words, duration))
    return write(cues).replace("WEBVTT\n", _NOTE, 1) if cues else ""


def all_said(words: Iterable[Words]) -> str:
    """Every word, for the search."""
    return " ".join(one.text for one in words)


def _cues(words: Iterable[Words], duration: float | None) -> Iterator[Cue]:
    for one in words:
        end = min(one.end, duration) if duration else one.end
        if end - one.start < _SHORTEST:
            continue
        at, total = one.start, sum(map(len, parts := _parts(one.text)))
        for part in parts:
            until = at + (end - one.start) * len(part) / total
            text = safe_text(part)
            if text:
                yield Cue(at, until, text)
            at = until


def _parts(text: str) -> list[str]:
    """A piece in captions of two lines."""
    lines = textwrap.wrap(text, _LINE)
    return ["\n".join(lines[at : at + _LINES]) for at in range(0, len(lines), _LINES)]
