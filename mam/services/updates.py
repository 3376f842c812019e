"""Updates as the box sees them: takes a bundle, proves it, asks root to install it, tells how that went.

The box's own user may write no system partition: it leaves the bundle and a request in `updates/` of the data
folder, where root's service finds them. Writes that folder, a setting and audit entries.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from mam import __version__
from mam.core import Mam
from mam.errors import (
    ConfigError,
    ConflictError,
    StorageFullError,
    TooLargeError,
    UpdateError,
    UploadIncompleteError,
)
from mam.models import Setting, database
from mam.models.schema import applied_migrations
from mam.services import access, audit, update_rules
from mam.services import update_bundle as bundle
from mam.services.leases import connected
from mam.services.shapes import Shape
from mam.services.update_slots import Machine, architecture
from mam.types import SYSTEM, Actor

MACHINE = Machine()

ROOM = 1 << 30
"""Bytes that have to stay free on the data disk while an update is taken in."""

_TOLD = "update"
_BUSY = ("writing", "trying")


def folder_of(mam: Mam) -> Path:
    """Where bundle, request and the copy of the database lie; made where it is not there."""
    folder = mam.config.data / "updates"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def look(file: Path, *, older: bool = False, keys: Path | None = None) -> Shape:
    """What a bundle is, proven to its last byte and held against this machine and database; `UpdateError`.

    `keys` are other public keys than the machine's: then only the bundle is judged, wherever it may run.
    """
    with _open(file) as source:
        opened = bundle.read_head(source, bundle.trusted_keys(keys or MACHINE.keys))
        bundle.check_size(opened, file.stat().st_size)
        if keys is None:
            update_rules.check_machine(opened.manifest, MACHINE.room(MACHINE.other()), older=older)
        update_rules.check_schema(opened.manifest, applied_migrations())
        bundle.unpack(source, opened, None)
    return _told(opened)


def _open(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise UpdateError(f"{file} cannot be read: {error.strerror}.") from None


def _told(opened: bundle.Opened) -> Shape:
    made = opened.manifest
    return {
        "version": made.version,
        "lowest": made.lowest,
        "architecture": made.architecture,
        "made_at": made.made_at,
        "bytes": opened.bytes,
        "key": opened.key,
        "newer": bundle.parse_version(made.version) > bundle.parse_version(__version__),
    }


def status(mam: Mam, actor: Actor) -> Shape:
    """The version that runs and where, how the last update went, the bundle that waits."""
    access.require(mam, actor, "box.admin")
    state = MACHINE.read()
    last = asdict(state)
    del last["boot"], last["id"]
    return {
        "version": __version__,
        "architecture": architecture(),
        "slot": MACHINE.slot() or None,
        "possible": bool(MACHINE.slot()),
        "last": last if state.phase != "none" else None,
        "bundle": _waiting(mam),
    }


def _waiting(mam: Mam) -> Shape | None:
    """The bundle that was taken in, if it is still there and still holds."""
    with suppress(OSError, UpdateError, ConfigError), (folder_of(mam) / "bundle").open("rb") as source:
        return _told(bundle.read_head(source, bundle.trusted_keys(MACHINE.keys)))
    return None


def receive(mam: Mam, actor: Actor, body: Iterator[bytes], length: int) -> Shape:
    """Take a bundle in: its head is judged before the rest is read; what does not hold is not kept.

    Raises `UpdateError`, `ConflictError`, `TooLargeError`, `StorageFullError`, `UploadIncompleteError`.
    """
    with connected():
        access.require(mam, actor, "box.admin")
    MACHINE.other()  # or there is nowhere to install it
    _check_idle()
    folder = folder_of(mam)
    if length > bundle.LARGEST:
        raise TooLargeError(f"A bundle has at most {bundle.LARGEST} bytes.")
    if shutil.disk_usage(folder).free < length + ROOM:
        raise StorageFullError("The data disk has no room for this bundle; free some and send it again.")
    incoming = folder / f"incoming-{os.getpid()}"
    try:
        _save(incoming, body, length)
        found = look(incoming, older=True)
        incoming.replace(folder / "bundle")
    finally:
        incoming.unlink(missing_ok=True)
    with connected():
        audit.record(mam, actor, "update.received", data={"version": found["version"], "key": found["key"]})
    return found


def _save(target: Path, body: Iterator[bytes], length: int) -> None:
    head, got, judged = b"", 0, False
    with target.open("wb") as file:
        for chunk in body:
            got += len(chunk)
            if got > length:
                raise UpdateError("More bytes came than were announced; nothing was kept.")
            file.write(chunk)
            if not judged:
                head += chunk
                judged = len(head) >= min(bundle.HEAD_BYTES, length) and _judge(target, file, length)
        os.fsync(file.fileno())
    if got < length:
        raise UploadIncompleteError(f"{got} of {length} bytes came; nothing was kept, send it again.")


def _judge(target: Path, file: BinaryIO, length: int) -> bool:
    file.flush()
    with target.open("rb") as source:
        opened = bundle.read_head(source, bundle.trusted_keys(MACHINE.keys))
    bundle.check_size(opened, length)
    update_rules.check_machine(opened.manifest, MACHINE.room(MACHINE.other()), older=True)
    return True


def install(mam: Mam, actor: Actor, *, older: bool = False) -> Shape:
    """Have root write the bundle that was taken in to the other partition; `status` tells how far it is."""
    access.require(mam, actor, "box.admin")
    _check_idle()
    file = folder_of(mam) / "bundle"
    if not file.is_file():
        raise ConflictError("No bundle was taken in yet.")
    with file.open("rb") as source:
        made = bundle.read_head(source, bundle.trusted_keys(MACHINE.keys)).manifest
    update_rules.check_machine(made, MACHINE.room(MACHINE.other()), older=older)
    update_rules.check_schema(made, applied_migrations())
    _ask(mam, {"do": "apply", "older": older})
    audit.record(mam, actor, "update.asked", data={"version": made.version, "older": older})
    return status(mam, actor)


def restart(mam: Mam, actor: Actor) -> Shape:
    """Have the machine started again, with the version that was written; `ConflictError` where none was."""
    access.require(mam, actor, "box.admin")
    state = MACHINE.read()
    if state.phase != "ready":
        raise ConflictError("No update is ready to be started.")
    audit.record(mam, actor, "update.started", data={"version": state.version})
    _ask(mam, {"do": "restart"})
    return status(mam, actor)


def _check_idle() -> None:
    phase = MACHINE.read().phase
    if phase in _BUSY:
        raise ConflictError("An update is being written or tried already; wait for its end.")


def _ask(mam: Mam, wanted: dict[str, object]) -> None:
    folder = folder_of(mam)
    new = folder / "request.new"
    new.write_text(json.dumps(wanted), "utf-8")
    new.replace(folder / "request")


def note(mam: Mam) -> bool:
    """Put the end of the last update into the audit log, once; whether there was something to put."""
    state = MACHINE.read()
    if state.phase not in ("installed", "rolled_back", "failed"):
        return False
    with connected(), database.atomic():
        row = Setting.get_or_none(Setting.key == _TOLD)
        if row is not None and row.value.get("at") == state.at:
            return False
        Setting.delete().where(Setting.key == _TOLD).execute()
        Setting.create(key=_TOLD, value={"at": state.at})
        told = {"version": state.version, "from": state.before, "slot": state.slot, "reason": state.detail}
        audit.record(mam, SYSTEM, f"update.{state.phase}", data=told)
    return True
