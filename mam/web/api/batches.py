"""Batches: one operation on many things, how far it is, what came of each, and the end of it."""

from __future__ import annotations

from typing import Any

from mam.services import batches
from mam.web.api import inputs_batches
from mam.web.api.repeat import repeatable
from mam.web.routes import Call, json_response


async def create_batch(call: Call[inputs_batches.BatchIn]) -> Any:
    """Do one thing to up to 1000 assets, as one job: 202 at once, each item answered for later.

    Each item is asked for by itself: what its single call would refuse fails for it alone. `Location` is the
    batch's own address. `POST /api/assets/bulk` does up to 500 at once, and waits.
    """
    given = {"options": {}, **call.given}
    made = await repeatable(call, batches.create, **given)
    return json_response(made, call.route.status, {"Location": made["links"]["self"]})


async def list_batches(call: Call[Any]) -> Any:
    """Your batches of the last 30 days, newest first; an API key lists its own."""
    return await call.run(batches.list_batches, **call.query.model_dump())


async def get_batch(call: Call[Any], batch_id: str) -> Any:
    """How far a batch of yours is."""
    return await call.run(batches.get, batch_id)


async def list_batch_items(call: Call[Any], batch_id: str) -> Any:
    """What came of each item, in the order in which they were sent."""
    return await call.run(batches.items, batch_id, **call.query.model_dump())


async def cancel_batch(call: Call[Any], batch_id: str) -> Any:
    """Leave what is not done yet undone; what is done stays."""
    return await call.run(batches.cancel, batch_id)


async def undo_batch(call: Call[Any], batch_id: str) -> Any:
    """Take back what a batch changed, as a batch of its own: 202 at once; `Location` is its address.

    Each item is brought back to what it was before, the last first. A batch is taken back once, when it is
    over or was stopped; what takes it back can be taken back too. A transcode stays.
    """
    made = await call.run(batches.undo, batch_id)
    return json_response(made, call.route.status, {"Location": made["links"]["self"]})
