"""A project: its folders, its filters, the first piece of its grid."""

from __future__ import annotations

import urllib.parse
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from mam.core import Mam
from mam.errors import NotFoundError
from mam.services import collections, fields, projects, tags
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.portal import cards
from mam.web.portal.page import VIEW_COOKIE, choice, may, render
from mam.web.routes import Call


async def show(call: Call[Any], project_id: str) -> str:
    """The project page, of the whole project or of one folder."""
    fields = await call.run(_load, project_id, call.request.args.to_dict())
    view = choice(VIEW_COOKIE, ("grid", "list"), "grid")
    title = fields["folder"]["name"] if fields["folder"] else fields["project"]["name"]
    return render(call, "project.html", views.ProjectView, title=title, page="project", view=view, **fields)


def _load(mam: Mam, actor: Actor, project_id: str, args: Mapping[str, str]) -> Shape:
    project = projects.get_project(mam, actor, project_id)
    folders = all_folders(mam, actor, project_id)
    here = args.get("folder") or None
    if here is not None and here not in folders:
        raise NotFoundError
    allowed = may(mam, actor, project_id)
    return {
        **cards.load(mam, actor, project_id, args),
        "project": project,
        "folder": folders[here] if here else None,
        "tree": _tree(folders, here),
        "filters": {"sort": cards.NEWEST, **_given(args)},
        "tags": tuple(one["name"] for one in tags.list_tags(mam, actor, project_id, limit=200)["items"]),
        "fields": tuple(fields.list_fields(mam, actor, project_id)["items"]),
        "saved": _saved(mam, actor, project_id, args),
        "blank": cards.blank(),
        "may_upload": allowed("upload.create"),
        "may_download": allowed("master.download"),
        "may_manage": allowed("project.delete"),
    }


def _given(args: Mapping[str, str]) -> dict[str, str]:
    given = {name: args.get(name, "") for name in (*cards.FILTERS, *cards.OWN)}
    return given if given["sort"] else {**given, "sort": cards.NEWEST}


def _saved(mam: Mam, actor: Actor, project_id: str, args: Mapping[str, str]) -> tuple[views.SavedFilter, ...]:
    """The saved collections, each as the address that shows it."""
    may_change = may(mam, actor, project_id)("asset.write")
    return tuple(
        views.SavedFilter(
            id=one["id"],
            name=one["name"],
            shared=one["shared"],
            query=urllib.parse.urlencode({**_address(one["filter"]), "saved": one["id"]}),
            here=args.get("saved") == one["id"],
            may_change=may_change or not one["shared"],
        )
        for one in collections.list_collections(mam, actor, project_id)["items"]
    )


def _address(wanted: Mapping[str, str]) -> dict[str, str]:
    """A collection's filter as the page's own parameters."""
    found = {key: value for key, value in wanted.items() if key not in ("folder_id", "field")}
    if "folder_id" in wanted:
        found["folder"] = wanted["folder_id"]
    if "field" in wanted:
        found["fkey"], _, found["fvalue"] = wanted["field"].partition(":")
    return found


def all_folders(mam: Mam, actor: Actor, project_id: str) -> dict[str, Shape]:
    """Every folder of a project by id, by name."""
    found: dict[str, Shape] = {}
    cursor: str | None = None
    while True:
        piece = projects.list_folders(mam, actor, project_id, cursor=cursor, limit=200)
        found |= {one["id"]: one for one in piece["items"]}
        cursor = piece["next_cursor"]
        if cursor is None:
            return found


def _tree(folders: Mapping[str, Shape], here: str | None) -> tuple[views.FolderNode, ...]:
    below: dict[str | None, list[Shape]] = defaultdict(list)
    for folder in folders.values():
        below[folder["parent_id"]].append(folder)

    def nodes(parent: str | None) -> tuple[views.FolderNode, ...]:
        return tuple(
            views.FolderNode(
                id=one["id"], name=one["name"], here=one["id"] == here, children=nodes(one["id"])
            )
            for one in below[parent]
        )

    return nodes(None)
