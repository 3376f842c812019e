"""Colours that can be read: contrast by WCAG 2.2; an accent brought to it in a light and a dark scheme.

An accent that is too faint is not refused: its hue is kept, it is mixed with black or white as far as needed.
"""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[int, int, int]

ENOUGH = 4.5
"""Contrast of text of any size (WCAG 2.2, 1.4.3 AA)."""

LIGHTEST, DARKEST = (228, 228, 228), (46, 46, 46)
"""What an accent stands on at worst: the theme's darkest light grey and its lightest dark one."""

_PAPER, _NIGHT = (250, 250, 250), (27, 27, 27)
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_INK = (12, 12, 12)
_STEPS = 50
_LINEAR = 0.04045  # of sRGB's curve, IEC 61966-2-1
_SOFT, _STRONG = 0.08, 0.25


@dataclass(frozen=True)
class Accent:
    """One scheme's accent: itself, stronger (under the pointer), as a tint, and what is written on it."""

    plain: Rgb
    strong: Rgb
    soft: Rgb
    text: Rgb


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def accents(colour: Rgb) -> tuple[Accent, Accent]:
    """An accent as it is used in the light and in the dark scheme."""
    light, dark = readable(colour, LIGHTEST, _BLACK), readable(colour, DARKEST, _WHITE)
    return (
        Accent(light, mixed(light, _BLACK, _STRONG), mixed(_PAPER, light, _SOFT), _WHITE),
        Accent(dark, mixed(dark, _WHITE, _STRONG), mixed(_NIGHT, dark, _SOFT), _INK),
    )


def readable(colour: Rgb, ground: Rgb, towards: Rgb) -> Rgb:
    """The colour, mixed with `towards` as little as makes it readable on `ground`."""
    for step in range(_STEPS + 1):
        found = mixed(colour, towards, step / _STEPS)
        if contrast(found, ground) >= ENOUGH:
            return found
    return towards


def mixed(one: Rgb, other: Rgb, part: float) -> Rgb:
    """`one` with `part` (0 to 1) of `other` in it."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def parse(text: str) -> Rgb:
    """The colour "#rrggbb"."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def written(colour: Rgb) -> str:
    """The colour as "#rrggbb"."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _luminance(colour: Rgb) -> float:
    """Relative luminance of sRGB (WCAG 2.2, definition)."""
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= _LINEAR else ((part + 0.055) / 1.055) ** 2.4
