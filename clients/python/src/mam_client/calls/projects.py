"""Calls of `projects`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Literal

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def column(
    project_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    column: Literal["none", "in_review", "changes_requested", "approved"] | Unset = UNSET,
    waiting: bool | Unset = UNSET,
) -> ListCall[models.BoardCard]:
    """A column of a project's board; what is in review, the first due first."""
    return ListCall(
        "column",
        "GET",
        f"/api/projects/{project_id}/board",
        query=given({"cursor": cursor, "limit": limit, "column": column, "waiting": waiting}),
    )


def compare_manifest(
    project_id: str,
    content: bytes,
) -> Call[models.ManifestComparison]:
    """What of a client's list (the body, at most 64 MiB of XML) is here."""
    return Call("compare_manifest", "POST", f"/api/projects/{project_id}/mhl/compare", content=content)


def counts(
    project_id: str,
) -> Call[models.BoardCounts]:
    """How many assets of a project stand where."""
    return Call("counts", "GET", f"/api/projects/{project_id}/board/counts")


def create_collection(
    project_id: str,
    *,
    name: str,
    filter: dict[str, str],
    shared: bool | Unset = UNSET,
) -> Call[models.Collection]:
    """Save a filter under a name."""
    return Call(
        "create_collection",
        "POST",
        f"/api/projects/{project_id}/collections",
        body=given({"name": name, "filter": filter, "shared": shared}),
        repeatable=True,
    )


def create_field(
    project_id: str,
    *,
    name: str,
    type: Literal["text", "number", "date", "choice", "choices", "checkbox", "person", "url"],
    options: list[str] | Unset = UNSET,
) -> Call[models.CustomField]:
    """Define a field."""
    return Call(
        "create_field",
        "POST",
        f"/api/projects/{project_id}/fields",
        body=given({"name": name, "type": type, "options": options}),
        repeatable=True,
    )


def create_folder(
    project_id: str,
    *,
    name: str,
    parent_id: str | None | Unset = UNSET,
) -> Call[models.Folder]:
    """Make a folder."""
    return Call(
        "create_folder",
        "POST",
        f"/api/projects/{project_id}/folders",
        body=given({"name": name, "parent_id": parent_id}),
        repeatable=True,
    )


def create_manifest(
    project_id: str,
    *,
    comment: str | Unset = UNSET,
    location: str | Unset = UNSET,
) -> Call[models.Manifest]:
    """Make the project's next generation, for a hand-off."""
    return Call(
        "create_manifest",
        "POST",
        f"/api/projects/{project_id}/mhl",
        body=given({"comment": comment, "location": location}),
    )


def create_project(
    *,
    name: str,
    description: str | Unset = UNSET,
) -> Call[models.Project]:
    """Make a project; you own it."""
    return Call(
        "create_project",
        "POST",
        "/api/projects",
        body=given({"name": name, "description": description}),
        repeatable=True,
    )


def delete_project(
    project_id: str,
) -> Call[None]:
    """Move a project to the trash."""
    return Call("delete_project", "DELETE", f"/api/projects/{project_id}", reads="nothing")


def get_defaults(
    project_id: str,
) -> Call[models.ReviewDefaults]:
    """What a project asks where nobody says otherwise."""
    return Call("get_defaults", "GET", f"/api/projects/{project_id}/review-defaults")


def get_look(
    project_id: str,
) -> Call[models.ProjectLook]:
    """What the links and papers of a project bear where a link says nothing of its own."""
    return Call("get_look", "GET", f"/api/projects/{project_id}/look")


def get_project(
    project_id: str,
) -> Call[models.Project]:
    """A project with its members."""
    return Call("get_project", "GET", f"/api/projects/{project_id}")


def get_project_logo(
    project_id: str,
) -> Call[bytes]:
    """The project's logo: a JPEG that the box drew."""
    return Call("get_project_logo", "GET", f"/api/projects/{project_id}/look/logo", reads="bytes")


def list_collections(
    project_id: str,
) -> Call[models.Page[models.Collection]]:
    """The saved collections you see in a project."""
    return Call("list_collections", "GET", f"/api/projects/{project_id}/collections")


def list_fields(
    project_id: str,
    *,
    deleted: bool | Unset = UNSET,
) -> Call[models.Page[models.CustomField]]:
    """The fields that a project defines."""
    return Call("list_fields", "GET", f"/api/projects/{project_id}/fields", query=given({"deleted": deleted}))


def list_folders(
    project_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    sort: Literal["name", "-name", "created_at", "-created_at"] | Unset = UNSET,
) -> ListCall[models.Folder]:
    """Every folder of the project; `parent_id` makes the tree."""
    return ListCall(
        "list_folders",
        "GET",
        f"/api/projects/{project_id}/folders",
        query=given({"cursor": cursor, "limit": limit, "sort": sort}),
    )


