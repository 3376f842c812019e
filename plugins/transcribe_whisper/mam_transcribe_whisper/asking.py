"""Asked by people: listen to a version again, by its page, the API or a command. Queues jobs, no more."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from typing import Any

from mam.config import Config
from mam.types import Command, Panel, PluginPage, PluginRoute, Redirect, ShownAsset, Visit

KIND = "speech"
_PAGE, _CALL = "/versions/<version_id>", "/versions/<version_id>/listen"


def routes() -> list[PluginRoute]:
    """A page that asks, what its button does, and the call."""
    return [
        PluginRoute("GET", _PAGE, show, "preview.render"),
        PluginRoute("POST", _PAGE, again, "preview.render"),
        PluginRoute("POST", _CALL, listen, "preview.render", api=True),
    ]


def panel(asset: ShownAsset) -> Panel | None:
    """A link to that page, beside what sounds by its name."""
    kind = mimetypes.guess_type(asset.filename)[0] or ""
    if not kind.startswith(("video/", "audio/")):
        return None
    text = "What is said becomes captions and is found by the search; a machine listens."
    link = f"/plugins/transcribe_whisper/versions/{asset.version_id}"
    return Panel("Speech", text=text, link=link, link_label="Listen again")


def commands() -> list[Command]:
    """`mam transcribe_whisper listen VERSION`."""
    return [Command("listen", tell, help="Listen to versions (again), named by their ids.")]


def show(_config: Config, visit: Visit) -> PluginPage:
    """What will happen, and a button."""
    values = {"asset": visit.asset, "csrf_token": visit.csrf_token}
    return PluginPage("Listen again", "listen.html", values)


def again(_config: Config, visit: Visit) -> Redirect:
    """Queue the job and go back to the asset."""
    visit.enqueue(KIND, {}, version_id=visit.ids["version_id"])
    return Redirect(f"/assets/{visit.asset.asset_id}" if visit.asset else "/")


def listen(_config: Config, visit: Visit) -> dict[str, Any]:
    """Listen to a version again; what an earlier listening made is replaced."""
    return {"job_id": visit.enqueue(KIND, {}, version_id=visit.ids["version_id"])}


def tell(_config: Config, arguments: list[str], enqueue: Callable[..., str]) -> int:
    """Queue a job for each version."""
    for version_id in arguments:
        print(enqueue(KIND, {}, version_id=version_id))  # noqa: T201 - a command answers on its terminal
    return 0 if arguments else 2
