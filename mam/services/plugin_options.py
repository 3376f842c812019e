"""A plugin's settings on the admin page: which there are, what they are worth, and changing them.

What the TOML says stands and cannot be changed here. Secrets are sealed and never shown again. A change holds
from the next start of the box on: stores and encoders are opened once. Writes `plugin_state`, `audit_entry`.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mam import plugin_settings
from mam.config import Config, Secret
from mam.core import Mam
from mam.errors import ConfigError, FieldError, NotFoundError, ValidationError
from mam.models import PluginState, database, now
from mam.plugins import Plugin
from mam.sealed import seal
from mam.services import access, audit
from mam.services.shapes import Shape
from mam.types import Actor

LONGEST = 2000
"""Characters of one text."""

MOST_ITEMS = 100
"""Entries of one list."""

_KINDS = {str: "text", int: "number", float: "number", bool: "yes_no", Path: "text", Secret: "secret"}


def fields(mam: Mam, plugin: Plugin, row: PluginState | None) -> list[Shape]:
    """Every setting of the plugin: kind, what it is worth now and where that comes from, help, choices.

    `source` is "file" (the TOML; not to be changed here), "page" or "default". A secret has no value.
    """
    schema = _schema(plugin)
    if schema is None:
        return []
    hints = typing.get_type_hints(schema)
    written = mam.written.get(plugin.name, {})
    kept = plugin_settings.kept(row, mam.auth_keys) if row else {}
    return [_field(one, hints[one.name], written, kept) for one in dataclasses.fields(schema)]


def is_waiting(mam: Mam, plugin: Plugin, row: PluginState | None) -> bool:
    """Whether the settings were changed since the box was started, so that it has to be started again."""
    written = mam.written.get(plugin.name, {})
    kept = plugin_settings.kept(row, mam.auth_keys) if row else {}
    return {**kept, **written} != dict(mam.config.plugin_tables.get(plugin.name, {}))


def change(mam: Mam, actor: Actor, name: str, values: Mapping[str, Any]) -> Plugin:
    """Set these fields (None: back to the default); others stay. `ValidationError` names a wrong field."""
    access.require(mam, actor, "box.admin")
    plugin = mam.hooks.plugins.get(name)
    schema = _schema(plugin) if plugin else None
    if plugin is None or schema is None:
        raise NotFoundError("There is no plugin of this name that has settings and is loaded.")
    with database.atomic():
        row = PluginState.get_or_none(PluginState.name == name) or PluginState(name=name)
        merged = dict(plugin_settings.kept(row, mam.auth_keys))
        for field, value in values.items():
            _admit(mam, name, schema, field, value)
            merged.pop(field, None)
            if value is not None:
                merged[field] = value
        _try(mam, name, schema, merged, tuple(values))
        _write(mam, row, schema, merged)
        said = {"plugin": name, "fields": sorted(values)}
        audit.record(mam, actor, "plugin.configured", kind="plugin", data=said)
    return plugin


def _schema(plugin: Plugin) -> type[Any] | None:
    """The plugin's dataclass of settings; None where it has none or is not loaded."""
    asked = getattr(plugin.module, "mam_config", None)
    return asked() if asked is not None else None


def _field(
    one: dataclasses.Field[Any], hint: Any, written: Mapping[str, Any], kept: Mapping[str, Any]
) -> Shape:
    default = None if one.default is dataclasses.MISSING else one.default
    source = "file" if one.name in written else "page" if one.name in kept else "default"
    value = written.get(one.name, kept.get(one.name, default))
    kind = _kind(hint)
    return {
        "name": one.name,
        "kind": kind,
        "source": source if kind else "file",
        "value": None if kind in ("secret", "") else _plain(value),
        "is_set": bool(value),
        "required": default is None and one.default_factory is dataclasses.MISSING,
        "help": str(one.metadata.get("help", "")),
        "choices": [str(choice) for choice in one.metadata.get("choices", ())],
    }


def _kind(hint: Any) -> str:
    """What a form asks for: text, number, yes_no, list, secret; empty where only the TOML can say it."""
    if isinstance(hint, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not types.NoneType)
    if typing.get_origin(hint) is tuple:
        return "list" if typing.get_args(hint)[0] is str else ""
    return _KINDS.get(hint, "")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [str(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def _admit(mam: Mam, name: str, schema: type[Any], field: str, value: Any) -> None:
    hints = typing.get_type_hints(schema)
    if field not in hints:
        raise _wrong(field, "There is no such setting.")
    if field in mam.written.get(name, {}):
        raise _wrong(field, "The TOML file says this; change it there.")
    if not _kind(hints[field]):
        raise _wrong(field, "Only the TOML file can say this.")
    if isinstance(value, str) and len(value) > LONGEST:
        raise _wrong(field, f"At most {LONGEST} characters.")
    if isinstance(value, list) and (len(value) > MOST_ITEMS or any(len(one) > LONGEST for one in value)):
        raise _wrong(field, f"At most {MOST_ITEMS} entries of {LONGEST} characters.")


def _try(mam: Mam, name: str, schema: type[Any], merged: Mapping[str, Any], given: tuple[str, ...]) -> None:
    """Build the plugin's settings as the start will; its sentence, without a file's name, where it cannot."""
    table = {**merged, **mam.written.get(name, {})}
    trial = Config(mam.config.data, plugin_tables={name: table})
    try:
        trial.plugin(name, schema)
    except ConfigError as error:
        sentence = error.detail.partition(f"plugins.{name}.")[2] or error.detail
        field = next((one for one in given if sentence.startswith(one)), given[0] if given else "settings")
        said = sentence.removeprefix(f"{field}: ")
        raise _wrong(field, said[:1].upper() + said[1:]) from None


def _write(mam: Mam, row: PluginState, schema: type[Any], merged: Mapping[str, Any]) -> None:
    hints = typing.get_type_hints(schema)
    secret = {field for field in merged if field in hints and _kind(hints[field]) == "secret"}
    values = {
        "settings": {field: value for field, value in merged.items() if field not in secret},
        "sealed": {field: _sealed(mam, row, field, merged[field]) for field in secret},
        "settings_at": now(),
    }
    if not PluginState.update(values).where(PluginState.name == row.name).execute():
        PluginState.create(name=row.name, **values)


def _sealed(mam: Mam, row: PluginState, field: str, value: str) -> str:
    secret = json.dumps(str(value)).encode()
    return seal(mam.auth_keys, plugin_settings.PURPOSE, f"{row.name}.{field}", secret)


def _wrong(field: str, sentence: str) -> ValidationError:
    return ValidationError(f"{field}: {sentence}", (FieldError(f"settings.{field}", sentence),))
