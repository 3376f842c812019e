"""Camera cards: which folder is the top of a card, so that its structure is taken in as one unit.

Knows the folders that cameras write at a card's top; a folder with its own media hash list is one unit too:
nothing of it may be taken in before all was compared. Reads names only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mam.media.mhl import CHAIN_NAME, FOLDER

TOPS = (
    "CONTENTS",  # Panasonic P2, Canon XF
    "BPAV",  # Sony XDCAM EX
    "XDROOT",  # Sony XDCAM, XAVC
    "M4ROOT",  # Sony XAVC S, at the top or in PRIVATE
    "PRIVATE",  # AVCHD and consumer cameras
    "AVCHD",
    "DCIM",  # stills and small cameras
)
"""Folders that a camera makes at the top of its card, in capitals."""

ENDINGS = (".rdm", ".rdc", ".lcc")
"""Endings of the folders that are magazines themselves: RED, Sony X-OCN."""


def is_card(folder: Path) -> bool:
    """Whether the folder is the top of a camera card."""
    if folder.suffix.lower() in ENDINGS:
        return True
    try:
        with os.scandir(folder) as entries:
            return any(one.name.upper() in TOPS and one.is_dir(follow_symlinks=False) for one in entries)
    except OSError:
        return False


def find_cards(folder: Path, depth: int = 4) -> Iterator[Path]:
    """The tops of all cards in a folder, itself included, at most `depth` levels down; none in another."""
    if is_card(folder):
        yield folder
        return
    if depth == 0:
        return
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return
    for name in names:
        if (folder / name / FOLDER / CHAIN_NAME).is_file():
            yield folder / name
        else:
            yield from find_cards(folder / name, depth - 1)
