"""A plugin that fails or hangs holds nobody up, is counted, and is switched off when it does so too often."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mam import containment, hookimpl, plugins
from mam.config import Config
from mam.containment import MOST_FAILURES
from mam.errors import StorageError
from mam.plugins import Hooks, State, open_hooks
from mam.types import Event

EVENT = Event("version.ready", "v", None, None)


def make(name: str, **functions: Callable[..., object]) -> types.ModuleType:
    module = types.ModuleType(name)
    for key, function in functions.items():
        setattr(module, key, hookimpl(function))
    return module


@pytest.fixture
def assembled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Hooks]:
    """Open hooks over modules made in the test, in the order given, without the core's own answers."""

    def build(*modules: types.ModuleType) -> Hooks:
        found = {module.__name__: lambda module=module: module for module in modules}
        monkeypatch.setattr(plugins, "discover", lambda: found)
        return open_hooks(replace(Config(data=tmp_path), plugins=tuple(found)), builtins=())

    return build


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What a plugin hangs at; opened at the end, so that no thread is left. Limits are short meanwhile."""
    monkeypatch.setattr(containment, "SECONDS", dict.fromkeys(containment.SECONDS, 0.05))
    event = threading.Event()
    yield event
    event.set()


def falls_over(event: Event) -> None:
    raise ValueError(event.name)


def leaves(event: Event) -> None:
    raise SystemExit(3)


@pytest.mark.parametrize("bad", [falls_over, leaves])
def test_the_failure_too_many_switches_it_off_and_the_others_go_on(
    assembled: Callable[..., Hooks], bad: Callable[..., None]
) -> None:
    """Promise I4. Given a plugin that fails each time, and one that listens behind it."""
    heard: list[str] = []
    hooks = assembled(make("oops", mam_event=bad), make("ears", mam_event=lambda event: heard.append("x")))
    plugin = hooks.plugins["oops"]
    # When things happen
    for number in range(1, MOST_FAILURES + 3):
        hooks.all("mam_event", event=EVENT)
        # Then each failure counts until it is off, and is asked no more
        assert plugin.failures == min(number, MOST_FAILURES)
        assert (plugin.state is State.ENABLED) == (number < MOST_FAILURES)
    # And the other heard everything; who, why and by whom is known
    assert len(heard) == MOST_FAILURES + 2
    assert (plugin.state, plugin.off_by, list(hooks.fallen)) == (State.SWITCHED_OFF, "box", ["oops"])
    assert "mam_event: " in plugin.reason
    # And its self-check does not bring it back, but somebody can: then it is counted anew
    hooks.check("oops")
    assert plugin.state is State.SWITCHED_OFF
    hooks.switch_on("oops")
    hooks.all("mam_event", event=EVENT)
    assert (plugin.state, plugin.off_by) == (State.ENABLED, "")


def test_a_call_that_hangs_is_left_behind(assembled: Callable[..., Hooks], gate: threading.Event) -> None:
    """Promise I4. Given a plugin that does not come back, and one that answers behind it."""
    stuck = make("stuck", mam_allow=lambda actor: gate.wait(60))
    hooks = assembled(stuck, make("yes", mam_allow=lambda actor: True))
    asked = {"actor": None, "action": "x", "thing": None}
    # When it is asked again and again, then the next one answers, and soon only that one is asked
    answers = [hooks.first("mam_allow", **asked) for _ in range(MOST_FAILURES)]
    assert answers == [True] * MOST_FAILURES
    assert hooks.plugins["stuck"].state is State.SWITCHED_OFF
    assert "did not come back within" in hooks.plugins["stuck"].last_error
    assert hooks.plugins["stuck"].failures < MOST_FAILURES  # one that hangs counts as two
    assert hooks.plugins["yes"].failures == 0


def test_an_answer_in_time_comes_through_the_fence(assembled: Callable[..., Hooks]) -> None:
    # Given a plugin whose calls have a limit, when it answers or refuses by one of our errors
    def refuses(actor: object) -> bool:
        raise StorageError("The directory is away.")

    # Then the answer is the answer, the error ours, and neither is a failure
    hooks = assembled(make("yes", mam_allow=lambda actor: True))
    assert hooks.first("mam_allow", actor=None, action="x", thing=None) is True
    hooks = assembled(make("no", mam_allow=refuses))
    with pytest.raises(StorageError):
        hooks.first("mam_allow", actor=None, action="x", thing=None)
    assert hooks.plugins["no"].failures == 0


def test_what_the_box_needs_is_never_switched_off(assembled: Callable[..., Hooks]) -> None:
    # Given a store, and the only transcoder, that both fail at everything
    def fails() -> None:
        raise ValueError("oops")

    store = make("store", mam_storage=fails, mam_event=falls_over)
    last = make("last", mam_transcode=fails)
    hooks = assembled(store, last)
    # When they have failed far too often, then both are still asked
    job = dict.fromkeys(("config", "source", "recipe", "target", "report"))
    for _ in range(MOST_FAILURES * 2):
        hooks.all("mam_event", event=EVENT)
        assert hooks.first("mam_transcode", **job) is None
    assert {one.state for one in hooks.plugins.values()} == {State.ENABLED}
    assert hooks.plugins["last"].failures == MOST_FAILURES * 2
    # But of two transcoders the one that fails goes
    hooks = assembled(last, make("other", mam_transcode=lambda: "done"))
    answers = {hooks.first("mam_transcode", **job) for _ in range(MOST_FAILURES * 2)}
    assert answers == {"done"}
    assert hooks.plugins["last"].state is State.SWITCHED_OFF
