"""The core's own describer: what a master is, by its bytes, read behind walls.

Answers for everything: media it can show, media and documents it only keeps (`previewable` False with
a note), and refuses traps. Writes nothing. Promises A14, B1-B6, B8, B14.
"""

from __future__ import annotations

import math
from dataclasses import replace

from mam import hookimpl
from mam.config import Config
from mam.errors import ConfigError, SandboxError, SourceError
from mam.media.documents import CONVERTED, OFFICE, WORDED, Words, words_of
from mam.media.ffmpeg import Tools, find_tools
from mam.media.images import LIMITS as IMAGE_LIMITS
from mam.media.images import PAGED, SHOWN, image_info
from mam.media.limits import Limits
from mam.media.office import find_suite
from mam.media.probe import clean, probe
from mam.media.sandbox import Sandbox, open_sandbox
from mam.media.sniff import Sniffed, named_like_media, sniff
from mam.types import Finding, MediaInfo, Source

_KEPT = "Files of this type are kept, not shown."
_NO_PAGES = "No preview: no office suite (LibreOffice) is installed here that would draw its pages."
_FIRST_PAGE = "The first page is shown."


@hookimpl
def mam_describe(config: Config, source: Source) -> MediaInfo:
    """Technical metadata of any file; `SourceError` for a hostile, broken or empty one."""
    found = sniff(source.path, source.filename)
    if found.kind == "image":
        return _picture(config, source, found)
    if found.content_type in WORDED | CONVERTED:
        return _document(config, source, found)
    if found.kind in {"video", "audio"} or (not found.sure and named_like_media(source.filename)):
        return _film(config, source, found)
    return _kept(found)


@hookimpl
def mam_check(config: Config) -> list[Finding]:
    """Which ffmpeg and which walls are used; without either nothing is read, and this describer stops."""
    try:
        tools, sandbox = _walls(config)
    except (ConfigError, SandboxError) as error:
        check = "sandbox" if isinstance(error, SandboxError) else "ffmpeg"
        return [Finding(check, "error", error.detail, "Mend it and restart the workers.", blocks=True)]
    return [
        Finding("ffmpeg", "ok", f"ffmpeg {tools.version} ({tools.origin}) at {tools.ffmpeg}"),
        Finding(
            "sandbox", "ok", f"{sandbox.mode} holds: a good clip reads, the canary and the network do not"
        ),
    ]


def _walls(config: Config) -> tuple[Tools, Sandbox]:
    """The configured tools, and walls proved with them."""
    tools = find_tools(config.media.ffmpeg)
    return tools, open_sandbox(config.media.sandbox, tools)


def _film(config: Config, source: Source, found: Sniffed) -> MediaInfo:
    """Probe a film or a sound; what was only guessed to be one is kept where it cannot be read."""
    tools, sandbox = _walls(config)
    media = config.media
    limits = Limits(
        memory=media.memory, cpu_seconds=math.ceil(media.probe_seconds), wall_seconds=media.probe_seconds
    )
    try:
        info = probe(tools, sandbox, source.path, limits, max_pixels=media.max_pixels)
    except SourceError:
        if found.sure or named_like_media(source.filename):
            raise
        return _kept(replace(found, kind="other"))
    if not found.sure:
        return info
    return replace(info, content_type=_settled(found.content_type, info))


def _settled(content_type: str, info: MediaInfo) -> str:
    """The sniffed container's type, with the half before the slash that the tracks ask for."""
    half, _, name = content_type.partition("/")
    if half not in {"video", "audio"} or name == "quicktime" or info.kind not in {"video", "audio"}:
        return content_type
    return f"{info.kind}/{name}"


def _picture(config: Config, source: Source, found: Sniffed) -> MediaInfo:
    """Facts of a picture where one of our readers reads its type; others are kept."""
    if found.content_type not in SHOWN:
        return _kept(found)
    _, sandbox = _walls(config)
    facts = image_info(
        sandbox,
        source.path,
        limits=_image_limits(config),
        max_pixels=config.media.max_pixels,
        content_type=found.content_type,
    )
    if facts.kept:
        return replace(_kept(found), note=facts.kept)
    tags = {name: clean(value) for name, value in facts.tags.items() if clean(value)}
    # A sequence of AVIF or HEIC is read as its first picture alone, so its pages are not counted.
    moving = (facts.moving and facts.pages > 1) or facts.content_type.endswith("-sequence")
    return MediaInfo(
        kind="image",
        format=facts.format,
        content_type=facts.content_type,
        width=facts.width,
        height=facts.height,
        pages=facts.pages if facts.pages > 1 else None,
        note="An animation; its first picture is shown." if moving else "",
        text=" ".join(tags[name] for name in ("description", "artist", "copyright") if name in tags),
        tags=tags,
    )


def _image_limits(config: Config) -> Limits:
    """Of one run over a picture, within what is configured."""
    return replace(IMAGE_LIMITS, memory=min(config.media.memory, IMAGE_LIMITS.memory or config.media.memory))


def _document(config: Config, source: Source, found: Sniffed) -> MediaInfo:
    """The words of a document, and its pages where it has any; one that cannot be read is still kept."""
    _, sandbox = _walls(config)
    words = _words(config, sandbox, source, found)
    kept = replace(_kept(found), kind="document", text=words.text, note=_why(found, words))
    if found.content_type in CONVERTED and find_suite() is not None:
        note = f"{_FIRST_PAGE} {words.kept}".strip()
        return replace(kept, format="office", pages=1, previewable=True, note=note)
    if found.content_type not in PAGED or words.kept:
        return kept
    facts = image_info(sandbox, source.path, limits=_image_limits(config))
    if facts.kept:
        return replace(kept, note=facts.kept)
    return replace(kept, format=facts.format, pages=facts.pages, previewable=True, note="")


def _words(config: Config, sandbox: Sandbox, source: Source, found: Sniffed) -> Words:
    """A document's words; of one that has no pages of its own damage is no reason to refuse it."""
    if found.content_type not in WORDED:
        return Words()
    try:
        return words_of(sandbox, source.path, found.content_type, memory=config.media.memory)
    except SourceError as error:
        if found.content_type in PAGED:
            raise
        return Words(kept=f"Its words could not be read: {error.detail}")


def _why(found: Sniffed, words: Words) -> str:
    """Why a document has no preview."""
    if found.content_type in PAGED:
        return words.kept
    if found.content_type not in CONVERTED:
        return words.kept or "Text is kept and found by search, not shown."
    found_by = "Its words are found by search." if found.content_type in OFFICE else ""
    return f"{_NO_PAGES} {words.kept or found_by}".strip()


def _kept(found: Sniffed) -> MediaInfo:
    """Something that is stored and handed out, and not shown."""
    return MediaInfo(
        kind=found.kind, format="", content_type=found.content_type, previewable=False, note=_KEPT
    )
