"""Proxies to edit with: asked for, listed, downloaded, removed."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.services import proxies
from mam.web.api import inputs
from mam.web.api.previews import handed_out
from mam.web.routes import Call


async def request_proxy(call: Call[inputs.ProxyIn], version_id: str) -> Any:
    """Have a proxy made, "h264" or "prores"; one that is there or on its way is answered as it is."""
    return await call.run(proxies.request, version_id, call.body.recipe)


async def list_proxies(call: Call[Any], version_id: str) -> Any:
    """The proxies of a version, and how far they are."""
    return await call.run(proxies.list_for, version_id)


async def remove_proxy(call: Call[Any], version_id: str, proxy_id: str) -> None:
    """Remove a proxy, or stop its making."""
    await call.run(proxies.remove, version_id, proxy_id)


async def download_proxy(call: Call[Any], version_id: str, proxy_id: str) -> Response:
    """Redirect to a signed address of the proxy."""
    return handed_out(await call.run(proxies.download, version_id, proxy_id, call.base_url))
