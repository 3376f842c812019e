"""Assets: made before any byte, listed, changed, moved to the trash and back."""

from __future__ import annotations

from typing import Any

import orjson

from mam.services import assets
from mam.services import similar as look_alikes
from mam.web.api import inputs
from mam.web.api.repeat import repeatable
from mam.web.routes import Call


async def create_asset(call: Call[inputs.AssetIn]) -> Any:
    """Make an asset that waits for its first upload."""
    return await repeatable(call, assets.create_asset, **call.body.model_dump())


async def list_assets(call: Call[Any]) -> Any:
    """The assets you see, a page at a time; every filter given has to fit."""
    return await call.run(assets.list_assets, **call.query.model_dump(), parse=orjson.Fragment)


async def get_asset(call: Call[Any], asset_id: str) -> Any:
    """An asset with its versions, newest first."""
    return await call.run(assets.get_asset, asset_id)


async def update_asset(call: Call[inputs.AssetPatch], asset_id: str) -> Any:
    """Change title, folder, metadata or tags."""
    return await call.run(assets.update_asset, asset_id, **call.given)


async def delete_asset(call: Call[Any], asset_id: str) -> None:
    """Move an asset to the trash; a locked master stays locked."""
    await call.run(assets.delete_asset, asset_id)


async def restore_asset(call: Call[Any], asset_id: str) -> Any:
    """Take an asset out of the trash."""
    return await call.run(assets.restore_asset, asset_id)


async def similar(call: Call[Any], version_id: str) -> Any:
    """The same master elsewhere, and what looks the same, among what you see."""
    return await call.run(look_alikes.similar, version_id)
