"""Right-to-left text in the order in which it is drawn; Arabic letters in the forms that join."""

from __future__ import annotations

import unicodedata

import pytest

from mam.media import bidi

SHALOM, DRAWN = "\u05e9\u05dc\u05d5\u05dd", "\u05dd\u05d5\u05dc\u05e9"


@pytest.mark.parametrize(
    ("text", "right", "drawn"),
    [
        ("Take 12", False, "Take 12"),
        (SHALOM, True, DRAWN),
        (f"{SHALOM} A001 (ok)", True, f"A001 (ok) {DRAWN}"),
        (f"A (b {SHALOM}) c", True, f"c ({DRAWN} b) A"),
        (f"See {SHALOM} now", False, f"See {DRAWN} now"),
        (f"{SHALOM} 01:00:10", True, f"01:00:10 {DRAWN}"),
        (f"({SHALOM}) 5%", True, f"5% ({DRAWN})"),
        (f"{SHALOM} \u202e!", True, f"! {DRAWN}"),
        ("", True, ""),
    ],
)  # fmt: skip
def test_a_line_is_ordered_as_it_is_read(text: str, right: bool, drawn: str) -> None:
    assert bidi.visual(text, right=right) == drawn


def test_arabic_letters_take_the_form_their_neighbours_ask_for() -> None:
    # Given a word that joins throughout, one with letters that join only backwards, and lam before alef
    words = ("\u0628\u064e\u064a\u062a", "\u062f\u0627\u0631", "\u0633\u0644\u0627\u0645")
    forms = [[unicodedata.name(one).removeprefix("ARABIC ") for one in bidi.shaped(word)] for word in words]
    assert forms[0] == ["LETTER BEH INITIAL FORM", "FATHA", "LETTER YEH MEDIAL FORM", "LETTER TEH FINAL FORM"]
    assert forms[1] == ["LETTER DAL ISOLATED FORM", "LETTER ALEF ISOLATED FORM", "LETTER REH ISOLATED FORM"]
    assert forms[2][1:] == ["LIGATURE LAM WITH ALEF FINAL FORM", "LETTER MEEM ISOLATED FORM"]
    # And what no reader sees changes nothing
    assert bidi.shaped("plain") == "plain"


def test_a_paragraph_is_broken_before_it_is_ordered() -> None:
    # Given a paragraph of three words of which two fit a line
    text = f"{SHALOM} {SHALOM} \u05d0"
    # Then the first words stand on the first line
    assert bidi.lines(text, lambda line: len(line) <= 9, right=True) == [f"{DRAWN} {DRAWN}", "\u05d0"]
    assert bidi.begins_right(f"12 {SHALOM} A")
    assert not bidi.begins_right(f"A {SHALOM}")
