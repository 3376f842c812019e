"""Where the answer of a creating call leads: OpenAPI links from a new thing's id to the calls that take it.

Programs that follow links, fuzzers among them, come further with them than with ids that they invent. Pure:
takes and changes the document it is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mam.web.routes import Route

NAMED = {
    "post_create_project": ("project_id", "id"),
    "post_create_folder": ("folder_id", "id"),
    "post_create_asset": ("asset_id", "id"),
    "post_upload": ("version_id", "id"),
    "post_presign": ("upload_id", "upload_id"),
    "post_promote": ("version_id", "version_id"),
    "post_create_comment": ("comment_id", "id"),
    "post_create_share": ("share_id", "id"),
    "post_create_field": ("field_id", "id"),
    "post_create_collection": ("collection_id", "id"),
    "post_create_webhook": ("webhook_id", "id"),
    "post_create_key": ("key_id", "id"),
    "post_create_batch": ("batch_id", "id"),
    "post_create_role": ("role_id", "id"),
    "post_create_invitation": ("invitation_id", "id"),
}
"""For each creating call what other calls call the id of what it made, and the field of its answer."""


def link(operations: Iterable[tuple[Route, dict[str, Any]]]) -> None:
    """Say at each creating call which calls its answer leads to: those whose path takes that id alone."""
    known = list(operations)
    for route, found in known:
        if found["operationId"] in NAMED:
            name, field = NAMED[found["operationId"]]
            links = {one["operationId"]: _link(one, name, field) for one in _taking(known, name)}
            found["responses"][str(route.status)]["links"] = links


def _taking(known: Iterable[tuple[Route, dict[str, Any]]], name: str) -> list[dict[str, Any]]:
    return [found for route, found in known if f"<{name}>" in route.path and route.path.count("<") == 1]


def _link(operation: dict[str, Any], name: str, field: str) -> dict[str, Any]:
    return {"operationId": operation["operationId"], "parameters": {name: f"$response.body#/{field}"}}
