"""Speech to captions and search words, on this machine alone, by Whisper base with CTranslate2.

Nothing is sent anywhere and nothing is fetched: the model lies in an installed package. Writes through the
box's own `Work` only.
"""

from __future__ import annotations

import platform
import re
from pathlib import Path

from mam import hookimpl
from mam.config import Config
from mam.errors import ConfigError
from mam.types import Command, Finding, JobKind, Panel, PluginRoute, ShownAsset
from mam_transcribe_whisper import asking
from mam_transcribe_whisper.settings import Settings

_DAY = 86_400.0


@hookimpl
def mam_config() -> type:
    """Our settings."""
    return Settings


@hookimpl
def mam_check(config: Config) -> list[Finding]:
    """Whether the model and the engine are here and this processor can run it."""
    from mam_transcribe_whisper import contained, model  # noqa: PLC0415 - heavy, and not needed to be listed

    settings: Settings = config.plugin("transcribe_whisper", Settings)
    try:
        contained.engine()
        files = model.find_model(settings.model_folder)
    except ConfigError as error:
        return [Finding("model", "error", error.detail, fix="pip install 'mam[speech]'", blocks=True)]
    size = sum(path.stat().st_size for path in files.parts)
    found = [Finding("model", "ok", f"{files.vocabulary.parent}: {size >> 20} MiB.")]
    if not _processor_can():
        message = "This processor has no SSE4.1, which the speech recognition needs."
        found.append(Finding("processor", "error", message, blocks=True))
    return found


@hookimpl
def mam_job_kinds() -> list[JobKind]:
    """Speech is listened to once a version's preview is ready, when nothing else waits."""
    from mam_transcribe_whisper.job import transcribe  # noqa: PLC0415 - likewise

    return [JobKind(asking.KIND, transcribe, "preview", ("video", "audio"), "later", -50, _DAY)]


@hookimpl
def mam_routes() -> list[PluginRoute]:
    """Where people ask for a version to be listened to again."""
    return asking.routes()


@hookimpl
def mam_asset_panel(asset: ShownAsset) -> Panel | None:
    """The way there, on the page of an asset."""
    return asking.panel(asset)


@hookimpl
def mam_commands() -> list[Command]:
    """The same on the command line."""
    return asking.commands()


def _processor_can() -> bool:
    """CTranslate2's code for any x86-64 processor needs SSE4.1; other processors have code of their own."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        return True
    said = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    flags = re.search(r"^flags\s*:(.*)$", said, re.MULTILINE)
    return flags is None or "sse4_1" in flags[1].split()
