"""Kinds of jobs that plugins bring: what there is, and queued after a master came or its preview was made.

What plugins declare was asked when the box opened, so nothing of theirs runs in the transaction that queues.
Writes job rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mam.core import Mam
from mam.errors import PluginError
from mam.models import Version
from mam.services import jobs
from mam.services.described import pack
from mam.types import JobKind, MediaInfo

LONGEST_NAME = 64
"""Characters of `<plugin>.<kind>`."""

MOST_PAYLOAD = 64 << 10
"""Bytes of a job's payload as JSON."""

HOOK = "mam_job_kinds"


def kinds(mam: Mam) -> dict[str, JobKind]:
    """Every kind of the plugins that run, by its full name."""
    declared = mam.hooks.declared(HOOK)
    found = {full_name(plugin, kind.name): kind for plugin, rows in declared.items() for kind in rows}
    return {name: kind for name, kind in found.items() if len(name) <= LONGEST_NAME}


def full_name(plugin: str, name: str) -> str:
    """A plugin's kind as rows, lists and events call it."""
    return f"{plugin}.{name}"


def queue_after(
    mam: Mam,
    step: str,
    version: Version,
    project_id: str,
    *,
    media: MediaInfo | None = None,
    generation: str = "",
) -> None:
    """Queue what plugins do after a `step` ("master", "preview"), in the transaction of that step."""
    for name, kind in kinds(mam).items():
        if kind.after == step and (media is None or not kind.media or media.kind in kind.media):
            about = {"generation": generation, "media": pack(media)} if media else {}
            _queue(mam, name, kind, about, version_id=version.id, project_id=project_id)


def enqueue(
    mam: Mam,
    plugin: str,
    name: str,
    given: Mapping[str, Any],
    *,
    version_id: str | None = None,
    project_id: str | None = None,
) -> str:
    """Queue a job of a plugin's own kind as it asks for; answers its id.

    Raises `PluginError` for a kind that it does not declare and a payload that is no small JSON.
    """
    kind = kinds(mam).get(full_name(plugin, name))
    if kind is None:
        raise PluginError(f"The plugin {plugin} declares no job kind {name!r:.100}.")
    try:
        size = len(json.dumps(dict(given), allow_nan=False).encode())
    except (TypeError, ValueError) as error:
        raise PluginError(f"The payload of {plugin}.{name} is no JSON: {error}.") from None
    if size > MOST_PAYLOAD:
        raise PluginError(f"The payload of {plugin}.{name} has more than {MOST_PAYLOAD} bytes.")
    where = {"version_id": version_id, "project_id": project_id}
    return _queue(mam, full_name(plugin, name), kind, {"given": dict(given)}, **where)


def _queue(mam: Mam, name: str, kind: JobKind, payload: dict[str, Any], **where: str | None) -> str:
    job = jobs.enqueue(name, queue=kind.queue, payload=payload, priority=kind.priority, **where)
    jobs.send_after_commit(mam, job)
    return str(job.id)
