"""Live events: a version's preview and page, a project's previews, what somebody is told of."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.core import Mam
from mam.errors import FieldError, ValidationError
from mam.services import feed, presence, previews
from mam.types import Actor
from mam.web.events import stream
from mam.web.hub import Listener
from mam.web.routes import Call


async def preview_events(call: Call[Any]) -> Response:
    """Server-sent events `status`: the present state first, then every change, live."""
    version_id, project_id = call.query.version_id, call.query.project_id
    if (version_id is None) == (project_id is None):
        raise ValidationError(
            "Name a version or a project.", (FieldError("version_id", "Either this or project_id."),)
        )

    def states(mam: Mam, actor: Actor) -> list[dict[str, Any]]:
        if version_id is not None:
            return [previews.status(mam, actor, version_id)]
        return feed.unfinished(mam, actor, project_id)

    await call.run(states)  # what may not be seen is a 404 before anything streams
    seat = presence.Seat(version_id) if version_id and call.query.presence else None
    listener = Listener(version_id, project_id, _reader(call))
    return stream(call, call.site.hub, listener, states, seat)


async def own_events(call: Call[Any]) -> Response:
    """Server-sent events `notifications`, for pages that show nothing else that is live."""
    await call.login()
    return stream(call, call.site.hub, Listener(user_id=_reader(call)), lambda _mam, _actor: [])


def _reader(call: Call[Any]) -> str | None:
    return call.actor.user_id if call.actor else None
