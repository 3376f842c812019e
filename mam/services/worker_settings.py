"""What a machine needs to work for this box: addresses, credentials, settings, the box's own secrets.

Refuses, in one sentence that names what to configure, where the box keeps things that no other machine can
reach. Reads the configuration and the folder of secrets; writes nothing, logs nothing.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mam.config import Config
from mam.core import Mam
from mam.errors import ConflictError
from mam.services.shapes import Shape
from mam.types import LocalPathStorage

SECTIONS = (
    "database", "queue", "storage", "masters", "fixity", "audit", "uploads", "auth", "media", "ladder",
    "proxies", "qc", "webhooks", "telemetry",
)  # fmt: skip
"""Told as the box has them. Not: what is about one machine, its listening, its caches, its folders."""

_LONGEST_SECRET = 1 << 20


def check(mam: Mam, *, here: bool = False) -> None:
    """Pass where another machine could work; `ConflictError` (`not_shared`) names what keeps it from that.

    `here` is for a machine that is this one, which reaches what lies on it.
    """
    missing = [*_embedded(mam), *([] if here else _out_of_reach(mam.config))]
    if missing:
        raise ConflictError(
            f"A second machine cannot join this box yet: {'; '.join(missing)}.", code="not_shared"
        )


def _embedded(mam: Mam) -> list[str]:
    config, found = mam.config, []
    if config.database_url.startswith("sqlite"):
        found.append("its database is a file of its own (set [database] url to a PostgreSQL)")
    if config.owns_queue:
        found.append("its queue is a private one (set [queue] url to a Redis or Valkey)")
    if isinstance(mam.storage, LocalPathStorage) and not config.storage.path:
        found.append(
            "its masters lie in its own data folder (use the plugin storage_s3, or set [storage] path to a "
            "folder that both machines mount)"
        )
    return found


def _out_of_reach(config: Config) -> list[str]:
    named = {"[database] url": config.database.url, "[queue] url": config.queue.url}
    sentence = "{} names this machine only (give it an address that others reach)"
    return [sentence.format(name) for name, url in named.items() if url and _is_of_this_machine(url)]


def _is_of_this_machine(url: str) -> bool:
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    if not host or host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def settings(mam: Mam) -> Shape:
    """The configuration of a worker as its TOML is to have it: what differs from the defaults, opened."""
    config, plain = mam.config, Config(data=mam.config.data)
    told: Shape = {"plugins": {"enabled": list(config.plugins), **_plugins(mam)}}
    if config.server.public_url:
        told["server"] = {"public_url": config.server.public_url}
    for name in SECTIONS:
        section = _different(getattr(config, name), getattr(plain, name))
        if section:
            told[name] = section
    return told


def secrets(config: Config) -> dict[str, str]:
    """The files of the folder of secrets by name, as text: keys of addresses, tokens, seals and webhooks."""
    files = (path for path in sorted(config.secrets.iterdir()) if path.is_file() and path.name[0] != ".")
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in files
        if path.stat().st_size <= _LONGEST_SECRET
    }


def _plugins(mam: Mam) -> Shape:
    """The sections of plugins as the file has them; a secret that stood elsewhere is opened."""
    told: Shape = {}
    for name, written in mam.written.items():
        plugin = mam.hooks.plugins.get(name)
        schema = getattr(plugin.module, "mam_config", None) if plugin else None
        opened = mam.config.plugin(name, schema()) if schema is not None else None
        told[name] = {key: _toml(getattr(opened, key, value)) for key, value in written.items()}
    return told


def _different(section: Any, default: Any) -> Shape:
    """The fields of a section that are not as they are by default, as TOML can say them."""
    names = [one.name for one in dataclasses.fields(section)]
    return {
        name: _toml(getattr(section, name))
        for name in names
        if getattr(section, name) != getattr(default, name) and getattr(section, name) is not None
    }


def _toml(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {one.name: _toml(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _toml(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_toml(one) for one in value]
    if isinstance(value, str | Path):
        return str(value)
    return value
