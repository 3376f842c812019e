"""Updates of the appliance: how the last one went, take a bundle in, install it, start it."""

from __future__ import annotations

from typing import Any

from mam.services import updates
from mam.web.api import inputs_update
from mam.web.api.uploads import body_length
from mam.web.bridge import body_iterator
from mam.web.routes import Call


async def get_update(call: Call[Any]) -> Any:
    """The version that runs and where, how the last update went, the bundle that waits."""
    return await call.run(updates.status)


async def send_bundle(call: Call[Any]) -> Any:
    """Take an update bundle as the body; refused as soon as its head does not hold."""
    length = body_length(call)
    actor = await call.login()
    return await call.receive(updates.receive, actor, body_iterator(call.request), length)


async def install_update(call: Call[inputs_update.InstallIn]) -> Any:
    """Have the bundle written to the system partition that does not run."""
    return await call.run(updates.install, older=call.body.older)


async def start_update(call: Call[Any]) -> Any:
    """Restart the machine with the version that was written; it comes back by itself if that is not well."""
    return await call.run(updates.restart)
