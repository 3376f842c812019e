"""Calls of `keys`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def create_key(
    *,
    name: str,
    scopes: list[str],
    project_id: str | None | Unset = UNSET,
    expires_at: str | None | Unset = UNSET,
) -> Call[models.NewApiKey]:
    """Make an API key; the answer's `key` is the only place where it is ever told."""
    return Call(
        "create_key",
        "POST",
        "/api/keys",
        body=given({"name": name, "scopes": scopes, "project_id": project_id, "expires_at": expires_at}),
    )


def get_key(
    key_id: str,
) -> Call[models.ApiKey]:
    """One of one's keys, without the key itself."""
    return Call("get_key", "GET", f"/api/keys/{key_id}")


def list_keys(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.ApiKey]:
    """One's own API keys, newest first, those that have ended among them; no secrets."""
    return ListCall("list_keys", "GET", "/api/keys", query=given({"cursor": cursor, "limit": limit}))


def revoke_key(
    key_id: str,
) -> Call[None]:
    """End an API key at once."""
    return Call("revoke_key", "DELETE", f"/api/keys/{key_id}", reads="nothing")
