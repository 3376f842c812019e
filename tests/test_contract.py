"""The generated OpenAPI document against the calls of the contract, and every answer against its model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from quart import Quart

from mam.core import Mam
from mam.web.app import API, create_app
from mam.web.openapi import openapi_document

sys.path.append(str(Path(__file__).parent / "web"))

CONTRACT = """
POST /auth/register 201
POST /auth/login 200
POST /auth/refresh 200
POST /auth/logout 204
GET /auth/me 200
GET /api/keys 200
POST /api/keys 201
GET /api/keys/{key_id} 200
DELETE /api/keys/{key_id} 204
POST /api/account/proof 204
PUT /api/account/password 204
GET /api/account/second-factor 200
POST /api/account/second-factor 201
POST /api/account/second-factor/confirm 200
POST /api/account/second-factor/recovery-codes 200
DELETE /api/account/second-factor 204
GET /api/account/sessions 200
GET /api/account/sessions/news 200
POST /api/account/sessions/seen 204
DELETE /api/account/sessions 200
DELETE /api/account/sessions/{session_id} 204
GET /api/account/passkeys 200
POST /api/account/passkeys/options 200
POST /api/account/passkeys 201
GET /api/account/passkeys/{passkey_id} 200
PATCH /api/account/passkeys/{passkey_id} 200
DELETE /api/account/passkeys/{passkey_id} 204
POST /auth/passkey/options 200
POST /auth/passkey 200
GET /api/admin/invitations 200
POST /api/admin/invitations 201
DELETE /api/admin/invitations/{invitation_id} 204
GET /api/projects 200
POST /api/projects 201
GET /api/projects/{project_id} 200
PATCH /api/projects/{project_id} 200
POST /api/projects/{project_id}/restore 200
DELETE /api/projects/{project_id} 204
PUT /api/projects/{project_id}/members/{user_id} 200
DELETE /api/projects/{project_id}/members/{user_id} 204
GET /api/projects/{project_id}/look 200
PATCH /api/projects/{project_id}/look 200
GET /api/projects/{project_id}/folders 200
POST /api/projects/{project_id}/folders 201
GET /api/folders/{folder_id} 200
PATCH /api/folders/{folder_id} 200
DELETE /api/folders/{folder_id} 204
GET /api/assets 200
POST /api/assets 201
GET /api/assets/{asset_id} 200
PATCH /api/assets/{asset_id} 200
DELETE /api/assets/{asset_id} 204
POST /api/assets/{asset_id}/upload 201
POST /api/batches 202
GET /api/events/socket 426
GET /api/batches 200
GET /api/batches/{batch_id} 200
GET /api/batches/{batch_id}/items 200
POST /api/batches/{batch_id}/cancel 200
POST /api/batches/{batch_id}/undo 202
POST /api/presign 201
GET /api/uploads/{upload_id} 200
POST /api/uploads/{upload_id}/parts 200
DELETE /api/uploads/{upload_id} 204
POST /api/promote 202
POST /api/preview 202
GET /api/preview/status 200
GET /api/preview/events 200
POST /api/preview/callback 200
POST /api/sign-preview 200
GET /api/versions/{version_id}/download 302
GET /api/versions/{version_id}/captions 200
POST /api/versions/{version_id}/captions 201
DELETE /api/versions/{version_id}/captions/{captions_id} 204
GET /api/versions/{version_id}/proxies 200
POST /api/versions/{version_id}/proxies 202
GET /api/versions/{version_id}/proxies/{proxy_id}/download 302
DELETE /api/versions/{version_id}/proxies/{proxy_id} 204
GET /img/{version_id} 200
GET /api/admin/watch 200
GET /api/projects/{project_id}/mhl 200
POST /api/projects/{project_id}/mhl 201
GET /api/versions/{version_id}/mhl 200
GET /api/admin/users 200
GET /api/admin/users/{user_id} 200
GET /api/fields/{field_id} 200
GET /api/versions/{version_id} 200
GET /api/admin/workers 200
GET /api/admin/workers/{worker_id} 200
POST /api/admin/workers/{worker_id}/drain 200
POST /api/admin/workers/{worker_id}/resume 200
DELETE /api/admin/workers/{worker_id} 204
GET /api/admin/worker-tokens 200
POST /api/admin/worker-tokens 201
DELETE /api/admin/worker-tokens/{token_id} 204
GET /api/workers/certificate 200
POST /api/workers/join 200
GET /api/admin/jobs 200
GET /api/admin/plugins 200
GET /api/admin/storage 200
POST /api/admin/storage/prove 200
GET /api/admin/update 200
PUT /api/admin/update/bundle 200
POST /api/admin/update/install 202
POST /api/admin/update/restart 202
GET /api/audit 200
GET /api/audit/export 200
POST /api/audit/verify 200
GET /api/integrity/key 200
GET /api/versions/{version_id}/integrity 200
POST /api/versions/{version_id}/verify 202
PUT /api/versions/{version_id}/legal-hold 200
GET /api/versions/{version_id}/certificate 200
GET /api/assets/{asset_id}/comments 200
POST /api/assets/{asset_id}/comments 201
GET /api/comments/{comment_id} 200
PATCH /api/comments/{comment_id} 200
DELETE /api/comments/{comment_id} 204
POST /api/comments/{comment_id}/resolve 200
POST /api/comments/{comment_id}/unresolve 200
GET /api/comments/{comment_id}/history 200
PUT /api/comments/{comment_id}/reactions/{name} 200
DELETE /api/comments/{comment_id}/reactions/{name} 200
POST /api/comments/{comment_id}/files 201
GET /api/comments/{comment_id}/files/{file_id} 302
DELETE /api/comments/{comment_id}/files/{file_id} 204
GET /api/assets/{asset_id}/mentionable 200
GET /api/notifications 200
POST /api/notifications/read 204
POST /api/notifications/{notification_id}/read 200
GET /api/events 200
GET /api/versions/{version_id}/comments/export 200
POST /api/versions/{version_id}/comments/import 200
POST /api/versions/{version_id}/comments/import/undo 200
GET /api/versions/{version_id}/approvals 200
PUT /api/versions/{version_id}/approval 200
POST /api/versions/{version_id}/review 201
PATCH /api/versions/{version_id}/review 200
DELETE /api/versions/{version_id}/review 204
GET /api/shares 200
POST /api/shares 201
GET /api/shares/{share_id} 200
PATCH /api/shares/{share_id} 200
DELETE /api/shares/{share_id} 204
GET /api/shares/{share_id}/visits 200
GET /api/events/types 200
GET /api/events/history 200
GET /api/events/stream 200
GET /api/roles 200
POST /api/roles 201
GET /api/roles/{role_id} 200
PATCH /api/roles/{role_id} 200
DELETE /api/roles/{role_id} 204
GET /api/webhooks 200
POST /api/webhooks 201
GET /api/webhooks/{webhook_id} 200
PATCH /api/webhooks/{webhook_id} 200
DELETE /api/webhooks/{webhook_id} 204
POST /api/webhooks/{webhook_id}/rotate 200
POST /api/webhooks/{webhook_id}/ping 202
GET /api/webhooks/{webhook_id}/deliveries 200
GET /api/webhooks/{webhook_id}/deliveries/{delivery_id} 200
POST /api/webhooks/{webhook_id}/deliveries/{delivery_id}/resend 202
POST /api/webhooks/{webhook_id}/resend 202
GET /api/health 200
GET /metrics 200
GET /openapi.json 200
GET /docs 200
"""
"""The calls of the contract that exist today: method, path, status of success."""

NOT_YET = ("/api/tenants",)

BODIES = {
    "POST /auth/register": "email display_name password",
    "POST /auth/login": "email password otp?",
    "POST /auth/refresh": "refresh_token",
    "POST /auth/logout": "refresh_token?",
    "POST /api/assets": "project_id title folder_id? metadata? tags?",
    "POST /api/presign": "asset_id filename size content_type? sha256? duplicates?",
    "POST /api/uploads/{upload_id}/parts": "numbers",
    "POST /api/promote": "upload_id parts? duplicates? sha256?",
    "POST /api/preview": "version_id force?",
    "POST /api/sign-preview": "version_id expires_in ip?",
    "PUT /api/versions/{version_id}/approval": "decision note?",
    "POST /api/assets/{asset_id}/comments": "version_id frame? frame_out? body drawing? parent_id? internal?",
}
"""What the contract says of bodies; `?` marks what may be left out."""

LIST_ASSETS = "q project_id folder_id kind status tag sort cursor limit"

ANSWERS = {
    "GET /auth/me 200": "id email display_name status roles created_at",
    "POST /auth/login 200": "access_token refresh_token token_type expires_in user",
    "GET /api/assets/{asset_id} 200": "id project_id folder_id title kind status tags metadata created_by "
    "created_at updated_at current_version_id versions",
    "POST /api/assets/{asset_id}/upload 201": "id asset_id number filename size content_type sha256 xxh128 "
    "master media blurhash phash preview created_at",
    "GET /api/assets 200": "items next_cursor",
    "POST /api/presign 201": "upload_id part_size parts expires_at",
    "POST /api/promote 202": "asset_id version_id status",
    "POST /api/preview 202": "job_id",
    "GET /api/preview/status 200": "version_id status playable percent renditions error",
    "POST /api/sign-preview 200": "url poster_url sprite_url captions expires_at",
    "POST /api/assets/{asset_id}/comments 201": "id asset_id version_id frame frame_out timecode author body "
    "drawing parent_id internal resolved_at replies",
    "GET /api/health 200": "status version checks",
}
"""What the contract says of answers."""


def operation(call: str) -> dict[str, Any]:
    method, path = call.split(" ")[:2]
    found: dict[str, Any] = openapi_document()["paths"][path][method.lower()]
    return found


def test_every_call_of_the_contract_is_in_the_document() -> None:
    for line in CONTRACT.split("\n"):
        if line:
            method, path, status = line.split(" ")
            assert status in openapi_document()["paths"][path][method.lower()]["responses"], line


@pytest.mark.parametrize("call", BODIES)
def test_bodies_are_as_agreed(call: str) -> None:
    schema = operation(call)["requestBody"]["content"]["application/json"]["schema"]
    names = BODIES[call].split()
    assert set(schema["properties"]) == {name.rstrip("?") for name in names}
    assert set(schema.get("required", [])) == {name for name in names if not name.endswith("?")}
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("call", ANSWERS)
def test_answers_are_as_agreed(call: str) -> None:
    *_, status = call.split(" ")
    schema = operation(call)["responses"][status]["content"]["application/json"]["schema"]
    assert set(ANSWERS[call].split()) <= set(schema["properties"])


def test_lists_take_what_is_agreed() -> None:
    names = {one["name"] for one in operation("GET /api/assets")["parameters"]}
    assert set(LIST_ASSETS.split()) <= names


def test_the_document_says_how_calls_fail_and_who_may_call() -> None:
    found = operation("GET /api/assets/{asset_id}")
    assert found["security"] == [{"bearer": []}, {"cookie": []}]
    assert "application/problem+json" in found["responses"]["404"]["content"]
    assert openapi_document()["openapi"].startswith("3.1")
    assert "security" not in operation("POST /auth/login")
    names = [
        one["operationId"] for methods in openapi_document()["paths"].values() for one in methods.values()
    ]
    assert len(names) == len(set(names))


async def test_what_comes_later_is_not_there(sqlite_box: Mam) -> None:
    client = create_app(sqlite_box).test_client()
    for path in NOT_YET:
        assert (await client.get(path)).status_code == 404


async def test_document_and_page_are_served(sqlite_box: Mam) -> None:
    client = create_app(sqlite_box).test_client()
    assert (await (await client.get("/openapi.json")).get_json())["info"]["title"] == "MAM"
    page = await (await client.get("/docs")).get_data(as_text=True)
    assert "/api/sign-preview" in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert (await client.get("/docs.css")).status_code == 200


async def test_answers_fit_their_models(box: Mam) -> None:
    """Given a library, when every reading call is made, then its answer is exactly what the document says."""
    from library import actor_of, make_library
    from web_calls import ids_of, send
    from web_people import make_people

    app: Quart = create_app(box)
    admin = make_people(box, app)["admin"]
    library = make_library(box, actor_of(box, admin.token))
    for route in API:
        model = route.answers.get(route.status)
        if route.method == "GET" and model is not None and "upload_id" not in route.path:
            status, body = await send(admin, route, ids_of(library))
            assert status == route.status, (route.name, body)
            TypeAdapter(model).validate_python(body, strict=True)
