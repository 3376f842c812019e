"""Plugins by their page: switched off and on everywhere and for good, settings checked, secrets secret."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from mam import hookimpl, plugin_settings, plugins
from mam.config import Config, Secret
from mam.containment import MOST_FAILURES
from mam.core import Mam
from mam.errors import ForbiddenError, NotFoundError, ValidationError
from mam.models import AuditEntry, Event, PluginState, User
from mam.plugins import State, open_hooks
from mam.services import accounts, notifications, plugin_admin, plugin_options, plugin_states
from mam.types import SYSTEM, Actor
from mam.types import Event as Happened

NOTHING = Secret("")
LONG = "correct horse battery staple"


@dataclass(frozen=True)
class Settings:
    """Of the plugin below."""

    word: str = field(default="hey", metadata={"help": "What is said."})
    loud: bool = False
    times: int = 1
    names: tuple[str, ...] = ()
    manner: str = field(default="kind", metadata={"choices": ("kind", "rude")})
    token: Secret = NOTHING


def falls_over(event: Happened) -> None:
    raise ValueError(event.name)


@pytest.fixture
def opened(box: Mam, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Mam]:
    """The box opened anew, as a process of its own would, with the plugin `shout` and its section."""
    module = types.ModuleType("shout")
    module.mam_config = hookimpl(lambda: Settings)  # type: ignore[attr-defined]
    module.mam_event = hookimpl(falls_over)  # type: ignore[attr-defined]
    monkeypatch.setattr(plugins, "discover", lambda: {"shout": lambda: module, "idle": lambda: module})

    def build(section: dict[str, Any] | None = None) -> Mam:
        tables = {"shout": section} if section else {}
        config: Config = replace(box.config, plugins=("shout",), plugin_tables=tables)
        whole = plugin_settings.overlaid(config, box.auth_keys)
        hooks = open_hooks(whole)
        plugin_settings.switch_off_again(hooks)
        return replace(box, config=whole, hooks=hooks, written=tables)

    return build


def shown(mam: Mam) -> dict[str, Any]:
    return next(one for one in plugin_admin.list_plugins(mam, SYSTEM)["items"] if one["name"] == "shout")


def setting(mam: Mam, name: str) -> dict[str, Any]:
    return next(one for one in shown(mam)["settings"] if one["name"] == name)


def test_each_administrator_is_told_once_that_a_plugin_fell(opened: Callable[..., Mam]) -> None:
    # Given two administrators, somebody else, and two processes of one box
    web, worker = opened(), opened()
    for name in ("root", "boss", "ana"):
        accounts.add_user(web, email=f"{name}@example.org", name=name, password=LONG, admin=name != "ana")
    people = {row.display_name: Actor(row.id, roles=("admin",)) for row in User.select()}
    people["ana"] = replace(people["ana"], roles=("member",))
    # When the plugin fails too often, and both processes take their rounds
    for _ in range(MOST_FAILURES):
        worker.hooks.all("mam_event", event=Happened("version.ready", "v", None, None))
    for mam in (worker, web, worker):
        plugin_states.keep(mam)
    # Then each administrator has one notice, about the plugin and why, and nobody else has
    boxes = {
        name: notifications.inbox(web, one, unread=True, cursor=None, limit=9) for name, one in people.items()
    }
    assert {name: one["unread"] for name, one in boxes.items()} == {"root": 1, "boss": 1, "ana": 0}
    (notice,) = boxes["root"]["items"]
    assert (notice["kind"], notice["plugin"], notice["version_id"]) == ("plugin_off", "shout", None)
    assert notice["excerpt"]
    # And it can be read; who administers no more is told nothing
    assert notifications.mark_read(web, people["root"], notice["id"])["read_at"]
    former = replace(people["boss"], roles=("member",))
    assert notifications.inbox(web, former, unread=True, cursor=None, limit=9)["items"] == []
    # And when it is switched on and falls again, they are told again
    plugin_states.switch_on(worker, SYSTEM, "shout")
    for _ in range(MOST_FAILURES):
        worker.hooks.all("mam_event", event=Happened("version.ready", "v", None, None))
    plugin_states.keep(worker)
    assert notifications.inbox(web, people["boss"], unread=True, cursor=None, limit=9)["unread"] == 2


def test_one_that_fails_is_off_in_every_process_and_after_a_restart(opened: Callable[..., Mam]) -> None:
    """Promise I4: plugin off after N, admin told."""
    # Given two processes of one box
    web, worker = opened(), opened()
    # When the plugin fails too often in one of them
    for _ in range(MOST_FAILURES):
        worker.hooks.all("mam_event", event=Happened("version.ready", "v", None, None))
    assert worker.hooks.plugins["shout"].state is State.SWITCHED_OFF
    # Then their next rounds tell it, once, and the other asks it no more
    for mam in (worker, web, worker):
        plugin_states.keep(mam)
    assert shown(web)["state"] == "switched off"
    assert (shown(web)["off_by"], "falls" in shown(web)["reason"]) == ("box", False)
    assert "It failed 5 times" in shown(web)["reason"]
    assert AuditEntry.select().where(AuditEntry.action == "plugin.switched_off").count() == 1
    assert Event.select().where(Event.type == "plugin.switched_off").count() == 1
    # And it stays so after a restart, until an administrator switches it on: everywhere
    assert shown(opened())["state"] == "switched off"
    plugin_states.switch_on(web, SYSTEM, "shout")
    plugin_states.keep(worker)
    assert {shown(one)["state"] for one in (web, worker, opened())} == {"enabled"}


def test_an_administrator_switches_off_and_on(opened: Callable[..., Mam]) -> None:
    # Given a plugin that runs, when an administrator switches it off, then it is, by whom, and for good
    mam = opened()
    plugin_states.switch_off(mam, replace(SYSTEM, display_name="Ada"), "shout")
    assert (shown(mam)["state"], shown(mam)["reason"]) == ("switched off", "Switched off by Ada.")
    assert shown(opened())["off_by"] == "admin"
    # When it is switched on again, then both stand in the log
    plugin_states.switch_on(mam, SYSTEM, "shout")
    assert shown(opened())["state"] == "enabled"
    found = AuditEntry.select(AuditEntry.action).where(AuditEntry.action.startswith("plugin."))
    assert [row.action for row in found.order_by(AuditEntry.at)] == [
        "plugin.switched_off",
        "plugin.switched_on",
    ]


def test_what_cannot_be_switched(opened: Callable[..., Mam]) -> None:
    mam, nobody = opened(), Actor("0190a0a0-0000-7000-8000-000000000001")
    for name, code in (("mam.builtin.storage_files", "plugin_needed"), ("idle", "not_listed")):
        with pytest.raises(ValidationError) as caught:
            plugin_states.switch_off(mam, SYSTEM, name)
        assert caught.value.error_code == code
    with pytest.raises(ValidationError, match="Name it in the TOML"):
        plugin_states.switch_on(mam, SYSTEM, "idle")
    with pytest.raises(NotFoundError):
        plugin_states.switch_on(mam, SYSTEM, "no_such")
    for forbidden in (plugin_states.switch_off, plugin_states.switch_on, plugin_admin.get_plugin):
        with pytest.raises(ForbiddenError):
            forbidden(mam, nobody, "shout")
    with pytest.raises(ForbiddenError):
        plugin_options.change(mam, nobody, "shout", {"word": "x"})
    assert PluginState.select().count() == 0


def test_settings_hold_from_the_next_start_below_those_of_the_toml(opened: Callable[..., Mam]) -> None:
    # Given a plugin of which the TOML says one setting
    mam = opened({"word": "file"})
    assert (setting(mam, "word")["source"], setting(mam, "word")["value"]) == ("file", "file")
    # When others are set on the page
    given = {"loud": True, "times": 3, "names": ["a", "b"], "manner": "rude", "token": "s3cret"}
    plugin_options.change(mam, SYSTEM, "shout", given)
    # Then the page says that a restart is due, and the next start has them all
    assert shown(mam)["restart_needed"]
    later = opened({"word": "file"})
    assert not shown(later)["restart_needed"]
    found = later.config.plugin("shout", Settings)
    assert found == Settings("file", True, 3, ("a", "b"), "rude", Secret("s3cret"))
    assert (setting(later, "times")["source"], setting(later, "times")["value"]) == ("page", 3)
    # And one goes back to its default, the others stay
    plugin_options.change(later, SYSTEM, "shout", {"times": None})
    assert opened().config.plugin("shout", Settings).times == 1
    assert opened().config.plugin("shout", Settings).manner == "rude"


def test_a_secret_is_never_shown_and_lies_encrypted(opened: Callable[..., Mam]) -> None:
    # Given a secret set on the page
    mam = opened()
    plugin_options.change(mam, SYSTEM, "shout", {"token": "correct-horse"})
    # Then no answer, no row and no line of the audit log has it
    assert (setting(mam, "token")["value"], setting(mam, "token")["is_set"]) == (None, True)
    row = PluginState.get_by_id("shout")
    entry = AuditEntry.get(AuditEntry.action == "plugin.configured")
    assert "correct-horse" not in f"{shown(mam)} {row.settings} {row.sealed} {entry.data}"
    assert entry.data["fields"] == ["token"]


@pytest.mark.parametrize(
    ("values", "field_name", "said"),
    [
        ({"wrod": "x"}, "settings.wrod", "There is no such setting."),
        ({"word": "x"}, "settings.word", "The TOML file says this; change it there."),
        ({"times": "many"}, "settings.times", "Expected a whole number"),
        ({"times": -1}, "settings.times", "Expected a number of 0 or more"),
        ({"manner": "odd"}, "settings.manner", 'Expected one of "kind", "rude"'),
        ({"names": "a"}, "settings.names", "Expected a list of a string"),
        ({"token": 5}, "settings.token", "Expected a string"),
        ({"loud": 1}, "settings.loud", "Expected true or false"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(
    opened: Callable[..., Mam], values: dict[str, Any], field_name: str, said: str
) -> None:
    mam = opened({"word": "file"})
    with pytest.raises(ValidationError) as caught:
        plugin_options.change(mam, SYSTEM, "shout", values)
    assert caught.value.errors[0].field == field_name
    assert caught.value.errors[0].message.startswith(said)
    assert PluginState.select().count() == 0


def test_plugins_say_what_they_are(opened: Callable[..., Mam]) -> None:
    found = shown(opened())
    assert found["hooks"] == ["mam_config", "mam_event"]
    assert (found["needed"], found["builtin"]) == (False, False)
    assert plugin_admin.get_plugin(opened(), SYSTEM, "mam.builtin.roles")["needed"]
