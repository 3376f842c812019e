"""Administration of plugins: their states, switching them on and off, their settings."""

from __future__ import annotations

from typing import Any

from mam.services import plugin_admin, plugin_options, plugin_states
from mam.web.api import inputs_plugins
from mam.web.routes import Call


async def list_plugins(call: Call[Any]) -> Any:
    """Every plugin, its state and the reason for it, its settings without the secrets."""
    return await call.run(plugin_admin.list_plugins)


async def check_plugin(call: Call[Any], name: str) -> Any:
    """Ask a plugin to look at itself again."""
    return await call.run(plugin_admin.check_plugin, name)


async def enable_plugin(call: Call[Any], name: str) -> Any:
    """Switch a plugin on again; only one that the TOML names can be."""
    await call.run(plugin_states.switch_on, name)
    return await call.run(plugin_admin.get_plugin, name)


async def disable_plugin(call: Call[Any], name: str) -> Any:
    """Switch a plugin off: it is asked no more, also after a restart."""
    await call.run(plugin_states.switch_off, name)
    return await call.run(plugin_admin.get_plugin, name)


async def configure_plugin(call: Call[inputs_plugins.PluginSettings], name: str) -> Any:
    """Change a plugin's settings; they hold from the next start of the box on (`restart_needed`)."""
    await call.run(plugin_options.change, name, call.body.settings)
    return await call.run(plugin_admin.get_plugin, name)
