"""Find, order, check and call plugins; keep each one's state; guard the border once.

Plugins come from the entry-point group `mam` of installed distributions and, in a checkout, from the same
lines in `plugins/*/pyproject.toml`. Only those named in the configuration run, in that order; the core's
own answers (`mam.builtin`) come last. A plugin that fails never stops the box: it ends in a named state.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
import threading
import tomllib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLongError
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import pluggy
import structlog

from mam import hookspecs
from mam.config import Config
from mam.containment import MOST_FAILURES, Fence, HungError
from mam.errors import CancelledWorkError, ConfigError, MamError, PluginError
from mam.types import Command, Finding, JobKind, MenuEntry, PluginRoute

log = structlog.get_logger("mam.plugins")

CHECK_SECONDS = 20
"""How long a plugin's self-check may take (the promise of `mam_check`)."""

BUILTINS = (
    "mam.builtin.storage_files",
    "mam.builtin.describe",
    "mam.builtin.login_password",
    "mam.builtin.roles",
    "mam.builtin.deliver",
)
"""The core's own answers, through the same hooks."""

DECLARING: dict[str, type] = {
    "mam_job_kinds": JobKind,
    "mam_routes": PluginRoute,
    "mam_menu": MenuEntry,
    "mam_tables": type,
    "mam_commands": Command,
}
"""Hooks by which a plugin says once what it brings, and what each row of its answer is."""

CONNECTED = frozenset({"mam_asset_panel", "mam_event"})
"""Hooks that are called with a database connection, for the plugin's own tables."""

_MARK = "mam_impl"  # how pluggy marks an answer
_UNLISTED = "Installed; name it in [plugins] enabled of config.toml and start again to use it."


