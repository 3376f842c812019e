"""Plugins as administrators see them: state, version, hooks, findings, settings. Reads only."""

from __future__ import annotations

import dataclasses

from mam import __version__
from mam.core import Mam
from mam.errors import NotFoundError
from mam.models import PluginState
from mam.plugins import Plugin, version_of
from mam.services import access, plugin_options
from mam.services.shapes import Shape
from mam.types import Actor


def list_plugins(mam: Mam, actor: Actor) -> Shape:
    """Every plugin in the order it is asked."""
    access.require(mam, actor, "box.admin")
    rows = {row.name: row for row in PluginState.select()}
    items = [_shape(mam, one, rows.get(one.name)) for one in mam.hooks.plugins.values()]
    return {"items": items, "next_cursor": None}


def get_plugin(mam: Mam, actor: Actor, name: str) -> Shape:
    """One of them."""
    access.require(mam, actor, "box.admin")
    if name not in mam.hooks.plugins:
        raise NotFoundError
    return _shape(mam, mam.hooks.plugins[name], PluginState.get_or_none(PluginState.name == name))


def check_plugin(mam: Mam, actor: Actor, name: str) -> Shape:
    """Ask one plugin to look at itself again; takes up to 20 seconds."""
    get_plugin(mam, actor, name)
    mam.hooks.check(name)
    return get_plugin(mam, actor, name)


def _shape(mam: Mam, plugin: Plugin, row: PluginState | None) -> Shape:
    return {
        "name": plugin.name,
        "version": __version__ if plugin.builtin else version_of(plugin.name),
        "state": str(plugin.state),
        "reason": plugin.reason,
        "builtin": plugin.builtin,
        "hooks": list(plugin.hooks),
        "off_by": plugin.off_by,
        "needed": plugin.builtin or "mam_storage" in plugin.hooks,
        "findings": [dataclasses.asdict(one) for one in plugin.findings],
        "failures": plugin.failures,
        "last_error": plugin.last_error,
        "settings": plugin_options.fields(mam, plugin, row),
        "restart_needed": plugin_options.is_waiting(mam, plugin, row),
    }
