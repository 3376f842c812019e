"""Captions of a film: its text tracks in the attempt's scratch folder, and who may see which.

Captions are a help, never a condition: where they cannot be read, the preview goes without. Writes files
into the scratch folder; the caller stores them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import structlog

from mam.core import Mam
from mam.errors import SourceError
from mam.media import languages
from mam.media.captions import extract, file_name
from mam.media.ffmpeg import find_tools
from mam.media.playlists import caption_name
from mam.media.sandbox import open_sandbox
from mam.types import CaptionTrack, Source

log = structlog.get_logger("mam.captions")


def film_captions(
    mam: Mam, source: Source, folder: Path, go_on: Callable[[], None]
) -> tuple[CaptionTrack, ...]:
    """Write the captions of a film into `folder`; answers the tracks that say something.

    `go_on` is called twice a second; what it raises ends the work and passes through.
    """
    media = source.media
    if media is None or not media.captions:
        return ()
    tools = find_tools(mam.config.media.ffmpeg)
    sandbox = open_sandbox(mam.config.media.sandbox, tools)
    try:
        folder.mkdir(exist_ok=True)
        return extract(tools, sandbox, source.path, media, folder, on_progress=lambda _block: go_on())
    except (SourceError, OSError) as error:
        log.warning("no captions", file=source.filename, reason=str(error))
        return ()


def listed(tracks: Iterable[dict[str, Any]], names: Iterable[str]) -> list[dict[str, Any]]:
    """`{name, language, label, forced}` of the tracks in a version's media whose files are among `names`."""
    stored = set(names)
    found: list[dict[str, Any]] = []
    for track in tracks:
        name = file_name(track["index"])
        if name.removesuffix(".vtt") in stored:
            forced = bool(track.get("forced"))
            label = caption_name(track["title"], track["language"], len(found) + 1, forced=forced)
            language = languages.normal(track["language"])
            found.append({"name": name, "language": language, "label": label, "forced": forced})
    return found
