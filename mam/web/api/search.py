"""Finding: search across projects, suggestions; and many assets changed at once."""

from __future__ import annotations

from typing import Any

from mam.services import bulk, suggestions
from mam.services import search as searching
from mam.web.api import inputs_search
from mam.web.routes import Call


async def search(call: Call[Any]) -> Any:
    """Assets with every word, the best first, with what was found marked."""
    return await call.run(searching.search, **call.query.model_dump())


async def suggest(call: Call[Any]) -> Any:
    """Titles, tags and people that may be meant."""
    return await call.run(suggestions.suggest, **call.query.model_dump())


async def change_assets(call: Call[inputs_search.BulkIn]) -> Any:
    """Do the same to many assets; each is answered for."""
    return await call.run(bulk.change, **call.body.model_dump())
