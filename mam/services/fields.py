"""Fields of metadata that a project defines: their type is checked, their values are filtered by and sorted.

Values are the asset's metadata under the field's key. Writes `custom_field`, `field_value`, on a confirmed
deletion `asset.metadata`, the audit log. A deleted field's values stay until that is confirmed.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any

from peewee import fn

from mam.core import Mam
from mam.errors import ConflictError, FieldError, NotFoundError, ValidationError
from mam.ids import is_id
from mam.models import Asset, CustomField, FieldValue, Member, User, database, now
from mam.search_words import fold, words
from mam.services import access, audit, events, search_index
from mam.services.shapes import Shape
from mam.types import Actor

TYPES = ("text", "number", "date", "choice", "choices", "checkbox", "person", "url")
"""What a field may hold; `choices` is several of its options, `person` a member's id."""

MOST = 50
"""Fields of a project."""

_LONGEST_TEXT = 2000
_CHOOSING = ("choice", "choices")


def list_fields(mam: Mam, actor: Actor, project_id: str, *, deleted: bool = False) -> Shape:
    """The fields of a project in their order; with `deleted` those that are gone but still have values."""
    access.require_project(mam, actor, "asset.read", project_id)
    gone = CustomField.deleted_at.is_null(not deleted)
    rows = CustomField.select().where((CustomField.project == project_id) & gone)
    rows = rows.order_by(CustomField.position, CustomField.id)
    return {"items": [_shape(row) for row in rows], "next_cursor": None}


def create_field(
    mam: Mam, actor: Actor, project_id: str, *, name: str, kind: str, options: Sequence[str] = ()
) -> Shape:
    """Define a field of one of `TYPES`; its key is made from its name and never changes.

    Values that assets have under that key already are kept.
    """
    access.require_project(mam, actor, "project.update", project_id)
    with database.atomic():
        mine = CustomField.project == project_id
        if CustomField.select().where(mine).count() >= MOST:
            raise ConflictError(f"A project may have {MOST} fields.", code="too_many")
        last = CustomField.select(fn.MAX(CustomField.position)).where(mine).scalar()
        row = CustomField.create(
            project=project_id, key=_free_key(project_id, name), name=name, type=kind,
            options=_options(kind, options), position=(last or 0) + 1,
        )  # fmt: skip
        _done(mam, actor, "created", row)
    return _shape(row)


def get_field(mam: Mam, actor: Actor, field_id: str) -> Shape:
    """One field that is not deleted, for whoever sees the project's assets; else `NotFoundError`."""
    return _shape(_field(mam, actor, field_id, action="asset.read"))


def update_field(mam: Mam, actor: Actor, field_id: str, given: Mapping[str, Any]) -> Shape:
    """Change a field's name, options or position; values that no longer fit stay until they are changed."""
    row = _field(mam, actor, field_id)
    if "options" in given:
        row.options = _options(row.type, given["options"])
    row.name = given.get("name", row.name)
    row.position = given.get("position", row.position)
    with database.atomic():
        row.save()
        _done(mam, actor, "updated", row)
    return _shape(row)


def delete_field(mam: Mam, actor: Actor, field_id: str, *, values: bool = False) -> None:
    """Take a field away; its values stay on the assets, unless `values` says that they are to go as well."""
    row = _field(mam, actor, field_id, deleted=None)
    with database.atomic():
        if values:
            _drop_values(row)
            row.delete_instance()
        else:
            CustomField.update(deleted_at=now()).where(CustomField.id == row.id).execute()
        _done(mam, actor, "purged" if values else "deleted", row)


def restore_field(mam: Mam, actor: Actor, field_id: str) -> Shape:
    """Bring a deleted field back, with its values."""
    row = _field(mam, actor, field_id, deleted=True)
    row.deleted_at = None
    with database.atomic():
        row.save()
        _done(mam, actor, "restored", row)
    return _shape(row)


