"""Text on the pages of our PDFs, in any script (what no font has is named), and their letterhead.

East Asian text uses fonts of the PDF reader; an emoji is drawn as its name between colons. Right-to-left text
is broken into lines here, shaped and ordered as it is read (`mam.media.bidi`). Pure: text is never markup.
"""

from __future__ import annotations

import functools
import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.platypus import Flowable, HRFlowable, Image, Paragraph, Spacer

from mam.media import bidi
from mam.models import ProjectLook

_FONT_FILES = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf"),
    Path("/usr/share/fonts/TTF/DejaVuSans.ttf"),
)
_EAST_ASIAN = (
    (0x3000, 0x30FF, "HeiseiKakuGo-W5"),
    (0xAC00, 0xD7A3, "HYGothic-Medium"),
    (0x4E00, 0x9FFF, "HeiseiKakuGo-W5"),
    (0xFF01, 0xFF60, "HeiseiKakuGo-W5"),
)
_UNSEEN = frozenset({0x200D, *range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400)})
"""What only changes the emoji before it: joiner, variation, skin tone."""


_LOGO_WIDE, _LOGO_HIGH = 60 * mm, 16 * mm


def letterhead(look: ProjectLook | None, width: float) -> Iterator[Flowable]:
    """Logo, house and a line in the accent, as far as a project's look has them; nothing for None.

    `width` is that of the page's column, in points.
    """
    if look is None or not (look.data or look.studio or look.accent):
        return
    if look.data:
        logo = Image(io.BytesIO(look.data), hAlign="LEFT")
        scale = min(_LOGO_WIDE / logo.drawWidth, _LOGO_HIGH / logo.drawHeight)
        logo.drawWidth, logo.drawHeight = logo.drawWidth * scale, logo.drawHeight * scale
        yield logo
    if look.studio:
        yield set_in(look.studio, ParagraphStyle("house", body_style(), fontSize=10, leading=15), width)
    colour = HexColor(look.accent or "#5a5a5a")
    yield HRFlowable(width="100%", thickness=1.5 if look.accent else 0.5, color=colour, spaceBefore=4)
    yield Spacer(1, 4 * mm)


def marked(text: str) -> str:
    """The text as reportlab's markup: escaped, lines broken, each run in a font that has its characters."""
    return "<br/>".join(_marked_line(line) for line in text.replace("\t", "    ").split("\n"))


def set_in(text: str, style: ParagraphStyle, width: float) -> Paragraph:
    """A paragraph of the text; what is written from right to left stands on the right where it begins so.

    `width` is how wide it may be, in points, with the style's own indents.
    """
    if not bidi.has_right_to_left(text):
        return Paragraph(marked(text), style)
    room = width - style.leftIndent - style.rightIndent
    right = bidi.begins_right(text)
    broken: list[str] = []
    for part in text.replace("\t", "    ").split("\n"):
        here = right if not bidi.has_right_to_left(part) else bidi.begins_right(part)
        broken += bidi.lines(part, lambda line: _wide(line, style) <= room, right=here)
    aligned = ParagraphStyle(f"{style.name}-right", style, alignment=TA_RIGHT) if right else style
    return Paragraph("<br/>".join(_marked_line(line) for line in broken), aligned)


def _wide(line: str, style: ParagraphStyle) -> float:
    """How wide a line is drawn, in points."""
    return sum(
        pdfmetrics.stringWidth(run, font or style.fontName, style.fontSize) for font, run in runs(line)
    )


def runs(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces of one font each, "" for the usual one; together they draw it."""
    font, run = "", ""
    for one in text:
        wanted, shown = _drawable(one)
        if wanted != font and run:
            yield font, run
            run = ""
        font, run = wanted, run + shown
    if run:
        yield font, run


@functools.lru_cache(maxsize=1)
def body_style() -> ParagraphStyle:
    """Small type in the usual font; other styles derive from it."""
    return ParagraphStyle("body", fontName=_font(), fontSize=8, leading=11, splitLongWords=1)


def plain(text: str) -> str:
    """One line in the usual font alone, as it is drawn; what needs another is a question mark."""
    if bidi.has_right_to_left(text):
        text = bidi.visual(bidi.shaped(text), right=bidi.begins_right(text))
    return "".join("?" * len(run) if font else run for font, run in runs(text))


def latin(text: str) -> str:
    """The text for a PDF's own fields, which viewers show without our fonts."""
    return "".join(one if one.isascii() and one.isprintable() else "?" for one in text)


def _marked_line(line: str) -> str:
    return "".join(
        f'<font name="{font}">{escape(run)}</font>' if font else escape(run) for font, run in runs(line)
    )


def _drawable(one: str) -> tuple[str, str]:
    """Which font draws a character ("" for the usual one), and what is drawn for it."""
    code = ord(one)
    for first, last, font in _EAST_ASIAN:
        if first <= code <= last:
            return _cid(font), one
    glyphs = _glyphs()
    known = code in glyphs if glyphs else one.isascii() and one.isprintable()
    return "", one if known else _named(one)


def _named(one: str) -> str:
    """Words for a character that no font has."""
    if ord(one) in _UNSEEN:
        return ""
    if unicodedata.category(one) == "So":
        return f":{unicodedata.name(one, f'U+{ord(one):04X}').lower()}:"
    return f"[U+{ord(one):04X}]"


@functools.lru_cache(maxsize=1)
def _font() -> str:
    """DejaVu Sans where the system has it, else a font of every PDF reader, which knows Latin only."""
    for path in _FONT_FILES:
        try:
            pdfmetrics.registerFont(TTFont("DejaVuSans", str(path)))
        except (TTFError, OSError):
            continue
        return "DejaVuSans"
    return "Helvetica"


@functools.lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    name = _font()
    return frozenset(pdfmetrics.getFont(name).face.charToGlyph) if name == "DejaVuSans" else frozenset()


@functools.lru_cache(maxsize=8)
def _cid(name: str) -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(name))
    return name
