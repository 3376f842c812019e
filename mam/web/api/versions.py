"""Versions in a stack: listed, labelled, made current, taken out, put back; stacked; notes carried over."""

from __future__ import annotations

from typing import Any

from mam.services import carry, stacking, versions
from mam.web.api import inputs_versions
from mam.web.routes import Call


async def list_versions(call: Call[inputs_versions.VersionList], asset_id: str) -> Any:
    """The versions of an asset, newest first, each with its uploader and its count of notes."""
    return await call.run(versions.list_versions, asset_id, **call.query.model_dump())


async def get_version(call: Call[Any], version_id: str) -> Any:
    """A version as it stands in its stack."""
    return await call.run(versions.get_version, version_id)


async def label_version(call: Call[inputs_versions.VersionPatch], version_id: str) -> Any:
    """Give a version a note of one line."""
    return await call.run(versions.set_label, version_id, label=call.body.label)


async def make_current(call: Call[Any], version_id: str) -> Any:
    """Show this version where its asset is shown."""
    return await call.run(versions.make_current, version_id)


async def remove_version(call: Call[Any], version_id: str) -> None:
    """Take a version out of the stack; its master stays in custody, as locked as it is."""
    await call.run(versions.remove, version_id)


async def restore_version(call: Call[Any], version_id: str) -> Any:
    """Put a version back into the stack."""
    return await call.run(versions.restore, version_id)


async def stack(call: Call[inputs_versions.StackIn], asset_id: str) -> Any:
    """Put another asset's versions onto this one, as its next; the other one goes to the trash."""
    return await call.run(stacking.stack, asset_id, from_asset_id=call.body.from_asset_id)


async def unstack(call: Call[inputs_versions.UnstackIn], asset_id: str) -> Any:
    """Take versions off again: back to where they came from, or onto an asset of their own."""
    return await call.run(stacking.unstack, asset_id, version_ids=call.body.version_ids)


async def carry_notes(call: Call[inputs_versions.CarryIn], version_id: str) -> Any:
    """Copy open notes of another version of the same asset onto this one, each once."""
    return await call.run(carry.carry, version_id, **call.body.model_dump())


async def carry_offer(call: Call[Any], version_id: str) -> Any:
    """Whether an earlier version has open notes that are not on this one."""
    return await call.run(carry.offer, version_id)
