"""Workers: the machines that work for the box, what each does, and the tokens by which others join."""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.services import worker_join, worker_nodes
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import render
from mam.web.routes import Call

PAGE = 50
TOKENS = 10


async def show(call: Call[Any]) -> str:
    """The machines; the page asks for itself again while it is looked at, and changes through the API."""
    found = await call.run(_load, call.request.args.get("cursor") or None)
    following = found.pop("next_cursor")
    return render(
        call, "admin/workers.html", views.WorkersView, title=_("Workers"), page="workers",
        next_url=f"/admin/workers?cursor={following}" if following else None, **found,
    )  # fmt: skip


def _load(mam: Mam, actor: Actor, cursor: str | None) -> Shape:
    nodes = worker_nodes.list_nodes(mam, actor, cursor=cursor, limit=PAGE)
    tokens = worker_join.list_tokens(mam, actor, limit=TOKENS)["items"]
    waiting = tuple(one for one in tokens if one["state"] == "open")
    return {"workers": tuple(nodes["items"]), "tokens": waiting, "next_cursor": nodes["next_cursor"]}
