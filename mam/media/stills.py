"""What may be asked of a picture on demand: few sizes, few qualities, three formats. Pure.

Whoever holds an address may ask for any size, so what is asked is snapped to what is made: strangers
choose among a bounded number of pictures, and each is made once.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Literal, get_args

Fit = Literal["inside", "cover", "fill"]
"""`inside`: as large as fits the box. `cover`: fills the box, cut evenly. `fill`: stretched to the box."""

Format = Literal["jpeg", "webp", "avif"]

SIZES = (64, 128, 256, 320, 480, 640, 960, 1280, 1600, 1920, 2560, 3840)
"""Longer sides that are made, in pixels; a wish is rounded up to the next one."""

STEPS = 48
"""The shorter side in steps of the longer one's 48th: 16:9, 4:3, 3:2, 2:1 and 1:1 stay exact."""

QUALITIES = (40, 50, 60, 70, 80, 90)
"""Qualities that are made, of 100; a wish becomes the nearest one."""

QUALITY: dict[Format, int] = {"jpeg": 80, "webp": 80, "avif": 50}
"""Quality where none is asked for; AVIF's 50 looks like the others' 80."""

CONTENT_TYPES: dict[Format, str] = {"jpeg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}
MAX_SIDE = SIZES[-1]
PICTURES = "picture-{}.jpg"
"""Name of a page's large picture, from which every other size is made; pages count from 1."""

POINTER = "picture.json"
"""A version's object that names the generation whose pictures are shown."""

_GENERATION = re.compile(r"[A-Za-z0-9-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
MAX_NUMBER = 99_999
"""The largest number that a side or a page may be."""

MAX_QUALITY = 100


@dataclass(frozen=True)
class Wanted:
    """One picture to be made: a box in pixels (a side that is None is free), how to fit it, how to write it.

    `negotiated` says that the format was chosen by what the client accepts.
    """

    width: int | None
    height: int | None
    fit: Fit
    quality: int
    format: Format
    page: int = 1
    negotiated: bool = False

    @property
    def name(self) -> str:
        """The same for the same result: part of the cache's key."""
        return f"{self.width or ''}x{self.height or ''} {self.fit} q{self.quality} {self.format}"


@dataclass(frozen=True)
class Pointer:
    """What a version's `POINTER` says: the generation that is shown, and how many pages it has.

    `coming` is how many it will have, where more are being drawn; `digest` the SHA-256 of the first page's
    picture, so that nobody has to read it to find what was made of it; empty where nobody took it.
    """

    generation: str
    pages: int
    coming: int = 0
    digest: str = ""

    def text(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self))

    def source(self, page: int) -> str | None:
        """The name of a page's picture, or None where there is no such page."""
        return f"{self.generation}/{PICTURES.format(page)}" if page <= self.pages else None

    def known(self, page: int) -> str:
        """The SHA-256 of a page's picture; empty where the pointer does not say it."""
        return self.digest if page == 1 else ""

    @classmethod
    def parse(cls, text: bytes) -> Pointer | None:
        """What `text` wrote; None for anything else."""
        try:
            table = json.loads(text)
            generation, pages, coming = table["generation"], table["pages"], table.get("coming", 0)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        numbers = isinstance(pages, int) and isinstance(coming, int)
        if not numbers or not _GENERATION.fullmatch(str(generation)):
            return None
        digest = str(table.get("digest", ""))
        return cls(generation, pages, coming, digest if _DIGEST.fullmatch(digest) else "")


def film_still(master_playlist: bytes) -> str | None:
    """The name of a film's poster, by the first address in its master playlist; None where there is none."""
    lines = master_playlist.decode("utf-8", "replace").splitlines()
    first = next((line for line in lines if line and not line.startswith("#")), "")
    generation = first.partition("/")[0]
    return f"{generation}/poster.jpg" if _GENERATION.fullmatch(generation) else None


def wanted(
    *,
    w: int | None = None,
    h: int | None = None,
    fit: Fit = "inside",
    q: int | None = None,
    f: Format | Literal["auto"] = "auto",
    page: int = 1,
    accept: str = "",
) -> Wanted:
    """What is made of a wish; every number is positive. `accept` is the request's header."""
    written: Format = accepted(accept) if f == "auto" else f
    width, height = _box(w, h)
    whole = width is None or height is None
    quality = QUALITY[written] if q is None else min(QUALITIES, key=lambda one: abs(one - q))
    return Wanted(width, height, "inside" if whole else fit, quality, written, page, f == "auto")


def accepted(accept: str) -> Format:
    """The smallest format that an Accept header names outright; a mere `image/*` gets JPEG."""
    named = {_plain_type(part) for part in accept.lower().split(",") if not _refused(part)}
    return next((name for name in ("avif", "webp") if CONTENT_TYPES[name] in named), "jpeg")


def snap(side: int) -> int:
    """The size that is made for a wish."""
    return next((size for size in SIZES if size >= side), MAX_SIDE)


def _box(w: int | None, h: int | None) -> tuple[int | None, int | None]:
    """The box with its longer side snapped, the shorter in proportion, in steps."""
    if w is None or h is None:
        return (w and snap(w)), (h and snap(h))
    longer = snap(max(w, h))
    shorter = max(1, round(min(w, h) * STEPS / max(w, h))) * longer // STEPS
    return (longer, shorter) if w >= h else (shorter, longer)


def _plain_type(part: str) -> str:
    return part.partition(";")[0].strip()


def _refused(part: str) -> bool:
    """Whether a part of an Accept header says `q=0`."""
    parameters = (one.strip().partition("=") for one in part.split(";")[1:])
    return any(name == "q" and value.strip(" 0.") == "" for name, _, value in parameters)


FITS: tuple[Fit, ...] = get_args(Fit)
FORMATS: tuple[Format, ...] = get_args(Format)
