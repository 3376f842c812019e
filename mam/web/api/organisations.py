"""Organisations: listed, made, changed, ended."""

from __future__ import annotations

from typing import Any

from mam.services import organisations
from mam.web.api import inputs_organisations as inputs
from mam.web.routes import Call


async def list_organisations(call: Call[Any]) -> Any:
    """The organisations that one administers, the oldest first, with what each holds."""
    return await call.run(organisations.list_organisations, **call.query.model_dump())


async def create_organisation(call: Call[inputs.OrganisationIn]) -> Any:
    """A new organisation: its people and projects see nothing of others, and others nothing of theirs."""
    return await call.run(organisations.create_organisation, **call.body.model_dump())


async def get_organisation(call: Call[Any], organisation_id: str) -> Any:
    """One organisation with what it holds."""
    return await call.run(organisations.get_organisation, organisation_id)


async def update_organisation(call: Call[inputs.OrganisationPatch], organisation_id: str) -> Any:
    """Change name, quota, and what its share links look like; the quota is the box's to set."""
    return await call.run(organisations.update_organisation, organisation_id, call.given)


async def delete_organisation(call: Call[Any], organisation_id: str) -> None:
    """End an organisation that has neither people nor projects."""
    await call.run(organisations.delete_organisation, organisation_id)