class State(StrEnum):
    """Where a plugin's life has led it."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    STOPPED_BY_LOAD_ERROR = "stopped by load error"
    STOPPED_BY_CONFIG_ERROR = "stopped by config error"
    STOPPED_BY_SELF_CHECK = "stopped by self-check"
    SWITCHED_OFF = "switched off"


@dataclass(frozen=True)
class _NoSettings:
    """What fits the section of a plugin that has none."""


@dataclass
class Plugin:
    """One plugin as the admin sees it: name, state, the reason for it, findings, failures at the border."""

    name: str
    state: State
    reason: str = ""
    builtin: bool = False
    module: Any = None
    findings: tuple[Finding, ...] = ()
    failures: int = 0
    last_error: str = ""
    off_by: str = ""
    fence: Fence = field(default_factory=Fence, repr=False, compare=False)
    declared: dict[str, tuple[Any, ...]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def hooks(self) -> tuple[str, ...]:
        """The hooks that it answers, by name; none where it did not load."""
        return tuple(sorted(name for name in dir(self.module) if hasattr(getattr(self.module, name), _MARK)))

    def folder(self, name: str) -> Path | None:
        """A folder of its package: `templates`, `static`, `migrations`; None where there is none."""
        file = getattr(self.module, "__file__", None)
        found = Path(file).parent / name if file and Path(file).name == "__init__.py" else None
        return found if found is not None and found.is_dir() else None


@dataclass
class Hooks:
    """The assembled plugins. `first` and `all` are the only ways into somebody else's code."""

    config: Config
    plugins: dict[str, Plugin]
    manager: pluggy.PluginManager
    fallen: deque[str] = field(default_factory=deque)
    """Plugins that failed too often and were switched off here; `services.plugin_states` tells of them."""
    connected: Callable[[], AbstractContextManager[None]] = nullcontext
    """What opens a database connection for a thread of a plugin; the box sets it."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def first(
        self,
        hook: str,
        *,
        declined: Callable[[str], None] | None = None,
        accepts: Callable[[Any], bool] = lambda _answer: True,
        away: tuple[type[MamError], ...] = (),
        **arguments: Any,
    ) -> Any:
        """The first answer that is not None, in the configured order; None where nobody answers.

        `declined(name)` is called after each plugin that passed, before the next is asked; an answer that
        `accepts` refuses counts as passing, and so does an error of `away`, which is raised at the end where
        nobody answered. Other errors of
        `mam.errors` come through; any other exception counts against its plugin and reads as None.
        """
        absent: MamError | None = None
        for name, call in self._calls(hook, arguments):
            try:
                answer = self._guarded(name, hook, call)
            except away as error:
                why = getattr(error, "reason", error.detail)
                log.warning("plugin cannot answer now", plugin=name, hook=hook, reason=why)
                answer, absent = None, absent or error
            if answer is not None and accepts(answer):
                return answer
            if declined is not None:
                declined(name)
        if absent is not None:
            raise absent
        return None

    def all(self, hook: str, **arguments: Any) -> list[Any]:
        """Every answer that is not None, in the configured order; failures count and are left out."""
        answers = (self._guarded(name, hook, call) for name, call in self._calls(hook, arguments))
        return [answer for answer in answers if answer is not None]

    def declared(self, hook: str) -> dict[str, tuple[Any, ...]]:
        """What each plugin that runs declares by one of `DECLARING`, by plugin; each is asked once.

        A plugin whose declaration fails or does not hold is stopped by load error.
        """
        found: dict[str, tuple[Any, ...]] = {}
        for name, call in list(self._calls(hook, {"config": self.config})):
            plugin = self.plugins[name]
            if hook not in plugin.declared:
                plugin.declared[hook] = self._declaration(plugin, hook, call)
            found[name] = plugin.declared[hook]
        return {name: rows for name, rows in found.items() if rows}

    def refuse(self, name: str, finding: Finding) -> None:
        """Stop a plugin by load error because of this finding; it says why where plugins are listed."""
        plugin = self.plugins[name]
        plugin.findings = (finding,)
        self._stop(plugin, State.STOPPED_BY_LOAD_ERROR, finding.message)

    def declare_all(self) -> None:
        """Ask every plugin what it declares, now rather than in the middle of something."""
        for hook in DECLARING:
            self.declared(hook)

    def work(
        self, name: str, what: str, call: Callable[[], Any], *, seconds: float, is_over: Callable[[], bool]
    ) -> Any:
        """What long work of a plugin answers; errors of `mam.errors` come through, any other counts.

        Raises `PluginError` then, and for work that does not end within `seconds`; `CancelledWorkError`
        where it was left behind because `is_over` says that nobody wants it any more.
        """
        plugin = self.plugins[name]
        try:
            return plugin.fence.work(call, seconds, is_over)
        except MamError:
            raise
        except (Exception, SystemExit) as error:
            hung = isinstance(error, HungError)
            if hung and is_over():
                raise CancelledWorkError(f"The plugin {name} was left behind at {what}.") from None
            log.exception("plugin failed", plugin=name, hook=what)
            self._count(plugin, what, error)
            said = str(error) if hung else f"failed ({type(error).__name__}: {error})"
            raise PluginError(f"The plugin {name} {said}"[:500]) from error

    def check(self, name: str) -> tuple[Finding, ...]:
        """Ask one plugin to look at itself again; its state follows what it says."""
        plugin = self.plugins[name]
        impl = getattr(plugin.module, "mam_check", None)
        if impl is None or plugin.state in (State.DISABLED, State.STOPPED_BY_LOAD_ERROR, State.SWITCHED_OFF):
            return plugin.findings
        plugin.findings = _run_check(name, lambda: impl(config=self.config))
        blocking = next((finding for finding in plugin.findings if finding.blocks), None)
        if blocking is not None:
            self._stop(plugin, State.STOPPED_BY_SELF_CHECK, blocking.message)
        elif plugin.state is State.STOPPED_BY_SELF_CHECK:
            self._start(plugin)
        return plugin.findings

    def check_all(self) -> None:
        """Ask every loaded plugin to look at itself."""
        for name in self.plugins:
            self.check(name)

    def switch_off(self, name: str, reason: str, *, by: str) -> None:
        """Ask a plugin no more, whatever its self-check says, until `switch_on`; `by` is "box" or "admin"."""
        if self.plugins[name].state is not State.SWITCHED_OFF:
            self.plugins[name].off_by = by
            self._stop(self.plugins[name], State.SWITCHED_OFF, reason)

    def switch_on(self, name: str) -> None:
        """Ask a plugin again that was switched off, and begin to count its failures anew."""
        plugin = self.plugins[name]
        plugin.fence.forgive()
        if plugin.state is State.SWITCHED_OFF:
            plugin.off_by = ""
            self._start(plugin)

    def _calls(self, hook: str, arguments: dict[str, Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
        # pluggy keeps implementations in reverse of calling order
        for impl in reversed(getattr(self.manager.hook, hook).get_hookimpls()):
            wanted = [arguments[name] for name in impl.argnames]
            yield impl.plugin_name, partial(impl.function, *wanted)

    def _declaration(self, plugin: Plugin, hook: str, call: Callable[[], Any]) -> tuple[Any, ...]:
        """The plugin's answer, each of the hook's own kind; none where it fails, which stops the plugin."""
        try:
            return _rows(plugin.fence.call(hook, call), DECLARING[hook])
        except (Exception, SystemExit) as error:
            log.exception("plugin failed", plugin=plugin.name, hook=hook)
            plugin.failures += 1
            plugin.last_error = f"{hook}: {type(error).__name__}: {error}"[:500]
            if not self._is_needed(plugin):
                self._stop(plugin, State.STOPPED_BY_LOAD_ERROR, plugin.last_error)
            return ()

    def _guarded(self, name: str, hook: str, call: Callable[[], Any]) -> Any:
        plugin = self.plugins[name]
        try:
            if plugin.builtin:
                return call()
            return plugin.fence.call(hook, partial(self._connected, call) if hook in CONNECTED else call)
        except MamError:
            raise
        except (Exception, SystemExit) as error:
            log.exception("plugin failed", plugin=name, hook=hook)
            self._count(plugin, hook, error)
            return None

    def _connected(self, call: Callable[[], Any]) -> Any:
        with self.connected():
            return call()

    def _count(self, plugin: Plugin, hook: str, error: BaseException) -> None:
        """One more failure; the one too many switches the plugin off, unless nobody could take its place."""
        said = str(error) if isinstance(error, HungError) else f"{type(error).__name__}: {error}"
        with self._lock:
            plugin.failures += 1
            plugin.last_error = f"{hook}: {said}"[:500]
        too_many = plugin.fence.failed(hung=isinstance(error, HungError))
        if too_many and plugin.state is State.ENABLED and not self._is_needed(plugin):
            reason = f"It failed {MOST_FAILURES} times, last: {plugin.last_error}"
            self.switch_off(plugin.name, reason, by="box")
            self.fallen.append(plugin.name)

    def _is_needed(self, plugin: Plugin) -> bool:
        """Of the core, the store of the masters, or the last one that can make previews."""
        others = [one for one in self.plugins.values() if one is not plugin and one.state is State.ENABLED]
        last = not any("mam_transcode" in one.hooks for one in others)
        return plugin.builtin or "mam_storage" in plugin.hooks or ("mam_transcode" in plugin.hooks and last)

    def _start(self, plugin: Plugin) -> None:
        with self._lock:
            plugin.state, plugin.reason = State.ENABLED, ""
            _register_in_order(self.manager, self.plugins)

    def _stop(self, plugin: Plugin, state: State, reason: str) -> None:
        with self._lock:
            plugin.state, plugin.reason = state, reason
            if self.manager.has_plugin(plugin.name):
                self.manager.unregister(name=plugin.name)
        log.warning("plugin stopped", plugin=plugin.name, state=str(state), reason=reason)


def open_hooks(config: Config, *, builtins: tuple[str, ...] = BUILTINS) -> Hooks:
    """Load what the configuration names; every plugin found ends in a named state, none raises."""
    found = discover()
    names = list(dict.fromkeys(config.plugins))
    plugins = {name: _load(name, found, config) for name in names}
    plugins |= {
        name: Plugin(name, State.DISABLED, _UNLISTED) for name in sorted(found) if name not in plugins
    }
    for path in builtins:
        module = importlib.import_module(path)
        plugins[path] = Plugin(path, State.ENABLED, builtin=True, module=module)
    manager = pluggy.PluginManager("mam")
    manager.add_hookspecs(hookspecs)
    _register_in_order(manager, plugins)
    _warn_about_unused_tables(config, plugins)
    return Hooks(config, plugins, manager)


def discover() -> dict[str, Callable[[], Any]]:
    """Every plugin that could be loaded: name to a function that imports it."""
    found: dict[str, Callable[[], Any]] = {}
    for name, module, folder in _checkout_plugins():
        found[name] = partial(_import_from, folder, module)
    for point in importlib.metadata.entry_points(group="mam"):
        found[point.name] = point.load
    return found


def version_of(name: str) -> str:
    """The version of the distribution that a plugin comes in; empty where it does not say."""
    for point in importlib.metadata.entry_points(group="mam", name=name):
        return point.dist.version if point.dist else ""
    for found, _module, folder in _checkout_plugins():
        if found == name:
            table = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
            return str(table["project"].get("version", ""))
    return ""


def _checkout_plugins() -> Iterator[tuple[str, str, Path]]:
    root = Path(__file__).resolve().parent.parent / "plugins"
    for file in sorted(root.glob("*/pyproject.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        points = table.get("project", {}).get("entry-points", {}).get("mam", {})
        for name, module in points.items():
            yield name, module, file.parent


def _import_from(folder: Path, module: str) -> Any:
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return importlib.import_module(module)


def _load(name: str, found: dict[str, Callable[[], Any]], config: Config) -> Plugin:
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        return Plugin(
            name, State.STOPPED_BY_LOAD_ERROR, f"No plugin of this name is installed; known: {known}."
        )
    try:
        module = found[name]()
    except Exception as error:
        log.exception("plugin does not load", plugin=name)
        return Plugin(name, State.STOPPED_BY_LOAD_ERROR, f"{type(error).__name__}: {error}"[:500])
    schema = getattr(module, "mam_config", None)
    try:
        config.plugin(name, schema() if schema is not None else _NoSettings)
    except ConfigError as error:
        return Plugin(name, State.STOPPED_BY_CONFIG_ERROR, error.detail, module=module)
    return Plugin(name, State.ENABLED, module=module)


def _register_in_order(manager: pluggy.PluginManager, plugins: dict[str, Plugin]) -> None:
    """Register last first: pluggy asks the last registered first, the configuration names the first."""
    for name in list(plugins):
        if manager.has_plugin(name):
            manager.unregister(name=name)
    for plugin in reversed(plugins.values()):
        if plugin.state is not State.ENABLED:
            continue
        try:
            manager.register(plugin.module, name=plugin.name)
            manager.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            manager.unregister(name=plugin.name)
            plugin.state, plugin.reason = State.STOPPED_BY_LOAD_ERROR, str(error)[:500]


def _rows(answer: Any, kind: type) -> tuple[Any, ...]:
    """A declaration's rows; `TypeError` where one is of another kind."""
    rows = tuple(answer or ())
    for row in rows:
        if not isinstance(row, kind):
            raise TypeError(f"{type(row).__name__} instead of {kind.__name__}")
    return rows


def _run_check(name: str, call: Callable[[], list[Finding]]) -> tuple[Finding, ...]:
    """A self-check in a thread of its own, so that one that hangs does not hang the box."""
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"check-{name}")
    try:
        return tuple(pool.submit(call).result(timeout=CHECK_SECONDS) or ())
    except TookTooLongError:
        message = f"The self-check did not end within {CHECK_SECONDS} seconds."
        return (Finding("self-check", "error", message, blocks=True),)
    except MamError as error:
        return (Finding("self-check", "error", error.detail, blocks=True),)
    except Exception as error:
        log.exception("self-check failed", plugin=name)
        return (Finding("self-check", "error", f"{type(error).__name__}: {error}"[:500], blocks=True),)
    finally:
        pool.shutdown(wait=False)


def _warn_about_unused_tables(config: Config, plugins: dict[str, Plugin]) -> None:
    for name in config.plugin_tables:
        if name not in plugins:
            log.warning("settings of a plugin that is not installed", section=f"plugins.{name}")
