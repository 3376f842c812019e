"""One change to many assets: moved, tagged, thrown away, brought back, given a field's value.

Each asset is asked for by itself: what may not be done to one is told and stops no other. Writes what the
single services write, an audit entry each, in one transaction. The answer says how to take it all back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mam.core import Mam
from mam.errors import FieldError, MamError, ValidationError
from mam.models import database
from mam.services import access, assets
from mam.services.shapes import Shape
from mam.types import Actor

MOST = 500
"""Assets of one call."""

Undo = tuple[str, str, Any]
"""An action, the name of its argument and that argument; what takes one asset's change back."""


def change(mam: Mam, actor: Actor, *, asset_ids: Sequence[str], action: str, **given: Any) -> Shape:
    """Do `action` to every asset: `{results: [{asset_id, changed, error}], undo: [body, ...]}`.

    `undo` are bodies of this same call that bring everything back as it was. Raises `ValidationError` where
    the action lacks its argument.
    """
    do = _ACTIONS[action]
    results, undo = [], []
    with database.atomic():
        for asset_id in dict.fromkeys(asset_ids):
            try:
                with database.atomic():
                    back = do(mam, actor, asset_id, given)
                undo += [(asset_id, one) for one in back]
                results.append({"asset_id": asset_id, "changed": bool(back), "error": None})
            except MamError as error:
                told = {"code": error.error_code, "detail": error.detail}
                results.append({"asset_id": asset_id, "changed": False, "error": told})
    return {"results": results, "undo": _grouped(undo)}


def apply(mam: Mam, actor: Actor, asset_id: str, action: str, given: Mapping[str, Any]) -> Shape | None:
    """Do `action` to one asset, in the caller's transaction.

    Answers the fields with which the action's inverse takes it back; None where nothing changed.
    """
    undo = _ACTIONS[action](mam, actor, asset_id, given)
    if not undo:
        return None
    if action in ("tag", "untag"):
        return {"tags": [tag for _, _, tags in undo for tag in tags]}
    ((_, name, value),) = undo
    if action == "set_field":
        return {"field": value[0], "value": value[1]}
    return {name: value} if name else {}


def _move(mam: Mam, actor: Actor, asset_id: str, given: Mapping[str, Any]) -> list[Undo]:
    asset = access.require_asset(mam, actor, "asset.write", asset_id)
    if asset.folder_id == given.get("folder_id"):
        return []
    assets.update_asset(mam, actor, asset_id, folder_id=given.get("folder_id"))
    return [("move", "folder_id", asset.folder_id)]


def _tag(mam: Mam, actor: Actor, asset_id: str, given: Mapping[str, Any]) -> list[Undo]:
    wanted = _argument(given, "tags")
    known = access.require_asset(mam, actor, "asset.write", asset_id).tags
    new = [tag for tag in wanted if tag not in known]
    if new:
        assets.update_asset(mam, actor, asset_id, tags=[*known, *new])
    return [("untag", "tags", [tag]) for tag in new]


def _untag(mam: Mam, actor: Actor, asset_id: str, given: Mapping[str, Any]) -> list[Undo]:
    wanted = _argument(given, "tags")
    known = access.require_asset(mam, actor, "asset.write", asset_id).tags
    gone = [tag for tag in known if tag in wanted]
    if gone:
        assets.update_asset(mam, actor, asset_id, tags=[tag for tag in known if tag not in gone])
    return [("tag", "tags", [tag]) for tag in gone]


def _trash(mam: Mam, actor: Actor, asset_id: str, _given: Mapping[str, Any]) -> list[Undo]:
    assets.delete_asset(mam, actor, asset_id)
    return [("restore", "", None)]


def _restore(mam: Mam, actor: Actor, asset_id: str, _given: Mapping[str, Any]) -> list[Undo]:
    asset = access.require_asset(mam, actor, "asset.delete", asset_id, trashed=True)
    if asset.deleted_at is None:
        return []
    assets.restore_asset(mam, actor, asset_id)
    return [("trash", "", None)]


def _set_field(mam: Mam, actor: Actor, asset_id: str, given: Mapping[str, Any]) -> list[Undo]:
    key = _argument(given, "field")
    metadata = access.require_asset(mam, actor, "asset.write", asset_id).metadata
    value, before = given.get("value"), metadata.get(key)
    if value == before:
        return []
    changed = {name: one for name, one in metadata.items() if name != key}
    if value is not None:
        changed[key] = value
    assets.update_asset(mam, actor, asset_id, metadata=changed)
    return [("set_field", "value", (key, before))]


_ACTIONS: dict[str, Callable[[Mam, Actor, str, Mapping[str, Any]], list[Undo]]] = {
    "move": _move, "tag": _tag, "untag": _untag, "trash": _trash, "restore": _restore,
    "set_field": _set_field,
}  # fmt: skip


def _argument(given: Mapping[str, Any], name: str) -> Any:
    if not given.get(name):
        message = "This action needs it."
        raise ValidationError(f"{name}: {message}", (FieldError(name, message),))
    return given[name]


def _grouped(undo: Iterable[tuple[str, Undo]]) -> list[Shape]:
    """One body for all assets that are taken back alike."""
    groups: dict[str, Shape] = {}
    for asset_id, (action, name, value) in undo:
        body: Shape = {"action": action}
        if action == "set_field":
            body |= {"field": value[0], "value": value[1]}
        elif name:
            body[name] = value
        group = groups.setdefault(json.dumps(body, sort_keys=True), {**body, "asset_ids": []})
        group["asset_ids"].append(asset_id)
    return list(groups.values())
