"""What guests of a share link may call, on one screen: everything else is not there below `/r/<share>/`.

Each is a route of the API again, below the link, with a guest as the one who asks; whether the share shows
what is asked for is decided by `mam.services.access`, as for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from quart import Response

from mam.core import Mam
from mam.errors import NotFoundError
from mam.services import guest_library, watermarks
from mam.types import Actor
from mam.web.api import answers_shares, images, inputs, inputs_approvals
from mam.web.api.previews import handed_out
from mam.web.api.repeat import repeatable
from mam.web.events import stream
from mam.web.hub import Listener
from mam.web.routes import GUEST, Call, Handler, Route

LINK = "/r/<share>"
"""The path of a share link; `<share>` is its secret."""

OPEN = frozenset({
    "GET /api/preview/status",
    "GET /api/preview/events",
    "POST /api/sign-preview",
    "GET /img/<version_id>",
    "GET /api/versions/<version_id>/download",
    "GET /api/assets/<asset_id>/comments",
    "POST /api/assets/<asset_id>/comments",
    "PATCH /api/comments/<comment_id>",
    "DELETE /api/comments/<comment_id>",
    "POST /api/comments/<comment_id>/restore",
    "GET /api/comments/<comment_id>/history",
    "PUT /api/comments/<comment_id>/reactions/<name>",
    "DELETE /api/comments/<comment_id>/reactions/<name>",
    "POST /api/comments/<comment_id>/files",
    "GET /api/comments/<comment_id>/files/<file_id>",
    "DELETE /api/comments/<comment_id>/files/<file_id>",
})  # fmt: skip
"""The API's routes that are open to guests."""


class GuestListener(Listener):
    """An open page of a guest: how the preview comes on, and that notes changed; nothing else.

    Of a share with a watermark how far the marked preview is is looked up instead, every few seconds.
    """

    marked = False

    def offer(self, event: dict[str, Any]) -> None:
        """Pass on what a guest may know, and of a note only that there is something new."""
        data = event.get("data")
        if not isinstance(data, dict):
            return
        if "playable" in data:
            if not self.marked:
                super().offer(event)
        elif "comments" in data:
            said = {"version_id": data.get("version_id"), "comments": "changed"}
            super().offer({**event, "data": said})


async def guest_events(call: Call[Any]) -> Response:
    """Server-sent events of one version, for a guest."""
    version_id = call.query.version_id
    if version_id is None:  # no project is shown to a guest
        raise NotFoundError

    def states(mam: Mam, actor: Actor) -> list[dict[str, Any]]:
        return [watermarks.status(mam, actor, version_id)]

    await call.run(states)
    listener = GuestListener(version_id, None)
    listener.marked = bool(call.actor and call.actor.guest and call.actor.guest.watermark)
    return stream(call, call.site.hub, listener, states)


async def guest_status(call: Call[Any]) -> Any:
    """How far the preview is that this guest sees."""
    return await call.run(watermarks.status, call.query.version_id)


async def guest_sign(call: Call[inputs.SignIn]) -> Any:
    """Signed addresses of the preview that this guest sees."""
    body = call.body
    return await call.run(
        watermarks.sign_preview, body.version_id, body.expires_in, ip=body.ip or "", base_url=call.base_url
    )


async def guest_notes(call: Call[inputs.CommentList], asset_id: str) -> Any:
    """The notes on the version that is shown, without internal ones."""
    return await call.run(guest_library.notes, asset_id, **call.query.model_dump())


async def guest_note(call: Call[inputs.CommentIn], asset_id: str) -> Any:
    """Write a note on the version that is shown, under the name given."""
    return await repeatable(call, guest_library.write_note, asset_id, **call.body.model_dump())


async def guest_edit(call: Call[inputs.CommentPatch], comment_id: str) -> Any:
    """Change a note of one's own."""
    return await call.run(guest_library.edit_note, comment_id, call.given)


async def guest_restore(call: Call[Any], comment_id: str) -> Any:
    """Bring a note of one's own back."""
    return await call.run(guest_library.restore_note, comment_id)


async def guest_react(call: Call[Any], comment_id: str, name: str) -> Any:
    """React to a note, by the name given at the door."""
    return await call.run(guest_library.react, comment_id, name, on=True)


async def guest_unreact(call: Call[Any], comment_id: str, name: str) -> Any:
    """Take one's own reaction back."""
    return await call.run(guest_library.react, comment_id, name, on=False)


async def guest_decide(call: Call[inputs_approvals.ApprovalIn], version_id: str) -> Any:
    """Approve, request changes, or take it back, where the share lets guests."""
    return await call.run(guest_library.decide, version_id, **call.body.model_dump())


async def guest_download(call: Call[Any], version_id: str) -> Response:
    """The way to the original, where the share gives it."""
    return handed_out(await call.run(guest_library.download, version_id, call.base_url))


async def guest_copy(call: Call[Any], version_id: str) -> Any:
    """A film to watch elsewhere, where the share gives one: how far it is, then its address."""
    return await call.run(guest_library.copy_to_watch, version_id, call.base_url)


async def guest_image(call: Call[Any], version_id: str) -> Response:
    """A picture, asked for again each time: a browser keeps it only as long as the share holds."""
    answer = await images.drawn(call, await call.run(watermarks.folder_of, version_id))
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


_OWN: dict[str, Handler] = {
    "GET /api/preview/events": guest_events,
    "GET /api/preview/status": guest_status,
    "POST /api/sign-preview": guest_sign,
    "GET /api/assets/<asset_id>/comments": guest_notes,
    "POST /api/assets/<asset_id>/comments": guest_note,
    "PATCH /api/comments/<comment_id>": guest_edit,
    "POST /api/comments/<comment_id>/restore": guest_restore,
    "PUT /api/comments/<comment_id>/reactions/<name>": guest_react,
    "DELETE /api/comments/<comment_id>/reactions/<name>": guest_unreact,
    "GET /api/versions/<version_id>/download": guest_download,
    "GET /img/<version_id>": guest_image,
}
"""Those that are answered otherwise than for people of the house."""


def below_link(routes: Iterable[Route]) -> tuple[Route, ...]:
    """The open ones of these routes, once more for guests, and what only guests call."""
    again = (
        replace(route, path=LINK + route.path, right=GUEST, handler=_OWN.get(route.name, route.handler))
        for route in routes
        if route.name in OPEN
    )
    decide = Route(
        "PUT", f"{LINK}/api/versions/<version_id>/decision", guest_decide, GUEST,
        body=inputs_approvals.ApprovalIn, answers={200: answers_shares.GuestDecision},
    )  # fmt: skip
    copy = Route("POST", f"{LINK}/api/versions/<version_id>/copy", guest_copy, GUEST)
    return (*again, decide, copy)
