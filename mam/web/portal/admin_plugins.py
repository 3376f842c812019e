"""Plugins: the state of each, why, and what to do about it."""

from __future__ import annotations

from typing import Any

from mam.plugins import Plugin
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import render
from mam.web.routes import Call


async def show(call: Call[Any]) -> str:
    """Every plugin that was found."""
    await call.login()
    rows = tuple(_row(one) for one in call.mam.hooks.plugins.values())
    return render(
        call, "admin/plugins.html", views.PluginsView, title=_("Plugins"), page="plugins", plugins=rows
    )


def _row(plugin: Plugin) -> views.PluginRow:
    findings = tuple(
        {"check": one.check, "severity": one.severity, "message": one.message, "fix": one.fix}
        for one in plugin.findings
    )
    return views.PluginRow(
        name=plugin.name,
        state=str(plugin.state),
        reason=plugin.reason,
        builtin=plugin.builtin,
        findings=findings,
        failures=plugin.failures,
        last_error=plugin.last_error,
    )
