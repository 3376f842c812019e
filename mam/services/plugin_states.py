"""Plugins switched off, by the box or by hand: written down, told, and the same in every process.

A plugin that failed too often is switched off at once where it failed (`mam.plugins`); a round in each
process writes that down and follows what others wrote. Writes `plugin_state`, `audit_entry`, `notification`.
"""

from __future__ import annotations

import threading

import structlog

from mam.core import Mam
from mam.errors import NotFoundError, ValidationError
from mam.models import PluginState, Unavailable, connected, database, now
from mam.plugins import Plugin, State
from mam.services import access, audit, notifications, people
from mam.types import SYSTEM, Actor

BOX, ADMIN = "box", "admin"
ROUND_SECONDS = 2.0
"""How long another process may still ask a plugin that is switched off."""

_LONGEST = 500
log = structlog.get_logger("mam.plugins")


def switch_off(mam: Mam, actor: Actor, name: str) -> Plugin:
    """Ask the plugin no more, at once here and within seconds everywhere; it stays off after a restart.

    `ValidationError` for the core's own, for the store of the masters, and for one that does not run.
    """
    access.require(mam, actor, "box.admin")
    plugin = _found(mam, name)
    if plugin.builtin or "mam_storage" in plugin.hooks:
        raise ValidationError("The box cannot do without this plugin.", code="plugin_needed")
    if plugin.state is State.DISABLED:
        raise ValidationError(
            "This plugin is not named in the TOML file: it does not run.", code="not_listed"
        )
    reason = f"Switched off by {actor.display_name or 'an administrator'}."
    with database.atomic():
        _write(name, ADMIN, reason)
        audit.record(mam, actor, "plugin.switched_off", kind="plugin", data=_told(name, reason))
    mam.hooks.switch_off(name, reason, by=ADMIN)
    return plugin


def switch_on(mam: Mam, actor: Actor, name: str) -> Plugin:
    """Ask it again, count its failures anew, run its self-check. `ValidationError` where it is not listed."""
    access.require(mam, actor, "box.admin")
    plugin = _found(mam, name)
    if plugin.state is State.DISABLED:
        raise ValidationError(
            f'Name it in the TOML file (plugins = ["{name}", …]) and restart the box: only what is named '
            "there is loaded.",
            code="not_listed",
        )
    if plugin.state is not State.SWITCHED_OFF:
        return plugin
    with database.atomic():
        _write(name, "", "")
        audit.record(mam, actor, "plugin.switched_on", kind="plugin", data={"plugin": name})
    mam.hooks.switch_on(name)
    mam.hooks.check(name)
    return plugin


def keep(mam: Mam) -> None:
    """One round: write down what fell here, follow what is written. `Unavailable`: the next round does it."""
    with connected():
        while mam.hooks.fallen:
            _note_fall(mam, mam.hooks.plugins[mam.hooks.fallen[0]])
            mam.hooks.fallen.popleft()
        _follow(mam)


def run(mam: Mam, stop: threading.Event) -> None:
    """Keep on until told to stop; for a thread of its own."""
    while not stop.wait(ROUND_SECONDS):
        try:
            keep(mam)
        except Unavailable as error:
            log.warning("states of plugins not read; the next round comes", reason=str(error))


def _note_fall(mam: Mam, plugin: Plugin) -> None:
    """Once, whichever process comes first: its row, the audit log with its event, administrators' inboxes."""
    with database.atomic():
        row = PluginState.get_or_none(PluginState.name == plugin.name)
        if row is not None and row.off_by:
            return
        _write(plugin.name, BOX, plugin.reason)
        data = _told(plugin.name, plugin.reason)
        audit.record(mam, SYSTEM, "plugin.switched_off", kind="plugin", data=data)
        notifications.plugin_off(mam, plugin.name, people.active_admins())


def _follow(mam: Mam) -> None:
    off = {row.name: row for row in PluginState.select().where(PluginState.off_by != "")}
    for plugin in list(mam.hooks.plugins.values()):
        if plugin.builtin or plugin.state is State.DISABLED:
            continue
        if plugin.name in off:
            row = off[plugin.name]
            mam.hooks.switch_off(row.name, row.reason, by=row.off_by)
        elif plugin.state is State.SWITCHED_OFF and plugin.name not in mam.hooks.fallen:
            mam.hooks.switch_on(plugin.name)


def _write(name: str, by: str, reason: str) -> None:
    values = {"off_by": by, "reason": reason, "changed_at": now()}
    if not PluginState.update(values).where(PluginState.name == name).execute():
        PluginState.create(name=name, **values)


def _found(mam: Mam, name: str) -> Plugin:
    plugin = mam.hooks.plugins.get(name)
    if plugin is None:
        raise NotFoundError
    return plugin


def _told(name: str, reason: str) -> dict[str, str]:
    return {"plugin": name, "reason": reason[:_LONGEST]}
