"""What root does with an update on the appliance: write it to the other partition, try it, keep it or not.

Whatever the box's user left (the bundle, the request) is taken for a stranger's: opened without following
links, proven again. The database is touched only by programs that run as that user. Writes the partition that
does not run, grub's environment, the state of the update.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import httpx

from mam import __version__
from mam.errors import MamError, UpdateError
from mam.services import update_bundle as bundle
from mam.services import update_rules as rules
from mam.services import update_slots as slots
from mam.services.update_bundle import Opened, Tell
from mam.services.update_slots import Machine, State

USER = "mam"
STEADY_SECONDS = 30
"""So long a new version has to be well before it is kept."""

PATIENCE_SECONDS = 600
"""So long it may take until it is well; then the machine is started again."""

MOST_RESTARTS = 8
"""So often its programs may fall before it is given up without waiting longer."""

_TELL_BYTES = 32 << 20
_REQUEST_BYTES = 4096
_CORE = ("database", "queue", "workers")
_MAM = "/opt/mam/bin/mam"


def apply(machine: Machine, file: Path, *, older: bool = False, tell: Tell | None = None) -> State:
    """Write the bundle to the partition that does not run, prove it there, have grub try it next.

    Refused (`UpdateError`) before anything is written; what fails later leaves the running system as it is.
    """
    slot, other = machine.slot(), machine.other()
    with _opened(file) as source:
        opened = bundle.read_head(source, bundle.trusted_keys(machine.keys))
        bundle.check_size(opened, os.fstat(source.fileno()).st_size)
        rules.check_machine(opened.manifest, machine.room(other), older=older)
        state = State(
            "writing", uuid4().hex, opened.manifest.version, __version__, other, total=opened.manifest.bytes
        )
        machine.write(state)
        try:
            _settle_grub(machine, slots.settled(slot))  # what was ready before is not half started now
            machine.set_pending("")
            _write(machine, source, opened, state, tell)
        except (MamError, OSError, subprocess.SubprocessError) as error:
            machine.write(replace(state, phase="failed", detail=_sentence(error)))
            raise UpdateError(_sentence(error)) from error
    machine.set_pending(other)
    _settle_grub(machine, slots.tried(slot, other))
    return machine.write(replace(state, phase="ready", done=state.total))


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    """A plain file, no link, no pipe."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UpdateError(f"{file} cannot be read: {error.strerror}.") from None
    with os.fdopen(handle, "rb") as source:
        if not os.path.isfile(f"/proc/self/fd/{handle}"):  # noqa: PTH113 - of what is open, not of a name
            raise UpdateError(f"{file} is no file.")
        yield source


def _sentence(error: Exception) -> str:
    if isinstance(error, MamError):
        return error.detail
    if isinstance(error, subprocess.CalledProcessError):
        said = (error.stderr or b"").decode("utf-8", "replace").strip()[:300]
        return f"{error.cmd[0]} failed: {said or error.returncode}"
    return str(error)[:300]


def _write(machine: Machine, source: BinaryIO, opened: Opened, state: State, tell: Tell | None) -> None:
    """An empty file system, the files, and everything read back from the disk."""
    device = machine.partition(state.slot)
    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if done - told >= _TELL_BYTES:
            told = done
            machine.write(replace(state, done=done), sync=False)
        if tell is not None:
            tell(done, total)

    _run("mkfs.ext4", "-q", "-F", "-L", f"mam-{state.slot}", str(device))
    with mounted(machine, device) as folder:
        live = folder / "live"
        live.mkdir()
        bundle.unpack(source, opened, live, progress)
    _run("blockdev", "--flushbufs", str(device))
    with mounted(machine, device, "-o", "ro") as folder:
        bundle.prove(folder / "live", opened.manifest)


@contextmanager
def mounted(machine: Machine, device: Path, *options: str) -> Iterator[Path]:
    """That file system below a folder of its own, for as long as the block lasts."""
    folder = machine.mounts / device.name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _run("mount", *options, str(device), str(folder))
    try:
        yield folder
    finally:
        _run("umount", str(folder))


def _settle_grub(machine: Machine, values: dict[str, str]) -> None:
    with mounted(machine, machine.start) as folder:
        slots.write_environment(folder / "boot" / "grub" / "grubenv", values)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=600)  # noqa: S603 - our own words


# --- what the box asks for -----------------------------------------------------------------------


def answer(machine: Machine, folder: Path) -> None:
    """Do what the box's user asked for in `folder`/request: `apply` the bundle beside it, or `restart`."""
    said = _take(folder / "request")
    if said.get("do") == "restart" and machine.read().phase == "ready":
        _run("systemctl", "reboot")
    elif said.get("do") == "apply":
        _apply(machine, folder / "bundle", older=said.get("older") is True)


