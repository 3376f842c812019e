"""What a batch can do to one of its items, by the very services that the single calls are made of.

Pure rules of what an operation takes, and one function an operation. Writes what those services write, in the
caller's transaction.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mam.core import Mam
from mam.errors import ConflictError, FieldError, ValidationError
from mam.models import Asset
from mam.services import access, assets, bulk, previews, priority
from mam.types import Actor

MOST = 1000
"""Items of one batch."""

Given = Mapping[str, Any]


@dataclass(frozen=True)
class Done:
    """What came of an item: whether anything was changed, the asset or job, the project that it lies in.

    `back` are the fields with which the inverse operation takes it back; None where there is nothing to.
    """

    changed: bool
    result_id: str
    project_id: str
    back: Given | None = None


@dataclass(frozen=True)
class Operation:
    """One operation: what does it, the fields that it takes, and those of them that must be there."""

    do: Callable[[Mam, Actor, Given], Done]
    takes: frozenset[str]
    needs: tuple[str, ...]


def target_of(item: Given) -> str | None:
    """The asset or version that an item names; None where one is to be made."""
    named: str | None = item.get("version_id") or item.get("asset_id")
    return named


def check(operation: str, items: Sequence[Given], options: Given) -> None:
    """Raise `ValidationError` for a field that is missing or not of this operation, naming it."""
    rules = OPERATIONS[operation]
    _check_known(operation, options, "options")
    for place, item in enumerate(items):
        where = f"items.{place}"
        _check_known(operation, item, where)
        missing = next((name for name in rules.needs if not _has({**options, **item}, name)), None)
        if missing is not None:
            raise _invalid(f"{where}.{missing}", f"The operation {operation} needs it.")
        if operation == "transcode" and ("asset_id" in item) == ("version_id" in item):
            raise _invalid(f"{where}.version_id", "Either this or asset_id.")


def _check_known(operation: str, given: Given, where: str) -> None:
    odd = next((name for name in given if name not in OPERATIONS[operation].takes), None)
    if odd is not None:
        raise _invalid(f"{where}.{odd}", f"The operation {operation} does not take it.")


def _has(given: Given, name: str) -> bool:
    """Whether a field says something; to `folder_id` null is a word: the project's top."""
    return name in given and (name == "folder_id" or given[name] not in (None, "", []))


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))


# --- one item -------------------------------------------------------------------------------------


def _create(mam: Mam, actor: Actor, given: Given) -> Done:
    made = assets.create_asset(mam, actor, **given)
    return Done(True, made["id"], made["project_id"], {})


def _change(action: str, mam: Mam, actor: Actor, given: Given) -> Done:
    asset_id = given["asset_id"]
    back = bulk.apply(mam, actor, asset_id, action, given)
    project_id = Asset.select(Asset.project).where(Asset.id == asset_id).scalar()
    return Done(back is not None, asset_id, project_id, back)


def _transcode(mam: Mam, actor: Actor, given: Given) -> Done:
    """Previews of a batch come after those of new files: they are there already, or failed before."""
    version_id = given.get("version_id") or _current(mam, actor, given["asset_id"])
    _, asset = access.require_version(mam, actor, "preview.render", version_id)
    force = given.get("force", True)
    made = previews.request(mam, actor, version_id, force, rank=priority.LATER)
    return Done(True, made["job_id"], asset.project_id)


def _current(mam: Mam, actor: Actor, asset_id: str) -> str:
    asset = access.require_asset(mam, actor, "preview.render", asset_id)
    if asset.current_version_id is None:
        raise ConflictError("This asset has no file yet.", code="no_version")
    found: str = asset.current_version_id
    return found


def _asset_operation(action: str, *fields: str, needs: tuple[str, ...] = ()) -> Operation:
    takes = frozenset({"asset_id", *fields})
    return Operation(functools.partial(_change, action), takes, ("asset_id", *needs))


OPERATIONS: dict[str, Operation] = {
    "create": Operation(
        _create,
        frozenset({"project_id", "title", "folder_id", "metadata", "tags"}),
        ("project_id", "title"),
    ),
    "tag": _asset_operation("tag", "tags", needs=("tags",)),
    "untag": _asset_operation("untag", "tags", needs=("tags",)),
    "move": _asset_operation("move", "folder_id", needs=("folder_id",)),
    "set_field": _asset_operation("set_field", "field", "value", needs=("field",)),
    "trash": _asset_operation("trash"),
    "restore": _asset_operation("restore"),
    "transcode": Operation(_transcode, frozenset({"asset_id", "version_id", "force"}), ()),
}
"""Every operation by name; those on assets are the actions of `mam.services.bulk`."""

INVERSE = {
    "create": "trash", "tag": "untag", "untag": "tag", "move": "move", "set_field": "set_field",
    "trash": "restore", "restore": "trash",
}  # fmt: skip
"""Which operation takes an item of another back, with the fields that were noted; a transcode stays."""
