"""Which updates a box takes: the rules, held against before anything is touched. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Collection

from mam import __version__
from mam.errors import UpdateError
from mam.services import update_slots as slots
from mam.services.update_bundle import Manifest, parse_version

OVERHEAD = 128 << 20
"""Bytes that a file system of 3 GiB takes for itself."""


def check_machine(manifest: Manifest, room: int, *, older: bool = False, running: str = __version__) -> None:
    """Whether it is for this machine: architecture, way from the running version, size of the partition."""
    ours = slots.architecture()
    if manifest.architecture != ours:
        raise UpdateError(f"This bundle is for {manifest.architecture}; this machine is {ours}.")
    new, old = parse_version(manifest.version), parse_version(running)
    if new < old and not older:
        raise UpdateError(
            f"This bundle is version {manifest.version}, older than {running}, which runs; "
            "say that you want the older one."
        )
    if new >= old < parse_version(manifest.lowest):
        raise UpdateError(
            f"Version {manifest.version} is installed over {manifest.lowest} or newer; {running} runs. "
            f"Install {manifest.lowest} first."
        )
    if manifest.bytes + OVERHEAD > room:
        raise UpdateError(
            f"This bundle needs {(manifest.bytes + OVERHEAD) >> 20} MiB; "
            f"the system partition has {room >> 20} MiB."
        )


def check_schema(manifest: Manifest, applied: Collection[str]) -> None:
    """Whether the version can read the database: what was changed for a newer one, an older does not know."""
    unknown = sorted(set(applied) - set(manifest.migrations))
    if unknown:
        raise UpdateError(
            f"The database was made by a newer version ({unknown[-1]}) than {manifest.version} can read; "
            "restore a backup of that version instead."
        )