def list_manifests(
    project_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.Manifest]:
    """The generations and the lists that came with material, newest first."""
    return ListCall(
        "list_manifests",
        "GET",
        f"/api/projects/{project_id}/mhl/generations",
        query=given({"cursor": cursor, "limit": limit}),
    )


def list_projects(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    sort: Literal["created_at", "-created_at", "updated_at", "-updated_at", "name", "-name"] | Unset = UNSET,
) -> ListCall[models.ProjectRow]:
    """The projects you see."""
    return ListCall(
        "list_projects", "GET", "/api/projects", query=given({"cursor": cursor, "limit": limit, "sort": sort})
    )


def list_tags(
    project_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.Tag]:
    """A project's tags with their counts."""
    return ListCall(
        "list_tags",
        "GET",
        f"/api/projects/{project_id}/tags",
        query=given({"cursor": cursor, "limit": limit}),
    )


def list_trash(
    project_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.TrashedAsset]:
    """What lies in a project's trash."""
    return ListCall(
        "list_trash",
        "GET",
        f"/api/projects/{project_id}/trash",
        query=given({"cursor": cursor, "limit": limit}),
    )


def project_manifest(
    project_id: str,
    *,
    number: int | None | Unset = UNSET,
    format: Literal["mhl", "zip"] | Unset = UNSET,
) -> Call[bytes]:
    """A generation as XML, the newest unless `number` says which; `format=zip` is all as `ascmhl` folder."""
    return Call(
        "project_manifest",
        "GET",
        f"/api/projects/{project_id}/mhl",
        query=given({"number": number, "format": format}),
        reads="bytes",
    )


def remove_member(
    project_id: str,
    user_id: str,
) -> Call[None]:
    """Take somebody out of the project."""
    return Call("remove_member", "DELETE", f"/api/projects/{project_id}/members/{user_id}", reads="nothing")


def remove_project_logo(
    project_id: str,
) -> Call[None]:
    """Take the project's logo away."""
    return Call("remove_project_logo", "DELETE", f"/api/projects/{project_id}/look/logo", reads="nothing")


def rename_tag(
    project_id: str,
    *,
    name: str,
    to: str | None,
) -> Call[models.RenamedTag]:
    """Rename a tag, merge it into another, or take it off everywhere."""
    return Call(
        "rename_tag", "PATCH", f"/api/projects/{project_id}/tags", body=given({"name": name, "to": to})
    )


def restore_project(
    project_id: str,
) -> Call[models.Project]:
    """Take a project out of the trash."""
    return Call("restore_project", "POST", f"/api/projects/{project_id}/restore")


def set_defaults(
    project_id: str,
    *,
    rule: Literal["all", "any", "majority", "named"] | Unset = UNSET,
    steps: list[models.StepIn] | Unset = UNSET,
    due_days: int | None | Unset = UNSET,
) -> Call[models.ReviewDefaults]:
    """Set what a project asks where nobody says otherwise."""
    return Call(
        "set_defaults",
        "PUT",
        f"/api/projects/{project_id}/review-defaults",
        body=given({"rule": rule, "steps": steps, "due_days": due_days}),
    )


def set_member(
    project_id: str,
    user_id: str,
    *,
    role: str,
) -> Call[models.Member]:
    """Give somebody a role in the project."""
    return Call(
        "set_member", "PUT", f"/api/projects/{project_id}/members/{user_id}", body=given({"role": role})
    )


def set_project_logo(
    project_id: str,
    content: bytes,
) -> Call[None]:
    """Take the PNG, JPEG, WebP or SVG in the body as the project's logo."""
    return Call(
        "set_project_logo", "PUT", f"/api/projects/{project_id}/look/logo", content=content, reads="nothing"
    )


def update_look(
    project_id: str,
    *,
    studio: str | Unset = UNSET,
    accent: str | None | Unset = UNSET,
) -> Call[models.ProjectLook]:
    """Change the house's name and the accent as far as they are given."""
    return Call(
        "update_look",
        "PATCH",
        f"/api/projects/{project_id}/look",
        body=given({"studio": studio, "accent": accent}),
    )


def update_project(
    project_id: str,
    *,
    name: str | Unset = UNSET,
    description: str | Unset = UNSET,
) -> Call[models.Project]:
    """Change a project's name or description."""
    return Call(
        "update_project",
        "PATCH",
        f"/api/projects/{project_id}",
        body=given({"name": name, "description": description}),
    )
