"""Sections of plugins beside an asset: shown, cut, contained."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mam import hookimpl, plugins
from mam.core import Mam
from mam.plugins import open_hooks
from mam.services import panels
from mam.types import SYSTEM, Panel, ShownAsset

ASSET: dict[str, Any] = {"id": "a", "project_id": "p", "title": "Film", "tags": ["x"]}
VERSION = {"id": "v", "number": 3, "filename": "f.mov", "size": 9, "sha256": "00"}


def test_panels_are_asked_in_order_and_what_is_none_is_left_out(
    sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given plugins: one shows what it was told, one falls over, one answers nonsense, one sets a trap
    def told(asset: ShownAsset) -> Panel:
        return Panel(asset.title, (("file", f"{asset.number} {asset.filename}"),), link="/projects/p")

    def trap(asset: ShownAsset) -> Panel:
        return Panel("x" * 999, (("a", "b"),) * 99, link="javascript:alert(1)")

    answers: dict[str, Callable[..., Any]] = {
        "told": told, "falls": lambda asset: 1 / 0, "odd": lambda asset: {"title": "no"}, "trap": trap,
    }  # fmt: skip
    found = {}
    for name, answer in answers.items():
        found[name] = types.ModuleType(name)
        found[name].mam_asset_panel = hookimpl(answer)  # type: ignore[attr-defined]
    monkeypatch.setattr(plugins, "discover", lambda: {n: (lambda m=m: m) for n, m in found.items()})
    hooks = open_hooks(replace(sqlite_box.config, plugins=tuple(found)), builtins=())
    # When the page of an asset asks
    first, last = panels.of_asset(replace(sqlite_box, hooks=hooks), SYSTEM, ASSET, VERSION)
    # Then the first is whole, the last is cut and its link is gone, and the failure is counted
    assert first == {
        "title": "Film", "facts": [("file", "3 f.mov")], "text": "", "link": "/projects/p", "link_label": "",
    }  # fmt: skip
    assert (len(last["title"]), len(last["facts"]), last["link"]) == (500, 50, "")
    assert hooks.plugins["falls"].failures == 1


def test_an_asset_without_a_file_has_no_version(sqlite_box: Mam) -> None:
    assert panels.of_asset(sqlite_box, SYSTEM, ASSET, None) == []
