"""Calls of `webhooks`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Literal

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def create_webhook(
    *,
    url: str,
    events: list[str] | Unset = UNSET,
    project_id: str | None | Unset = UNSET,
    description: str | Unset = UNSET,
    active: bool | Unset = UNSET,
) -> Call[models.NewWebhook]:
    """Make a webhook; the answer alone shows its secret."""
    return Call(
        "create_webhook",
        "POST",
        "/api/webhooks",
        body=given(
            {
                "url": url,
                "events": events,
                "project_id": project_id,
                "description": description,
                "active": active,
            }
        ),
        repeatable=True,
    )


def delete_webhook(
    webhook_id: str,
) -> Call[None]:
    """Remove a webhook with its deliveries."""
    return Call("delete_webhook", "DELETE", f"/api/webhooks/{webhook_id}", reads="nothing")


def get_delivery(
    webhook_id: str,
    delivery_id: str,
) -> Call[models.DeliveryDetail]:
    """A delivery with its body and every attempt."""
    return Call("get_delivery", "GET", f"/api/webhooks/{webhook_id}/deliveries/{delivery_id}")


def get_webhook(
    webhook_id: str,
) -> Call[models.Webhook]:
    """A webhook."""
    return Call("get_webhook", "GET", f"/api/webhooks/{webhook_id}")


def list_deliveries(
    webhook_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    state: Literal["waiting", "sending", "delivered", "dead", "cancelled"] | None | Unset = UNSET,
) -> ListCall[models.Delivery]:
    """What was sent to a webhook, or waits."""
    return ListCall(
        "list_deliveries",
        "GET",
        f"/api/webhooks/{webhook_id}/deliveries",
        query=given({"cursor": cursor, "limit": limit, "state": state}),
    )


def list_webhooks(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    project_id: str | None | Unset = UNSET,
) -> ListCall[models.Webhook]:
    """The webhooks that you manage."""
    return ListCall(
        "list_webhooks",
        "GET",
        "/api/webhooks",
        query=given({"cursor": cursor, "limit": limit, "project_id": project_id}),
    )


def ping_webhook(
    webhook_id: str,
) -> Call[models.Pinged]:
    """Send the test event."""
    return Call("ping_webhook", "POST", f"/api/webhooks/{webhook_id}/ping")


def resend_deliveries(
    webhook_id: str,
    *,
    since: str,
    failed_only: bool | Unset = UNSET,
) -> Call[models.Resent]:
    """Send again what was given up since a moment, or everything."""
    return Call(
        "resend_deliveries",
        "POST",
        f"/api/webhooks/{webhook_id}/resend",
        body=given({"since": since, "failed_only": failed_only}),
    )


def resend_delivery(
    webhook_id: str,
    delivery_id: str,
) -> Call[models.Delivery]:
    """Send a delivery again, under the same id."""
    return Call("resend_delivery", "POST", f"/api/webhooks/{webhook_id}/deliveries/{delivery_id}/resend")


def rotate_webhook(
    webhook_id: str,
) -> Call[models.NewWebhook]:
    """Give a webhook a new secret; for a day both sign."""
    return Call("rotate_webhook", "POST", f"/api/webhooks/{webhook_id}/rotate")


def update_webhook(
    webhook_id: str,
    *,
    url: str | Unset = UNSET,
    events: list[str] | Unset = UNSET,
    description: str | Unset = UNSET,
    active: bool | Unset = UNSET,
) -> Call[models.Webhook]:
    """Change a webhook, or switch it on or off."""
    return Call(
        "update_webhook",
        "PATCH",
        f"/api/webhooks/{webhook_id}",
        body=given({"url": url, "events": events, "description": description, "active": active}),
    )
