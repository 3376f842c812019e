"""Cells of our own table: none is a formula to a spreadsheet (promise H4); reading gives the text back."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"[ \n]*'*[ \n]*[=+\-@\t\r]")


def quoted(text: str) -> str:
    """The text, with an apostrophe before one that a spreadsheet would take for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unquoted(cell: str) -> str:
    """What `quoted` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
