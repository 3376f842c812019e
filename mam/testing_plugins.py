"""The executable promise of every plugin (found, configured, checked) and of those that hear or describe.

    from mam.testing_plugins import PluginContract

    class TestMyPlugin(PluginContract):
        name = "my_plugin"

The plugin is found as the box finds it: install it first (`pip install -e .`). Nothing here opens a database.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mam.config import Config
from mam.event_types import TYPES
from mam.plugins import Hooks, State, discover, open_hooks
from mam.types import Actor, Event, Finding, MediaInfo, Panel, ShownAsset, Source

NONSENSE = (b"", b"\0" * 4096, b"\xff\xd8\xff" + b"\x00" * 100, b"%PDF-1.7\n" + b"\xff" * 500)
"""Bytes that are nothing, or only begin like something."""


class PluginContract:
    """What the box asks of any plugin. A subclass sets `name`, and `settings` where some are required."""

    name: ClassVar[str] = ""
    settings: ClassVar[Mapping[str, Any]] = {}

    @pytest.fixture
    def config(self, tmp_path: Path) -> Config:
        """A configuration that names only this plugin."""
        return Config(data=tmp_path, plugins=(self.name,), plugin_tables={self.name: dict(self.settings)})

    @pytest.fixture
    def hooks(self, config: Config) -> Hooks:
        """The plugin, loaded, checked and asked what it brings as the box does it, without the core."""
        hooks = open_hooks(config, builtins=())
        hooks.check_all()
        hooks.declare_all()
        return hooks

    def test_it_is_found_under_its_name(self) -> None:
        assert self.name in discover(), f"{self.name} is not installed; run `pip install -e .` first"

    def test_it_runs(self, hooks: Hooks) -> None:
        plugin = hooks.plugins[self.name]
        assert plugin.state is State.ENABLED, plugin.reason

    def test_it_answers_a_hook(self, hooks: Hooks) -> None:
        module = hooks.plugins[self.name].module
        answers = [one for one in dir(module) if one.startswith("mam_") and callable(getattr(module, one))]
        assert set(answers) - {"mam_config", "mam_check"}, "it answers no hook besides its settings"

    def test_its_findings_are_findings(self, hooks: Hooks) -> None:
        assert all(isinstance(one, Finding) for one in hooks.plugins[self.name].findings)
        assert all(one.check and one.message for one in hooks.plugins[self.name].findings)

    def test_a_misspelled_setting_stops_it_alone(self, config: Config) -> None:
        wrong = dataclasses.replace(config, plugin_tables={self.name: {**self.settings, "no_such_key": 1}})
        plugin = open_hooks(wrong, builtins=()).plugins[self.name]
        assert plugin.state is State.STOPPED_BY_CONFIG_ERROR
        assert "no_such_key" in plugin.reason


class EventContract(PluginContract):
    """Of a plugin that answers `mam_event`: every event there is, and one that is not there yet."""

    @pytest.mark.parametrize("event", [*(one.name for one in TYPES), "not.yet.known"])
    def test_every_event_is_taken(self, hooks: Hooks, event: str) -> None:
        told = Event(event, "018f0000-0000-7000-8000-000000000000", None, None, {})
        assert hooks.all("mam_event", event=told) == []
        assert hooks.plugins[self.name].failures == 0, hooks.plugins[self.name].last_error


class DescribeContract(PluginContract):
    """Of a plugin that answers `mam_describe`: it adds to what others say and never falls over."""

    @pytest.mark.parametrize("content", NONSENSE, ids=["empty", "zeros", "jpeg-like", "pdf-like"])
    def test_nonsense_is_survived(self, hooks: Hooks, config: Config, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "x"
        path.write_bytes(content)
        source = Source(path=path, filename="Nonsense.bin", size=len(content))
        answers = hooks.all("mam_describe", config=config, source=source)
        assert hooks.plugins[self.name].failures == 0, hooks.plugins[self.name].last_error
        assert all(isinstance(one, MediaInfo) for one in answers)


class PanelContract(PluginContract):
    """Of a plugin that answers `mam_asset_panel`: for an asset with a file, and for one without."""

    ASSETS: ClassVar[tuple[ShownAsset, ...]] = (
        ShownAsset("a", "p", "Nothing yet"),
        ShownAsset("a", "p", "<b>&'\u202e", ("x",), "v", 1, "../../-rf x.mov", 1, "0" * 64),
    )

    @pytest.mark.parametrize("asset", ASSETS, ids=["without a file", "with hostile names"])
    def test_it_answers_a_panel_or_nothing(self, hooks: Hooks, config: Config, asset: ShownAsset) -> None:
        answers = hooks.all("mam_asset_panel", config=config, actor=Actor("u"), asset=asset)
        assert hooks.plugins[self.name].failures == 0, hooks.plugins[self.name].last_error
        for panel in answers:
            assert isinstance(panel, Panel)
            assert panel.title
            assert not panel.link or panel.link.startswith(("https://", "http://", "/"))
