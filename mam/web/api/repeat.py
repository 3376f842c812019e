"""`Idempotency-Key`: a creating call that may be sent again after a lost answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from mam.core import Mam
from mam.services.idempotency import Repeatable, once
from mam.types import Actor
from mam.web.routes import Call


async def repeatable(
    call: Call[Any], service: Callable[..., dict[str, Any]], *args: Any, **kwargs: Any
) -> dict[str, Any]:
    """Call a creating service, once for each `Idempotency-Key` where the caller sent one."""
    key = call.request.headers.get("Idempotency-Key")
    if key is None:
        return await call.run(service, *args, **kwargs)
    body = await call.raw_body()
    named = Repeatable(key, f"{call.route.method} {call.request.path}", hashlib.sha256(body).hexdigest())

    def create_once(mam: Mam, actor: Actor) -> dict[str, Any]:
        return once(actor, named, lambda: service(mam, actor, *args, **kwargs))

    return await call.run(create_once)
