"""An accent that anybody chose can be read in both schemes."""

from __future__ import annotations

import itertools

import pytest

from mam.media.contrast import DARKEST, ENOUGH, LIGHTEST, accents, contrast, parse, written


def test_contrast_is_as_wcag_defines_it() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


def test_every_accent_can_be_read_in_both_schemes() -> None:
    """Given any colour, then it, what is written on it, and it on its own tint have enough contrast."""
    for colour in itertools.product(range(0, 256, 51), repeat=3):
        for accent, ground in zip(accents(colour), (LIGHTEST, DARKEST), strict=True):
            pairs = (
                (accent.plain, ground),
                (accent.strong, ground),
                (accent.text, accent.plain),
                (accent.text, accent.strong),
                (accent.plain, accent.soft),
            )
            assert all(contrast(*pair) >= ENOUGH for pair in pairs), (colour, accent)


def test_a_colour_that_can_be_read_stays() -> None:
    light, _ = accents(parse("#0b5cc7"))
    assert written(light.plain) == "#0b5cc7"