def _apply(machine: Machine, file: Path, *, older: bool) -> None:
    try:
        prepare(machine, file, older=older)
        apply(machine, file, older=older)
    except MamError as error:
        if machine.read().phase != "failed":
            machine.write(State("failed", before=__version__, slot=machine.other(), detail=error.detail))
        raise
    finally:
        _as_user(machine, "update", "note", patience=300)


def prepare(machine: Machine, file: Path, *, older: bool = False) -> None:
    """What the box's user says of the bundle (its database among it), then a backup; `UpdateError`."""
    flags = ("--older",) if older else ()
    _ask_user(machine, "update", "check", *flags, str(file))
    kept = str(file.parent / "before")
    _ask_user(machine, "backup", kept, "--no-masters", "--keep", "2")


def _ask_user(machine: Machine, *words: str) -> None:
    done = _as_user(machine, *words, patience=3600)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UpdateError((said[-1] if said else f"mam {words[0]} failed.").removeprefix("mam: ")[:500])


def _as_user(machine: Machine, *words: str, patience: float) -> subprocess.CompletedProcess[bytes]:
    command = ["runuser", "-u", USER, "--", _MAM, "--config", str(machine.config), *words]
    return subprocess.run(command, capture_output=True, check=False, timeout=patience)  # noqa: S603 - our own words


def _take(request: Path) -> dict[str, Any]:
    """The request, which is gone then; nothing for what is none."""
    try:
        with _opened(request) as source:
            said = json.loads(source.read(_REQUEST_BYTES))
    except (UpdateError, ValueError, RecursionError):
        said = None
    request.unlink(missing_ok=True)
    return said if isinstance(said, dict) else {}


# --- starts --------------------------------------------------------------------------------------


def boot(machine: Machine) -> State:
    """Before the box starts, where an update is not settled: on trial, or back from it."""
    state = machine.read()
    if machine.slot() == machine.pending():
        return _try(machine, replace(state, phase="trying", tries=state.tries + 1))
    _settle_grub(machine, slots.settled(machine.slot()))
    why = state.detail or "It did not start."
    done = _as_user(machine, "update", "database", "back", patience=3600)
    if done.returncode:
        why += (
            " The database could not be brought back: "
            + done.stderr.decode("utf-8", "replace").strip()[-300:]
        )
    state = machine.write(replace(state, phase="rolled_back", detail=why))
    machine.set_pending("")
    return state


def _try(machine: Machine, state: State) -> State:
    """The copy that can be come back to; without it nothing of the new version runs."""
    state = machine.write(state)
    try:
        _ask_user(machine, "update", "database", "keep")
    except UpdateError as error:
        state = machine.write(replace(state, detail=f"The database could not be copied: {error.detail}"))
        _run("systemctl", "reboot")
    return state


def watch(machine: Machine) -> State:
    """While a new version is on trial: keep it once it is well, else say why and start the machine again."""
    state = machine.read()
    why = _until_steady(state.version)
    if why:
        state = machine.write(replace(state, detail=why))
        _run("systemctl", "reboot")
        return state
    _settle_grub(machine, slots.settled(machine.slot()))
    state = machine.write(replace(state, phase="installed", detail=""))
    machine.set_pending("")
    _as_user(machine, "update", "note", patience=300)
    return state


def _until_steady(version: str) -> str:
    """Wait until it was well for long enough; the reason where that never came."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    since, why = None, ""
    while time.monotonic() < deadline:
        why = _illness(version)
        since = (since or time.monotonic()) if not why else None
        if since is not None and time.monotonic() - since >= STEADY_SECONDS:
            return ""
        if _restarts() >= MOST_RESTARTS:
            return f"Its programs ended {MOST_RESTARTS} times. {why}"
        time.sleep(2)
    return why or "It was not well for long enough."


def _illness(version: str) -> str:
    """What is wrong with the box as its front shows it; empty: nothing that an update can do."""
    said = _health()
    if said is None:
        return "It did not answer."
    if said.get("version") != version:
        return f"It says that it is version {said.get('version')}."
    checks = said["checks"]
    ill = [name for name in _CORE if checks[name]["status"] != "ok"]
    ill += [name for name, one in checks.items() if one["status"] == "down" and name not in ill]
    return " ".join(checks[name]["detail"] for name in ill)


def _health() -> dict[str, Any] | None:
    """What nginx passes on, by TLS or, where the studio chose so, without."""
    with httpx.Client(verify=_of_itself(), timeout=10) as client:
        for scheme in ("https", "http"):
            with suppress(httpx.HTTPError, ValueError, TypeError):
                said = client.get(f"{scheme}://127.0.0.1/api/health").json()
                if {"version", "checks"} <= said.keys():
                    return dict(said)
    return None


def _of_itself() -> ssl.SSLContext:
    """The box asks itself on loopback: whose certificate it has does not matter there."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _restarts() -> int:
    command = ["systemctl", "show", "mam.service", "--property=NRestarts", "--value"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=30)  # noqa: S603 - our own words
    found = re.fullmatch(rb"\s*(\d{1,9})\s*", done.stdout)
    return int(found.group(1)) if found else 0
