"""Calls of `audit`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def export_log(
    *,
    q: str | None | Unset = UNSET,
    action: str | None | Unset = UNSET,
    actor_id: str | None | Unset = UNSET,
    subject_id: str | None | Unset = UNSET,
    project_id: str | None | Unset = UNSET,
    from_: str | None | Unset = UNSET,
    to: str | None | Unset = UNSET,
) -> Call[bytes]:
    """The log as CSV, newest first, with the same filters; streamed."""
    return Call(
        "export_log",
        "GET",
        "/api/audit/export",
        query=given(
            {
                "q": q,
                "action": action,
                "actor_id": actor_id,
                "subject_id": subject_id,
                "project_id": project_id,
                "from": from_,
                "to": to,
            }
        ),
        reads="bytes",
    )


def list_audit(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    q: str | None | Unset = UNSET,
    action: str | None | Unset = UNSET,
    actor_id: str | None | Unset = UNSET,
    subject_id: str | None | Unset = UNSET,
    project_id: str | None | Unset = UNSET,
    from_: str | None | Unset = UNSET,
    to: str | None | Unset = UNSET,
) -> ListCall[models.AuditEntry]:
    """The audit log, newest first."""
    return ListCall(
        "list_audit",
        "GET",
        "/api/audit",
        query=given(
            {
                "cursor": cursor,
                "limit": limit,
                "q": q,
                "action": action,
                "actor_id": actor_id,
                "subject_id": subject_id,
                "project_id": project_id,
                "from": from_,
                "to": to,
            }
        ),
    )


def verify_log() -> Call[models.AuditState]:
    """Check the whole chain against its signed end and every anchor, now."""
    return Call("verify_log", "POST", "/api/audit/verify")
