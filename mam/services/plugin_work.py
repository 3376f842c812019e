"""Runs the jobs of plugins: each attempt inside the fence, its results written only while the lease holds.

A plugin that crashes or hangs fails that attempt and is counted; the worker goes on. Writes what the plugin
asks for: captions, words for search, tags, further jobs, each in the plugin's name in the audit log.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mam.core import Mam
from mam.errors import CancelledWorkError, PluginError
from mam.models import Asset, Job, Sidecar, Version
from mam.services import (
    assets,
    jobs,
    leases,
    masters,
    panels,
    plugin_kinds,
    search_index,
    sidecars,
    troubles,
)
from mam.services.described import describe, unpack
from mam.services.leases import Lease, connected
from mam.services.scratch import scratch
from mam.types import SYSTEM, Actor, JobKind, MediaInfo, ShownAsset, Source, Trouble

OFF = "plugin_off"
"""The code of a job whose plugin does not run; it can be run again once that is switched on."""

_TELL_SECONDS = 0.5


def run(mam: Mam, lease: Lease) -> None:
    """One attempt. Raises what the plugin raises of `mam.errors`, `PluginError` for everything else."""
    plugin, _, _name = lease.kind.partition(".")
    kind = plugin_kinds.kinds(mam).get(lease.kind)
    if kind is None:
        raise PluginError(f"No plugin that runs here knows jobs of the kind {lease.kind!r}.", code=OFF)
    with scratch(mam, lease.token) as folder:
        work = _Attempt(mam, lease, plugin, folder)
        try:
            _do(mam, lease, plugin, kind, work)
        finally:
            work.over.set()


def _do(mam: Mam, lease: Lease, plugin: str, kind: JobKind, work: _Attempt) -> None:
    def is_over() -> bool:
        return lease.lost.is_set() or lease.draining.is_set()

    try:
        mam.hooks.work(
            plugin, lease.kind, lambda: kind.run(mam.config, work), seconds=kind.seconds, is_over=is_over
        )
    except PluginError as error:
        if isinstance(error.__cause__, Exception):
            troubles.tell(mam, Trouble(error.__cause__, "worker", route="job", about=lease.kind))
        raise
    leases.check(lease)


@dataclass
class _Attempt:
    """What `mam.types.Work` promises; once `over` is set nothing is written any more."""

    mam: Mam
    lease: Lease
    plugin: str
    folder: Path
    over: threading.Event = field(default_factory=threading.Event)
    asset: ShownAsset | None = None
    media: MediaInfo | None = None
    _told: float = 0.0

    def __post_init__(self) -> None:
        """Look at what the job is about; `SourceError` where that is gone."""
        packed = self.lease.payload.get("media")
        self.media = unpack(packed) if packed else None
        if self.version_id is not None:
            with connected():
                version = _version(self.version_id)
                self.asset = panels.shown(version.asset, version)

    @property
    def kind(self) -> str:
        """Its name without the plugin's."""
        return self.lease.kind.partition(".")[2]

    @property
    def attempt(self) -> int:
        """Which one this is, from 1."""
        return self.lease.attempt

    @property
    def version_id(self) -> str | None:
        """The version it is about."""
        return self.lease.version_id

    @property
    def project_id(self) -> str | None:
        """The project it belongs to."""
        return self.lease.project_id

    @property
    def payload(self) -> Mapping[str, Any]:
        """What the plugin itself gave when it queued the job."""
        return dict(self.lease.payload.get("given") or {})

    def report(self, percent: float) -> None:
        """Write how far it is, twice a second at most."""
        self._check()
        if time.monotonic() < self._told + _TELL_SECONDS:
            return
        self._told = time.monotonic()
        with self.tables():
            Job.update(percent=min(99.0, max(0.0, float(percent)))).where(
                leases.holding(self.lease)
            ).execute()

    @contextmanager
    def master(self) -> Iterator[Source]:
        """The master's bytes in a file."""
        self._check()
        with connected():
            version = _version(self.version_id)
        with masters.local_copy(self.mam, version) as path:
            source = Source(path, version.filename, version.size, self.media)
            yield source if self.media else dataclasses.replace(source, media=describe(self.mam, source))

    def set_captions(self, data: bytes, *, language: str = "", label: str = "", words: str = "") -> None:
        """Add the new ones, then take away what was there: the version is never without."""
        self._check()
        name = f"{self.lease.kind}.captions"
        with connected():
            version = _version(self.version_id)
            mine = (Sidecar.version == version.id) & (Sidecar.filename == name) & Sidecar.created_by.is_null()
            before = [row.id for row in Sidecar.select().where(mine & (Sidecar.language == language))]
            sidecars.add(
                self.mam, self._actor, version.id, data, language=language, label=label, filename=name
            )
            for one in before:
                sidecars.remove(self.mam, self._actor, version.id, one)
        self.set_words(words)

    def set_words(self, text: str) -> None:
        """Keep them for search."""
        with self.tables():
            search_index.keep_words_of_plugin(_version(self.version_id).id, self.lease.kind, text)

    def add_tags(self, *names: str) -> None:
        """Beside those that are there."""
        with self.tables():
            asset = _version(self.version_id).asset
            Asset.update(status=Asset.status).where(Asset.id == asset.id).execute()  # one at a time
            wanted = [*Asset.get_by_id(asset.id).tags, *names]
            assets.update_asset(self.mam, self._actor, asset.id, tags=wanted)

    def enqueue(
        self, kind: str, payload: Mapping[str, Any] | None = None, *, version_id: str | None = None
    ) -> str:
        """In one transaction with the look at the lease."""
        with self.tables():
            project_id = _version(version_id).asset.project_id if version_id else self.project_id
            return plugin_kinds.enqueue(
                self.mam, self.plugin, kind, payload or {}, version_id=version_id, project_id=project_id
            )

    @property
    def _actor(self) -> Actor:
        return dataclasses.replace(SYSTEM, display_name=f"plugin {self.plugin}")

    def _check(self) -> None:
        """`CancelledWorkError` where the attempt is over, as far as is known here."""
        if self.over.is_set():
            raise CancelledWorkError("This attempt is over.")
        leases.check(self.lease)

    @contextmanager
    def tables(self) -> Iterator[None]:
        """A transaction that is rolled back where the lease is not ours."""
        self._check()
        with leases.fenced(self.lease):
            yield


def _version(version_id: str | None) -> Version:
    """The version with its asset; `PluginError` for a job that is about none."""
    row: Any = Version.select(Version, Asset).join(Asset).where(Version.id == version_id).first()
    if row is None:
        raise PluginError("This job is about no version, or about one that is gone.")
    found: Version = row
    return found


jobs.KINDS[jobs.PLUGINS] = jobs.Kind(run)
