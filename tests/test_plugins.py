"""Plugins: found, ordered, checked, contained, each in a named state."""

from __future__ import annotations

import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mam import hookimpl, plugins
from mam.config import Config
from mam.errors import SourceError
from mam.plugins import Hooks, State, open_hooks
from mam.types import Event, Finding, Source

EXAMPLE = Path(__file__).parent / "example_plugin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The example plugin built and installed as a distribution of its own, into a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--target",
        str(folder),
        str(EXAMPLE),
    ]
    subprocess.run(command, check=True, timeout=100)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    sys.modules.pop("mam_shout", None)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data=tmp_path)


def shout(config: Config, word: str | None = None) -> Hooks:
    tables = {} if word is None else {"shout": {"word": word}}
    return open_hooks(replace(config, plugins=("shout",), plugin_tables=tables), builtins=())


SOURCE = Source(path=Path("/nowhere"), filename="a.mov", size=1)


def test_separately_installed_plugin_answers(installed: Path, config: Config) -> None:
    # Given a plugin that pip installed, when the configuration names it
    hooks = shout(config, "hey")
    hooks.check_all()
    # Then it is enabled, passed its self-check, and its answer arrives
    assert installed.is_dir()
    assert hooks.plugins["shout"].state is State.ENABLED
    assert hooks.plugins["shout"].findings[0].message == "Loud."
    assert hooks.all("mam_describe", config=hooks.config, source=SOURCE)[0].tags == {"shout": "hey a.mov"}


def test_plugin_that_is_not_listed_is_disabled(installed: Path, config: Config) -> None:
    hooks = open_hooks(replace(config, plugins=()), builtins=())
    assert installed.is_dir()
    assert hooks.plugins["shout"].state is State.DISABLED
    assert hooks.all("mam_describe", config=config, source=SOURCE) == []


def test_self_check_stops_a_plugin_with_its_reason_and_lets_it_back(installed: Path, config: Config) -> None:
    # Given a plugin that cannot work, when it looks at itself
    hooks = shout(config, "mute")
    hooks.check("shout")
    # Then it is stopped, with the reason shown, and asked no more
    assert installed.is_dir()
    plugin = hooks.plugins["shout"]
    assert (plugin.state, plugin.reason) == (State.STOPPED_BY_SELF_CHECK, "The plugin is mute.")
    assert hooks.all("mam_describe", config=hooks.config, source=SOURCE) == []
    # When the cause is gone and it is checked again, then it is back
    hooks.config = replace(hooks.config, plugin_tables={"shout": {"word": "hey"}})
    hooks.check("shout")
    assert plugin.state is State.ENABLED
    assert len(hooks.all("mam_describe", config=hooks.config, source=SOURCE)) == 1


def test_wrong_settings_stop_only_the_plugin(installed: Path, config: Config) -> None:
    # Given a section that does not fit what mam_config answers
    tables = {"shout": {"wrod": "x"}}
    hooks = open_hooks(replace(config, plugins=("shout",), plugin_tables=tables), builtins=())
    assert installed.is_dir()
    assert hooks.plugins["shout"].state is State.STOPPED_BY_CONFIG_ERROR
    assert "did you mean word?" in hooks.plugins["shout"].reason


def test_crashing_plugin_is_contained_and_counted(installed: Path, config: Config) -> None:
    hooks = shout(config, "crash")
    assert installed.is_dir()
    assert hooks.all("mam_describe", config=hooks.config, source=SOURCE) == []
    assert hooks.plugins["shout"].failures == 1
    assert "fell over" in hooks.plugins["shout"].last_error


def test_missing_plugin_never_stops_the_box(config: Config) -> None:
    hooks = open_hooks(replace(config, plugins=("no_such",)), builtins=())
    assert hooks.plugins["no_such"].state is State.STOPPED_BY_LOAD_ERROR
    assert "No plugin of this name is installed" in hooks.plugins["no_such"].reason


def make(name: str, **functions: object) -> types.ModuleType:
    """A plugin module of these answers."""
    module = types.ModuleType(name)
    for key, function in functions.items():
        setattr(module, key, hookimpl(function))
    return module


@pytest.fixture
def assembled(config: Config, monkeypatch: pytest.MonkeyPatch) -> object:
    """Open hooks over modules made in the test, in the order given."""

    def build(*modules: types.ModuleType) -> Hooks:
        found = {module.__name__: lambda module=module: module for module in modules}
        monkeypatch.setattr(plugins, "discover", lambda: found)
        return open_hooks(replace(config, plugins=tuple(found)), builtins=())

    return build


def test_first_answer_wins_in_the_configured_order(assembled: object) -> None:
    # Given two plugins that answer and one that declines, when the hook is asked
    declines = make("declines", mam_allow=lambda actor: None)
    yes, no = make("yes", mam_allow=lambda actor: True), make("no", mam_allow=lambda actor: False)
    passed: list[str] = []
    arguments = {"actor": None, "action": "x", "thing": None}
    # Then the first that does not decline wins, and who passed is told
    assert assembled(declines, yes, no).first("mam_allow", declined=passed.append, **arguments) is True
    assert passed == ["declines"]
    assert assembled(declines, no, yes).first("mam_allow", **arguments) is False


def test_event_reaches_every_plugin_that_listens(assembled: object) -> None:
    # Given two listeners, one of which falls over
    heard: list[str] = []

    def falls_over(event: Event) -> None:
        raise ValueError(event.name)

    hooks = assembled(
        make("oops", mam_event=falls_over), make("ears", mam_event=lambda event: heard.append(event.name))
    )
    # When something happened, then the other hears of it
    hooks.all("mam_event", event=Event("version.ready", "v", None, None))
    assert heard == ["version.ready"]


def test_our_own_errors_come_through_others_do_not(assembled: object) -> None:
    def bad_source(source: object) -> None:
        raise SourceError("The file is broken.")

    def falls_over(source: object) -> None:
        raise ValueError("oops")

    hooks = assembled(make("bad", mam_describe=bad_source))
    with pytest.raises(SourceError):
        hooks.all("mam_describe", config=None, source=SOURCE)
    assert (
        assembled(make("oops", mam_describe=falls_over)).all("mam_describe", config=None, source=SOURCE) == []
    )


def test_unknown_hook_or_argument_is_a_load_error(assembled: object) -> None:
    hooks = assembled(make("wrong", mam_allow=lambda actor, colour: True), make("odd", mam_unknown=lambda: 1))
    assert hooks.plugins["wrong"].state is State.STOPPED_BY_LOAD_ERROR
    assert hooks.plugins["odd"].state is State.STOPPED_BY_LOAD_ERROR


def test_hanging_self_check_is_cut(assembled: object, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a self-check that never ends
    forever = threading.Event()

    def hang(config: object) -> list[Finding]:
        forever.wait(30)
        return []

    monkeypatch.setattr(plugins, "CHECK_SECONDS", 0.2)
    hooks = assembled(make("hangs", mam_check=hang))
    # When the box asks, then it goes on, and the plugin is stopped with that reason
    hooks.check_all()
    forever.set()
    assert hooks.plugins["hangs"].state is State.STOPPED_BY_SELF_CHECK
    assert "did not end within" in hooks.plugins["hangs"].reason
