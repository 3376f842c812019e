"""Previews by an NVIDIA card's encoder: hooks only.

Pictures are decoded and scaled on the processor as `transcode_cpu` does, and encoded on the card. Whenever
the card cannot (none, none free, driver lost in the middle) this declines and the next transcoder makes the
preview; it raises only where the file itself is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog

from mam import hookimpl
from mam.config import Config
from mam.errors import ConfigError, SandboxError, SourceError
from mam.media.ffmpeg import FfmpegError, find_tools
from mam.media.render import StalledError, render
from mam.media.sandbox import open_sandbox
from mam.types import Finding, Recipe, Report, Source, Target, TranscodeResult
from mam_transcode_nvenc.arguments import ENCODER, cannot, encode_with
from mam_transcode_nvenc.detect import UnavailableError, find_card, trial, trouble

log = structlog.get_logger("mam.transcode_nvenc")

_FINAL = frozenset({"source_rejected", "source_too_large", "source_timeout"})
"""Verdicts on the file that another encoder would only repeat."""

_STALL_SECONDS = 60.0


@dataclass(frozen=True)
class Settings:
    """`[plugins.transcode_nvenc]`: `preset` is NVENC's, p1 (fastest) to p7 (smallest files)."""

    preset: str = field(default="p4", metadata={"choices": ("p1", "p2", "p3", "p4", "p5", "p6", "p7")})


@hookimpl
def mam_config() -> type:
    """The settings of `[plugins.transcode_nvenc]`."""
    return Settings


@hookimpl
def mam_check(config: Config) -> list[Finding]:
    """Whether a card here encodes: by NVML, and by encoding one picture."""
    try:
        card = find_card()
        tools = find_tools(config.media.ffmpeg)
        trial(tools, open_sandbox(config.media.sandbox, tools), ENCODER, card.devices)
    except (UnavailableError, ConfigError, SandboxError, SourceError) as error:
        return [Finding("gpu", "warning", error.detail, "Previews are made on the processor.", blocks=True)]
    return [Finding("gpu", "ok", f"{card.name}, driver {card.driver}: {ENCODER} works")]


@hookimpl
def mam_transcode(
    config: Config, source: Source, recipe: Recipe, target: Target, report: Report
) -> TranscodeResult | None:
    """The recipe by NVENC; None, after a log line with the reason, where the card cannot or can no more."""
    reason = cannot(recipe)
    if reason:
        return _declined(reason)
    try:
        return _transcode(config, source, recipe, target, report)
    except (UnavailableError, StalledError) as error:
        return _declined(error.detail)
    except FfmpegError as error:
        reason = trouble(error.stderr_tail)
        if not reason and error.error_code in _FINAL:
            raise
        return _declined(reason or error.detail, said=error.stderr_tail[-500:])


def _transcode(
    config: Config, source: Source, recipe: Recipe, target: Target, report: Report
) -> TranscodeResult:
    card = find_card()
    settings = config.plugin("transcode_nvenc", Settings)
    result = render(
        config.media,
        source,
        recipe,
        target,
        report=report,
        encode=encode_with(settings.preset),
        devices=card.devices,
        bound_memory=False,
        stall_seconds=_STALL_SECONDS,
    )
    return TranscodeResult(ENCODER, result.cpu_seconds)


def _declined(reason: str, **details: str) -> None:
    """Say why, and pass to the next transcoder."""
    log.warning("declined", plugin="transcode_nvenc", reason=reason, **details)