def checked(
    project_id: str, metadata: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Metadata whose values fit the project's fields, empty ones left out; `ValidationError` by field.

    Values that stay as they were `before` are not looked at again: options may have changed meanwhile.
    """
    found, wrong = dict(metadata), []
    for field in _living(project_id):
        if field.key not in found or (before or {}).get(field.key) == found[field.key]:
            continue
        value = found.pop(field.key)
        if value is None or value in ("", []):
            continue
        try:
            found[field.key] = _CHECKS[field.type](field, value)
        except _UnfitError as error:
            wrong.append(FieldError(f"metadata.{field.key}", f"{field.name}: {error}"))
    if wrong:
        raise ValidationError(wrong[0].message, tuple(wrong))
    return found


def follow(asset: Asset) -> None:
    """Keep the rows that are filtered by true to an asset's metadata; in the caller's transaction."""
    rows = [
        {"asset": asset.id, "field": field.id, "text": fold(text)[:300], "number": number}
        for field in _living(asset.project_id, deleted=True)
        for text, number in _rows(asset.metadata.get(field.key))
    ]
    FieldValue.delete().where(FieldValue.asset == asset.id).execute()
    if rows:
        FieldValue.insert_many(rows).execute()


def names(items: Sequence[Shape], columns: Sequence[Shape]) -> dict[str, str]:
    """The names of the people that some assets' person fields hold, by id."""
    keys = [one["key"] for one in columns if one["type"] == "person"]
    wanted = {str(one["metadata"].get(key)) for one in items for key in keys} - {"None"}
    rows = User.select(User.id, User.display_name).where(User.id.in_(wanted)) if wanted else ()
    return {row.id: row.display_name for row in rows}


def worded(value: Any, kind: str, people: Mapping[str, str]) -> str:
    """A field's value as it is read: a person by name, choices with commas, a checkbox as Yes or No."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return people.get(str(value), "") if kind == "person" else str(value)


class _UnfitError(ValueError):
    """A value that is not of its field's type; says what is."""


def _rows(value: Any) -> list[tuple[str, float | None]]:
    if value is None or isinstance(value, Mapping):
        return []
    if isinstance(value, list):
        return [row for one in value[:100] for row in _rows(one)]
    if isinstance(value, bool):
        return [("yes" if value else "no", None)]
    return [(str(value), float(value) if isinstance(value, int | float) else None)]


def _living(project_id: str, *, deleted: bool = False) -> list[CustomField]:
    rows = CustomField.select().where(CustomField.project == project_id)
    return list(rows if deleted else rows.where(CustomField.deleted_at.is_null()))


def _field(
    mam: Mam, actor: Actor, field_id: str, *, deleted: bool | None = False, action: str = "project.update"
) -> CustomField:
    row = CustomField.get_or_none(CustomField.id == field_id) if is_id(field_id) else None
    if row is None or (deleted is not None and (row.deleted_at is not None) is not deleted):
        raise NotFoundError
    access.require_project(mam, actor, action, row.project_id)
    return row


def _free_key(project_id: str, name: str) -> str:
    """`Shooting day` becomes `shooting_day`; where that is taken, `shooting_day_2`."""
    base = "_".join(words(name))[:56] or "field"
    taken = {row.key for row in CustomField.select().where(CustomField.project == project_id)}
    return next(key for key in (base, *(f"{base}_{n}" for n in range(2, MOST + 3))) if key not in taken)


def _options(kind: str, options: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(one.strip() for one in options if one.strip()))
    if bool(found) is not (kind in _CHOOSING):
        message = "At least one choice." if kind in _CHOOSING else "Only choices have options."
        raise ValidationError(f"options: {message}", (FieldError("options", message),))
    return found


def _drop_values(field: CustomField) -> None:
    """Take the key off every asset of the project."""
    having = FieldValue.select(FieldValue.asset).where(FieldValue.field == field.id)
    for asset in Asset.select().where(Asset.id.in_(having)):
        asset.metadata = {key: value for key, value in asset.metadata.items() if key != field.key}
        asset.save(only=[Asset.metadata])
        search_index.follow(asset)


def _text(_field: CustomField, value: Any) -> Any:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise _UnfitError(f"a text of at most {_LONGEST_TEXT} characters.")
    return value.strip()


def _number(_field: CustomField, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise _UnfitError("a number.")
    return value


def _date(_field: CustomField, value: Any) -> Any:
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise _UnfitError("a day as 2026-11-21.")


def _choice(field: CustomField, value: Any) -> Any:
    if value not in field.options:
        raise _UnfitError(f"one of {', '.join(field.options[:10])}.")
    return value


def _choices(field: CustomField, value: Any) -> Any:
    if not isinstance(value, list) or any(one not in field.options for one in value):
        raise _UnfitError(f"a list out of {', '.join(field.options[:10])}.")
    return [one for one in field.options if one in value]


def _checkbox(_field: CustomField, value: Any) -> Any:
    if not isinstance(value, bool):
        raise _UnfitError("true or false.")
    return value


def _person(field: CustomField, value: Any) -> Any:
    member = (Member.project == field.project_id) & (Member.user == value)
    if not isinstance(value, str) or not is_id(value) or not Member.select().where(member).exists():
        raise _UnfitError("the id of a member of this project.")
    return value


def _url(_field: CustomField, value: Any) -> Any:
    parts = urllib.parse.urlsplit(value) if isinstance(value, str) and len(value) <= _LONGEST_TEXT else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc or re.search(r"\s", value):
        raise _UnfitError("an address that begins with https:// or http://.")
    return value


_CHECKS: dict[str, Callable[[CustomField, Any], Any]] = {
    "text": _text, "number": _number, "date": _date, "choice": _choice, "choices": _choices,
    "checkbox": _checkbox, "person": _person, "url": _url,
}  # fmt: skip


def _shape(row: CustomField) -> Shape:
    return {
        "id": row.id,
        "project_id": row.project_id,
        "key": row.key,
        "name": row.name,
        "type": row.type,
        "options": row.options,
        "position": row.position,
    }


def _done(mam: Mam, actor: Actor, what: str, row: CustomField) -> None:
    audit.record(
        mam, actor, f"field.{what}", kind="field", subject_id=row.id, project_id=row.project_id,
        data={"name": row.name, "type": row.type},
    )  # fmt: skip
    events.publish(mam, "project.fields", project_id=row.project_id)
