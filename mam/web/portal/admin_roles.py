"""Roles: the built-in ones to copy, those that were made; changes go through the API."""

from __future__ import annotations

from typing import Any

from mam.builtin.roles import FLOOR
from mam.core import Mam
from mam.services import roles
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import N_, _
from mam.web.portal.page import render
from mam.web.routes import Call

GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        N_("Watching"),
        (
            ("project.read", N_("Sees the project, its folders and its people.")),
            ("asset.read", N_("Sees the assets and finds them by search.")),
            ("preview.read", N_("Plays the previews.")),
            ("comment.read", N_("Reads the notes.")),
        ),
    ),
    (
        N_("Review"),
        (
            ("comment.write", N_("Writes notes and answers them.")),
            ("review.decide", N_("Approves versions or asks for changes.")),
            ("review.request", N_("Asks others for a review.")),
            ("comment.manage", N_("Resolves and deletes everybody's notes, and reads internal ones.")),
        ),
    ),
    (
        N_("Files"),
        (
            ("upload.create", N_("Uploads files and new versions.")),
            ("preview.download", N_("Downloads proxies.")),
            ("master.download", N_("Downloads masters.")),
            ("preview.render", N_("Has previews made again.")),
            ("master.verify", N_("Has masters checked against their sums.")),
            ("master.hold", N_("Puts masters on legal hold and takes them off.")),
        ),
    ),
    (
        N_("Order"),
        (
            ("asset.write", N_("Changes titles, tags, fields and versions.")),
            ("asset.delete", N_("Moves assets to the trash and back.")),
            ("folder.write", N_("Makes, renames and moves folders.")),
            ("project.update", N_("Changes the project's name, fields and rules of review.")),
        ),
    ),
    (
        N_("Sharing"),
        (
            ("share.manage", N_("Makes share links and takes them back.")),
            ("webhook.manage", N_("Sends the project's events to other programs.")),
        ),
    ),
)
"""Every action that a role may hold, with a sentence each."""


async def show(call: Call[Any]) -> str:
    """Every role, who holds how many, and what there is to tick."""
    return render(
        call,
        "admin/roles.html",
        views.RolesView,
        title=_("Roles"),
        page="roles",
        roles=tuple(await call.run(_load)),
        groups=tuple(
            (_(title), tuple((action, _(sentence), action in FLOOR) for action, sentence in rows))
            for title, rows in GROUPS
        ),
    )


def _load(mam: Mam, actor: Actor) -> list[Shape]:
    held = roles.holders(mam, actor)
    return [{**one, "held": held.get(one["key"], 0)} for one in roles.list_roles(mam, actor)["items"]]
