"""Webhooks: make, change, test, look at what was delivered, send again."""

from __future__ import annotations

from typing import Any

from mam.services import webhook_log, webhooks
from mam.web.api import inputs_webhooks
from mam.web.api.repeat import repeatable
from mam.web.routes import Call


async def list_webhooks(call: Call[Any]) -> Any:
    """The webhooks that you manage."""
    return await call.run(webhooks.list_webhooks, **call.query.model_dump())


async def create_webhook(call: Call[inputs_webhooks.WebhookIn]) -> Any:
    """Make a webhook; the answer alone shows its secret."""
    made = await repeatable(call, webhooks.create, call.given)
    return await call.run(webhooks.reveal, made["id"])  # the kept answer of a repeat holds no secret


async def get_webhook(call: Call[Any], webhook_id: str) -> Any:
    """A webhook."""
    return await call.run(webhooks.get, webhook_id)


async def update_webhook(call: Call[inputs_webhooks.WebhookPatch], webhook_id: str) -> Any:
    """Change a webhook, or switch it on or off."""
    return await call.run(webhooks.update, webhook_id, call.given)


async def delete_webhook(call: Call[Any], webhook_id: str) -> None:
    """Remove a webhook with its deliveries."""
    await call.run(webhooks.delete, webhook_id)


async def rotate_webhook(call: Call[Any], webhook_id: str) -> Any:
    """Give a webhook a new secret; for a day both sign."""
    return await call.run(webhooks.rotate, webhook_id)


async def ping_webhook(call: Call[Any], webhook_id: str) -> Any:
    """Send the test event."""
    return await call.run(webhook_log.ping, webhook_id)


async def list_deliveries(call: Call[Any], webhook_id: str) -> Any:
    """What was sent to a webhook, or waits."""
    return await call.run(webhook_log.list_deliveries, webhook_id, **call.query.model_dump())


async def get_delivery(call: Call[Any], webhook_id: str, delivery_id: str) -> Any:
    """A delivery with its body and every attempt."""
    return await call.run(webhook_log.get_delivery, webhook_id, delivery_id)


async def resend_delivery(call: Call[Any], webhook_id: str, delivery_id: str) -> Any:
    """Send a delivery again, under the same id."""
    return await call.run(webhook_log.resend, webhook_id, delivery_id)


async def resend_deliveries(call: Call[inputs_webhooks.ResendIn], webhook_id: str) -> Any:
    """Send again what was given up since a moment, or everything."""
    body = call.body
    return await call.run(webhook_log.resend_since, webhook_id, body.since, failed=body.failed_only)
