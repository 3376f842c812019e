"""Share links: made, listed, changed, renewed, taken back; what guests did with them."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.services import branding, share_visits, shares
from mam.web.api import inputs_shares
from mam.web.api.repeat import repeatable
from mam.web.api.uploads import body_length
from mam.web.bridge import body_iterator
from mam.web.routes import Call


async def create_share(call: Call[inputs_shares.ShareIn]) -> Any:
    """Make a link; the answer's `url` is the only place where its secret is ever told."""
    given = {**call.given, "filters": call.body.filters and call.body.filters.model_dump(exclude_unset=True)}
    return await repeatable(call, shares.create, base_url=call.base_url, **given)


async def list_shares(call: Call[Any]) -> Any:
    """A project's links, newest first, those that have ended among them."""
    query = call.query
    return await call.run(shares.list_shares, query.project_id, cursor=query.cursor, limit=query.limit)


async def get_share(call: Call[Any], share_id: str) -> Any:
    """One link, whether it still holds or not."""
    return await call.run(shares.get, share_id)


async def update_share(call: Call[inputs_shares.SharePatch], share_id: str) -> Any:
    """Change what a link allows; guests notice with their next look."""
    return await call.run(shares.update, share_id, call.given)


async def renew_share(call: Call[Any], share_id: str) -> Any:
    """A new address in place of the old one, which ends; whoever was let in has to come in again."""
    return await call.run(shares.renew, share_id, base_url=call.base_url)


async def revoke_share(call: Call[Any], share_id: str) -> None:
    """Take a link back: pages at once, what plays within seconds."""
    await call.run(shares.revoke, share_id)


async def set_logo(call: Call[Any], share_id: str) -> None:
    """Take the PNG, JPEG, WebP or SVG in the body as the logo of a link's pages."""
    length, actor = body_length(call), await call.login()
    await call.receive(branding.set_logo, actor, share_id, size=length, body=body_iterator(call.request))


async def remove_logo(call: Call[Any], share_id: str) -> None:
    """Take the logo of a link's pages away."""
    await call.run(branding.remove_logo, share_id)


async def get_logo(call: Call[Any], share_id: str) -> Response:
    """The logo of a link's pages, as guests see it."""
    return logo_answer(await call.run(branding.own_logo, share_id), "private, no-cache")


def logo_answer(row: Any, cache: str) -> Response:
    """A logo on its way out: a JPEG that we drew."""
    policy = "default-src 'none'; sandbox"
    headers = {"Cache-Control": cache, "ETag": f'"{row.digest}"', "Content-Security-Policy": policy}
    return Response(bytes(row.data), 200, headers, content_type="image/jpeg")


async def list_visits(call: Call[Any], share_id: str) -> Any:
    """Who came by a link, what they opened and what they took, newest first."""
    return await call.run(share_visits.list_visits, share_id, **call.query.model_dump())


async def export_visits(call: Call[Any], share_id: str) -> Response:
    """The same as a table (CSV)."""
    data = await call.run(share_visits.table, share_id)
    headers = {"Content-Disposition": 'attachment; filename="visits.csv"', "Cache-Control": "no-store"}
    return Response(data, 200, headers, content_type="text/csv; charset=utf-8")
