"""The assembled box: configuration, hooks, storage, queue and keys, built once and passed everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mam import models, plugin_settings, plugin_tables
from mam.config import Config
from mam.errors import ConfigError
from mam.models.schema import pending_migrations, run_migrations
from mam.plugins import Hooks, State, open_hooks
from mam.queue import Queue
from mam.signing import KeyRing
from mam.types import Storage


@dataclass(frozen=True)
class Mam:
    """What every service gets first. `keys` sign delivery and upload addresses, `auth_keys` access tokens.

    `copies` are the second stores that were opened so far, by name; `mam.services.copies` opens them.
    `written` are the sections of plugins as the TOML has them, without what was set in the portal.
    """

    config: Config
    hooks: Hooks
    storage: Storage
    queue: Queue
    keys: KeyRing
    auth_keys: KeyRing
    copies: dict[str, Storage] = field(default_factory=dict, repr=False, compare=False)
    written: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False, compare=False)


def open_mam(config: Config, *, migrate: bool = False, check: bool = True) -> Mam:
    """Open the box: folders, keys, database (migrated, or refused when behind), plugins, storage, queue.

    `check` runs every plugin's self-check. Raises `ConfigError`, `StorageError`.
    """
    prepare_data(config)
    keys = KeyRing.open(config.secrets / "delivery-keys.json")
    auth_keys = open_auth_keys(config)
    models.connect(config)
    if migrate:
        run_migrations()
    elif pending_migrations():
        raise ConfigError("The database is behind this version; run `mam migrate` (make a backup first).")
    written, config = config.plugin_tables, plugin_settings.overlaid(config, auth_keys)
    hooks = open_hooks(config)
    hooks.connected = models.connected
    hooks.declare_all()
    plugin_tables.bring_up(hooks, migrate=migrate)
    plugin_settings.switch_off_again(hooks)
    if check:
        hooks.check_all()
    return Mam(config, hooks, open_storage(config, hooks), Queue(config), keys, auth_keys, written=written)


def prepare_data(config: Config) -> None:
    """Make the data folder and its private rooms; others on the machine may not look inside."""
    for folder in (config.data, config.secrets, config.work, config.run_dir):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"The data folder {folder} cannot be made: {error.strerror}.") from None


def open_auth_keys(config: Config) -> KeyRing:
    """The keys of access tokens: from `[auth] secret`, or generated in the data folder."""
    if config.auth.secret:
        return KeyRing.from_secret(config.auth.secret, "auth.secret")
    return KeyRing.open(config.secrets / "auth-keys.json")


def open_storage(config: Config, hooks: Hooks) -> Storage:
    """The configured store; the first plugin that answers.

    `ConfigError` where a listed store is stopped: another one in its place would not have the masters.
    """
    for plugin in hooks.plugins.values():
        stores = hasattr(plugin.module, "mam_storage") or plugin.name.startswith("storage_")
        if stores and not plugin.builtin and plugin.state not in (State.ENABLED, State.DISABLED):
            raise ConfigError(f"The store {plugin.name} is {plugin.state}: {plugin.reason}")
    storage: Storage | None = hooks.first("mam_storage", config=config)
    if storage is None:
        raise ConfigError("No storage plugin answered; see `mam plugins` for the reasons.")
    return storage
