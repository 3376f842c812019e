"""What is made of a master once its preview is there: sprites, analysis, fingerprints; each a job of its own.

A service registers what it does (`LATER`) when it is imported; nobody waits for these jobs, and one that
fails costs nobody the preview. Writes job rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mam.core import Mam
from mam.models import Version
from mam.services import jobs, plugin_kinds
from mam.services.described import pack
from mam.types import MediaInfo


@dataclass(frozen=True)
class Later:
    """A job that follows a preview: its kind, and of which masters it is wanted."""

    kind: str
    wanted: Callable[[MediaInfo], bool]
    queue: str = "later"


LATER: dict[str, Later] = {}
"""Every job that follows a preview, by its kind, in the order in which they are queued."""


def register(later: Later) -> None:
    """Have such a job queued after every preview that wants it."""
    LATER[later.kind] = later


def queue(mam: Mam, version: Version, generation: str, info: MediaInfo) -> None:
    """Queue what follows, in the transaction that made the generation ready.

    Each payload is `{generation, media}`; `media` is what `described.unpack` reads.
    """
    for later in LATER.values():
        if later.wanted(info):
            job = jobs.enqueue(
                later.kind,
                version_id=version.id,
                project_id=version.asset.project_id,
                queue=later.queue,
                payload={"generation": generation, "media": pack(info)},
            )
            jobs.send_after_commit(mam, job)
    plugin_kinds.queue_after(
        mam, "preview", version, version.asset.project_id, media=info, generation=generation
    )
