"""Plugins over HTTP: the page and the calls behind it, for administrators only."""

from __future__ import annotations

from typing import Any

import pytest

from mam.core import Mam
from mam.models import PluginState
from mam.plugins import State

NAME = "transcode_nvenc"
PATH = f"/api/admin/plugins/{NAME}"


async def test_an_administrator_switches_and_configures(
    sqlite_box: Mam, sqlite_people: dict[str, Any]
) -> None:
    admin = sqlite_people["admin"]
    # Given a plugin, when its setting does not fit, then the field is named and nothing is kept
    status, body = await admin.call("PATCH", f"{PATH}/settings", json={"settings": {"no_such": 1}})
    assert (status, body["errors"][0]["field"]) == (422, "settings.no_such")
    status, body = await admin.call("PATCH", f"{PATH}/settings", json={"settings": {"x": ["y"] * 101}})
    assert status == 422
    assert PluginState.select().count() == 0
    # When it is switched off, then the answer says so and by whom; switched on, it is looked at
    status, body = await admin.call("POST", f"{PATH}/disable")
    assert (status, body["state"], body["off_by"]) == (200, "switched off", "admin")
    assert sqlite_box.hooks.plugins[NAME].state is State.SWITCHED_OFF
    status, body = await admin.call("POST", f"{PATH}/enable")
    assert status == 200
    assert body["off_by"] == ""
    # And what the box needs is refused
    status, body = await admin.call("POST", "/api/admin/plugins/mam.builtin.roles/disable")
    assert (status, body["code"]) == (422, "plugin_needed")


@pytest.mark.parametrize("call", ["POST enable", "POST disable", "POST check", "PATCH settings"])
async def test_nobody_else_may(sqlite_people: dict[str, Any], call: str) -> None:
    method, _, last = call.partition(" ")
    json = {"settings": {}} if last == "settings" else None
    status, _body = await sqlite_people["ana"].call(method, f"{PATH}/{last}", json=json)
    assert status == 403
