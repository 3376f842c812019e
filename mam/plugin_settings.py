"""What administrators decided about plugins on their page, put together with the TOML when the box opens.

What stands in the TOML stands; the page fills in the rest. Reads `plugin_state`; writes nothing.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import structlog

from mam.config import Config, Secret
from mam.errors import GrantError
from mam.models import PluginState, connected
from mam.plugins import Hooks
from mam.sealed import unseal
from mam.signing import KeyRing

PURPOSE = "plugin settings"
"""What the secret ones are sealed for."""

log = structlog.get_logger("mam.plugins")


def overlaid(config: Config, ring: KeyRing) -> Config:
    """The configuration with the settings of the admin page below those of the TOML; the same where none."""
    with connected():
        rows = list(PluginState.select().where(PluginState.settings_at.is_null(False)))
    if not rows:
        return config
    tables = dict(config.plugin_tables)
    for row in rows:
        tables[row.name] = {**kept(row, ring), **tables.get(row.name, {})}
    return dataclasses.replace(config, plugin_tables=tables)


def kept(row: PluginState, ring: KeyRing) -> Mapping[str, Any]:
    """One plugin's settings as the page has them, secrets opened; one whose key is gone is left out."""
    values = dict(row.settings)
    for name, closed in row.sealed.items():
        try:
            values[name] = Secret(json.loads(unseal(ring, PURPOSE, f"{row.name}.{name}", closed)))
        except GrantError as error:
            log.warning("secret setting lost", plugin=row.name, setting=name, reason=error.detail)
    return values


def switch_off_again(hooks: Hooks) -> None:
    """What was switched off stays off after a restart."""
    with connected():
        rows = list(PluginState.select().where(PluginState.off_by != ""))
    for row in rows:
        plugin = hooks.plugins.get(row.name)
        if plugin is not None and not plugin.builtin:
            hooks.switch_off(row.name, row.reason, by=row.off_by)
