"""A good call of every route: its body, its query string, its path about given ids."""

from __future__ import annotations

from typing import Any

from library import Library

from mam.ids import new_id
from mam.web.routes import Route

BODIES: dict[str, dict[str, Any]] = {
    "POST /api/keys": {"name": "Ingest", "scopes": ["asset.read"]},
    "POST /api/account/proof": {"password": "correct horse battery staple"},
    "POST /api/account/second-factor/confirm": {"code": "000000"},
    "PATCH /api/account/passkeys/<passkey_id>": {"name": "My phone"},
    "PUT /api/account/password": {"password": "correct horse battery staple"},
    "POST /api/projects": {"name": "P"},
    "PATCH /api/projects/<project_id>": {"name": "P"},
    "PUT /api/projects/<project_id>/members/<user_id>": {"role": "viewer"},
    "POST /api/projects/<project_id>/folders": {"name": "F"},
    "PATCH /api/folders/<folder_id>": {"name": "F"},
    "POST /api/assets": {"project_id": "<project_id>", "title": "T"},
    "PATCH /api/assets/<asset_id>": {"title": "T"},
    "POST /api/batches": {"operation": "create", "items": [{"title": "T", "project_id": new_id()}]},
    "POST /api/presign": {"asset_id": "<asset_id>", "filename": "a.mov", "size": 5},
    "POST /api/uploads/<upload_id>/parts": {"numbers": [1]},
    "POST /api/promote": {"upload_id": "<upload_id>"},
    "POST /api/preview": {"version_id": "<version_id>"},
    "POST /api/sign-preview": {"version_id": "<version_id>", "expires_in": 60},
    "POST /api/versions/<version_id>/proxies": {"recipe": "h264"},
    "PATCH /api/versions/<version_id>": {"label": "Cut for the client"},
    "POST /api/assets/<asset_id>/stack": {"from_asset_id": "<asset_id>"},
    "POST /api/assets/<asset_id>/unstack": {"version_ids": ["<version_id>"]},
    "POST /api/versions/<version_id>/comments/carry": {"from_version_id": "<version_id>"},
    "POST /api/versions/<version_id>/comments/import/undo": {"import_id": "<version_id>"},
    "PUT /api/versions/<version_id>/legal-hold": {"on": True, "reason": "court order"},
    "POST /api/assets/<asset_id>/comments": {"version_id": "<version_id>", "frame": 0, "body": "Too dark"},
    "PATCH /api/comments/<comment_id>": {"body": "Too bright"},
    "PUT /api/versions/<version_id>/approval": {"decision": "approved"},
    "POST /api/versions/<version_id>/review": {"reviewers": ["<user_id>"]},
    "PATCH /api/versions/<version_id>/review": {"rule": "any"},
    "PUT /api/projects/<project_id>/review-defaults": {"rule": "any", "due_days": 3},
    "PUT /api/versions/<version_id>/decision": {"decision": "approved"},
    "PATCH /api/projects/<project_id>/look": {"studio": "Studio Adria", "accent": "#0b5cc7"},
    "POST /api/shares": {"project_id": "<project_id>"},
    "PATCH /api/shares/<share_id>": {"title": "For the client"},
    "PATCH /api/projects/<project_id>/tags": {"name": "rushes", "to": "dailies"},
    "POST /api/projects/<project_id>/fields": {"name": "Camera", "type": "text"},
    "PATCH /api/fields/<field_id>": {"name": "Reel number"},
    "POST /api/projects/<project_id>/collections": {"name": "Ready", "filter": {"status": "ready"}},
    "PATCH /api/collections/<collection_id>": {"name": "Every film"},
    "POST /api/roles": {"name": "Client lead", "actions": ["review.decide"]},
    "PATCH /api/roles/<role_id>": {"actions": ["review.decide"]},
    "POST /api/webhooks": {"url": "https://hooks.example.org/", "project_id": "<project_id>"},
    "PATCH /api/webhooks/<webhook_id>": {"description": "For the archive"},
    "POST /api/webhooks/<webhook_id>/resend": {"since": "2026-11-21T09:30:00Z"},
    "PATCH /api/admin/users/<user_id>": {"display_name": "N"},
    "POST /api/organisations": {"name": "Second", "slug": "second"},
    "PATCH /api/organisations/<organisation_id>": {"name": "N"},
    "POST /api/admin/users/<user_id>/erase": {"email": "a@example.org", "dry_run": True},
}
"""A good body of each call, with placeholders for the ids."""

QUERIES = {
    "GET /api/search": "q=a001&project_id=<project_id>",
    "GET /api/search/suggest": "q=a&project_id=<project_id>",
    "GET /api/projects/<project_id>/board": "column=none",
    "GET /api/preview/status": "version_id=<version_id>",
    "GET /api/versions/<version_id>/comments/export": "format=csv",
    "GET /api/shares": "project_id=<project_id>",
    "GET /api/webhooks": "project_id=<project_id>",
    "GET /api/events/history": "project_id=<project_id>",
    "GET /api/events/stream": "project_id=<project_id>",
    "GET /api/preview/events": "version_id=<version_id>",
    "POST /api/comments/<comment_id>/files": "filename=a.png",
    "POST /api/assets/<asset_id>/upload": "filename=a.mov",
}

STREAMS = {"POST /api/versions/<version_id>/comments/import": b"frame,text\n0,Too dark\n"}
"""What is sent where any five bytes are no good input."""


def filled(text: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        text = text.replace(f"<{name}>", value)
    return (
        text.replace("<name>", "transcode_cpu").replace("<token>", "x").replace("<digest>/<path:name>", "x/y")
    )


def _about(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_about(one, ids) for one in value]
    return filled(value, ids) if isinstance(value, str) else value


async def send(person: Any, route: Route, ids: dict[str, str]) -> tuple[int, Any]:
    """Call a route with good input about these ids."""
    path = filled(route.path, ids)
    if route.name in QUERIES:
        path += "?" + filled(QUERIES[route.name], ids)
    body = BODIES.get(route.name)
    if body is not None:
        body = {key: _about(value, ids) for key, value in body.items()}
    data = STREAMS.get(route.name, b"12345")
    more = {"data": data, "headers": {"Content-Length": str(len(data))}} if route.stream else {}
    return await person.call(route.method, path, json=body, **more)


def ids_of(library: Library) -> dict[str, str]:
    return vars(library)


def unknown_ids(library: Library) -> dict[str, str]:
    return {name: new_id() for name in vars(library)}
