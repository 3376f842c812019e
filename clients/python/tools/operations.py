"""The operations of an OpenAPI document as the generator sees them, each with the name of its method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

GENERIC = {
    "get_docs": "a page for people",
    "get_openapi": "the document itself",
    "put_put_part": "parts are sent by `upload_file`",
    "get_event_stream": "`events`",
    "get_event_socket": "`events` reads the same",
    "get_own_events": "the portal's own line",
    "get_preview_events": "the portal's own line; integrators listen to `events`",
    "post_callback": "for encoders outside the box, which sign its body",
}
"""Operations without a method: how one gets at them instead; the generic `request` reaches them all."""

_NAMES = {
    "get_me": "get_me",
    "get_health": "get_health",
    "get_image": "get_image",
    "get_integrity_key": "get_integrity_key",
    "get_event_history": "list_events",
    "get_event_types": "list_event_types",
    "get_similar": "list_similar",
    "get_waiting": "list_waiting_reviews",
    "get_people": "list_mentionable",
    "post_upload": "upload_whole",
    "post_ask": "ask_review",
    "patch_change": "change_review",
    "delete_withdraw": "withdraw_review",
    "get_inbox": "list_notifications",
    "get_history": "list_comment_history",
    "post_add_file": "add_comment_file",
    "get_get_file": "get_comment_file",
    "delete_remove_file": "remove_comment_file",
    "get_still": "get_comment_still",
    "delete_abort": "abort_upload",
    "get_download": "download_address",
    "get_download_proxy": "proxy_address",
}
"""Clearer names for operations whose own says little without its path."""

JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """One call: `name` is its method, `tag` the file it is in, the schemas are the document's own."""

    id: str
    name: str
    tag: str
    method: str
    path: str
    words: str
    ids: tuple[str, ...]
    query: tuple[dict[str, Any], ...]
    body: dict[str, Any] | None
    raw: bool
    repeatable: bool
    status: str
    answer: dict[str, Any] | None

    @property
    def is_list(self) -> bool:
        """Whether the answer is a page of a list that goes on with `cursor`."""
        return any(one["name"] == "cursor" for one in self.query)


def read(document: dict[str, Any]) -> list[Operation]:
    """The operations that get a method, in the order of their names."""
    found = [
        _operation(path, method, one)
        for path, methods in document["paths"].items()
        for method, one in methods.items()
        if one["operationId"] not in GENERIC
    ]
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SystemExit(f"Two operations have one name; name one in `_NAMES`: {', '.join(twice)}.")
    return sorted(found, key=lambda one: one.name)


def _operation(path: str, method: str, one: dict[str, Any]) -> Operation:
    parameters = one.get("parameters", [])
    content = one.get("requestBody", {}).get("content", {})
    status = min(one["responses"])
    return Operation(
        id=one["operationId"],
        name=_NAMES.get(one["operationId"], one["operationId"].partition("_")[2]),
        tag=one["tags"][0].replace("-", "_").replace(".", "_"),
        method=method.upper(),
        path=path,
        words=(one.get("summary") or one.get("description") or "").strip(),
        ids=tuple(item["name"] for item in parameters if item["in"] == "path"),
        query=tuple(item for item in parameters if item["in"] == "query"),
        body=content.get(JSON, {}).get("schema"),
        raw=bool(content) and JSON not in content,
        repeatable=any(item["name"] == "Idempotency-Key" for item in parameters),
        status=status,
        answer=one["responses"][status].get("content", {}).get(JSON, {}).get("schema"),
    )
