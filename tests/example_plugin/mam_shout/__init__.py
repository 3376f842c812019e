"""The example plugin: settings, a self-check, and one answer."""

from __future__ import annotations

from dataclasses import dataclass

from mam import hookimpl
from mam.types import Finding, MediaInfo, Source


@dataclass(frozen=True)
class Settings:
    """`[plugins.shout]`: the word to label sources with; "mute" stops the plugin."""

    word: str = "hello"


@hookimpl
def mam_config() -> type:
    """Our settings."""
    return Settings


@hookimpl
def mam_check(config: object) -> list[Finding]:
    """Cannot work when mute."""
    mute = config.plugin("shout", Settings).word == "mute"
    return [
        Finding("voice", "error" if mute else "ok", "The plugin is mute." if mute else "Loud.", blocks=mute)
    ]


@hookimpl
def mam_describe(config: object, source: Source) -> MediaInfo | None:
    """Label the source, or fall over when asked to."""
    word = config.plugin("shout", Settings).word
    if word == "crash":
        raise RuntimeError("the plugin fell over")
    return MediaInfo(kind="other", format="", content_type="", tags={"shout": f"{word} {source.filename}"})
