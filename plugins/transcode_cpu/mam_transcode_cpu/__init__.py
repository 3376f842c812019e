"""Previews on the processor, the transcoder that is always there: hooks only.

Answers `mam_transcode` with one ffmpeg run in the sandbox; writes only into the target folder. Never
declines: where it fails, the source is bad or the box is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mam import hookimpl
from mam.config import Config
from mam.errors import ConfigError, SandboxError
from mam.media.ffmpeg import encoders, find_tools
from mam.media.render import render
from mam.media.sandbox import open_sandbox
from mam.types import Finding, Recipe, Report, Source, Target, TranscodeResult
from mam_transcode_cpu.arguments import ENCODERS, encode_with

PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow")


@dataclass(frozen=True)
class Settings:
    """`[plugins.transcode_cpu]`: `preset` is x264's; slower ones make smaller files of the same quality.

    It is translated for AV1; a preset in `[ladder]` goes before it.
    """

    preset: str = field(default="veryfast", metadata={"choices": PRESETS})


@hookimpl
def mam_config() -> type:
    """The settings of `[plugins.transcode_cpu]`."""
    return Settings


@hookimpl
def mam_check(config: Config) -> list[Finding]:
    """Whether there is an ffmpeg with the ladder's encoder, and walls to run it in."""
    try:
        tools = find_tools(config.media.ffmpeg)
        open_sandbox(config.media.sandbox, tools)
    except (ConfigError, SandboxError) as error:
        return [Finding("encoder", "error", error.detail, blocks=True)]
    encoder = ENCODERS[config.ladder.codec]
    if encoder not in encoders(tools):
        message = f'ladder.codec = "{config.ladder.codec}": ffmpeg {tools.version} has no {encoder}.'
        fix = f"Install a build of ffmpeg with {encoder}, or choose another codec in [ladder]."
        return [Finding("encoder", "error", message, fix, blocks=True)]
    return [Finding("encoder", "ok", f"{encoder} by ffmpeg {tools.version} ({tools.origin})")]


@hookimpl
def mam_transcode(
    config: Config, source: Source, recipe: Recipe, target: Target, report: Report
) -> TranscodeResult:
    """Every rendition of the recipe from one decode, each rung scaled from the one above it."""
    settings = config.plugin("transcode_cpu", Settings)
    encode = encode_with(settings.preset)
    result = render(config.media, source, recipe, target, report=report, encode=encode)
    return TranscodeResult(ENCODERS[recipe.codec] if recipe.rungs else "aac", result.cpu_seconds)
