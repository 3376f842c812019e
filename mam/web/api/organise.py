"""Ordering a project: tags, fields of its own, saved collections, the trash."""

from __future__ import annotations

from typing import Any

from mam.services import collections, fields, tags, trash
from mam.web.api import inputs_search
from mam.web.api.repeat import repeatable
from mam.web.routes import Call


async def list_tags(call: Call[Any], project_id: str) -> Any:
    """A project's tags with their counts."""
    return await call.run(tags.list_tags, project_id, **call.query.model_dump())


async def rename_tag(call: Call[inputs_search.TagRename], project_id: str) -> Any:
    """Rename a tag, merge it into another, or take it off everywhere."""
    return await call.run(tags.rename_tag, project_id, name=call.body.name, to=call.body.to)


async def list_fields(call: Call[Any], project_id: str) -> Any:
    """The fields that a project defines."""
    return await call.run(fields.list_fields, project_id, **call.query.model_dump())


async def create_field(call: Call[inputs_search.CustomFieldIn], project_id: str) -> Any:
    """Define a field."""
    body = call.body
    return await repeatable(
        call, fields.create_field, project_id, name=body.name, kind=body.type, options=body.options
    )


async def get_field(call: Call[Any], field_id: str) -> Any:
    """A field that a project defines."""
    return await call.run(fields.get_field, field_id)


async def update_field(call: Call[inputs_search.CustomFieldPatch], field_id: str) -> Any:
    """Change a field's name, options or place."""
    return await call.run(fields.update_field, field_id, call.given)


async def delete_field(call: Call[Any], field_id: str) -> None:
    """Take a field away; its values stay unless `values` says otherwise."""
    await call.run(fields.delete_field, field_id, values=call.query.values)


async def restore_field(call: Call[Any], field_id: str) -> Any:
    """Bring a deleted field back."""
    return await call.run(fields.restore_field, field_id)


async def list_collections(call: Call[Any], project_id: str) -> Any:
    """The saved collections you see in a project."""
    return await call.run(collections.list_collections, project_id)


async def create_collection(call: Call[inputs_search.CollectionIn], project_id: str) -> Any:
    """Save a filter under a name."""
    body = call.body
    return await repeatable(
        call,
        collections.create_collection,
        project_id,
        name=body.name,
        wanted=body.filter,
        shared=body.shared,
    )


async def get_collection(call: Call[Any], collection_id: str) -> Any:
    """A saved collection."""
    return await call.run(collections.get_collection, collection_id)


async def update_collection(call: Call[inputs_search.CollectionPatch], collection_id: str) -> Any:
    """Change a saved collection."""
    return await call.run(collections.update_collection, collection_id, call.given)


async def delete_collection(call: Call[Any], collection_id: str) -> None:
    """Forget a saved collection; its assets stay."""
    await call.run(collections.delete_collection, collection_id)


async def collection_assets(call: Call[Any], collection_id: str) -> Any:
    """The assets that fit a saved collection now."""
    return await call.run(collections.list_assets, collection_id, **call.query.model_dump())


async def list_trash(call: Call[Any], project_id: str) -> Any:
    """What lies in a project's trash."""
    return await call.run(trash.list_trash, project_id, **call.query.model_dump())
