"""The installed appliance as updates see it: two system partitions, what grub starts, how an update stands.

Writes grub's environment block in place (as grub itself does: a power cut leaves the old or the new one) and
the state of the last update, which everybody on the box may read and root alone writes. Asks no database.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mam.errors import UpdateError

Phase = Literal["none", "writing", "ready", "trying", "installed", "rolled_back", "failed"]
"""`ready`: written and proven, started with the next restart. `trying`: runs, and is watched."""

TRIES = 2
"""How often a new version is started before the old one is back; grub-disk.cfg counts them down."""

_BLOCK = 1024  # bytes of grub's environment block, of which it never has more
_FIRST_LINE = b"# GRUB Environment Block\n"
_SLOT = re.compile(r"(?:^|\s)mam\.slot=([ab])(?:\s|$)", re.ASCII)
_SECTOR = 512


@dataclass(frozen=True)
class State:
    """How the last update stands. `slot` is where it was written, `before` the version it came from.

    `id` is of this one attempt, `boot` the start of the machine that wrote this; `done`, `total` are bytes.
    """

    phase: Phase = "none"
    id: str = ""
    version: str = ""
    before: str = ""
    slot: str = ""
    at: str = ""
    boot: str = ""
    done: int = 0
    total: int = 0
    tries: int = 0
    detail: str = ""


@dataclass(frozen=True)
class Machine:
    """Where an installed appliance has what updates need."""

    keys: Path = Path("/usr/local/lib/mam/update-keys")
    config: Path = Path("/data/etc/config.toml")
    state_file: Path = Path("/data/etc/update.json")
    pending_file: Path = Path("/data/etc/update-pending")
    command_line: Path = Path("/proc/cmdline")
    boot_id: Path = Path("/proc/sys/kernel/random/boot_id")
    partitions: Path = Path("/dev/disk/by-partlabel")
    start: Path = Path("/dev/disk/by-label/MAMSTART")
    blocks: Path = Path("/sys/class/block")
    mounts: Path = Path("/run/mam-update")

    def slot(self) -> str:
        """The system partition that runs, `a` or `b`; empty where this is no installed appliance."""
        try:
            found = _SLOT.search(self.command_line.read_text("ascii"))
        except (OSError, UnicodeDecodeError):
            return ""
        return found.group(1) if found else ""

    def other(self) -> str:
        """The partition that does not run; `UpdateError` where there is none."""
        slot = self.slot()
        if not slot:
            raise UpdateError("This is no installed appliance with two system partitions.")
        return "b" if slot == "a" else "a"

    def partition(self, slot: str) -> Path:
        """That partition's device."""
        return self.partitions / f"mam-{slot}"

    def room(self, slot: str) -> int:
        """Bytes of that partition; `UpdateError` where it is not there."""
        try:
            name = self.partition(slot).resolve(strict=True).name
            return int((self.blocks / name / "size").read_text("ascii")) * _SECTOR
        except (OSError, ValueError):
            raise UpdateError(f"The system partition mam-{slot} is not there.") from None

    def read(self) -> State:
        """How the last update stands; one that a power cut ended while it was written has failed."""
        try:
            state = State(**json.loads(self.state_file.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return State()
        if state.phase == "writing" and state.boot != self.boot():
            return replace(
                state, phase="failed", detail="It was cut off while it was written; start it again."
            )
        return state

    def write(self, state: State, *, sync: bool = True) -> State:
        """Keep how it stands, whole or not at all; with the moment and this start of the machine."""
        state = replace(state, boot=self.boot(), at=datetime.now(UTC).isoformat(timespec="seconds"))
        replace_file(self.state_file, json.dumps(asdict(state)), sync=sync)
        return state

    def boot(self) -> str:
        """The id of the machine's present start."""
        return self.boot_id.read_text("ascii").strip()

    def pending(self) -> str:
        """The slot that is to be tried or is on trial; empty: none."""
        try:
            return self.pending_file.read_text("ascii").strip()
        except OSError:
            return ""

    def set_pending(self, slot: str) -> None:
        """Say that this slot is to be tried; empty: that all is settled."""
        if slot:
            replace_file(self.pending_file, f"{slot}\n", sync=True)
        else:
            self.pending_file.unlink(missing_ok=True)
            sync_folder(self.pending_file.parent)


def architecture() -> str:
    """Of this machine, as manifests name it."""
    return platform.machine().lower()


def tried(slot: str, other: str) -> dict[str, str]:
    """What grub is told so that it starts `other` at most `TRIES` times and then `slot` again."""
    return {"slot": slot, "next": other, "tries": str(TRIES)}


def settled(slot: str) -> dict[str, str]:
    """What grub is told so that it starts `slot` from now on."""
    return {"slot": slot}


def read_environment(file: Path) -> dict[str, str]:
    """Grub's variables; nothing of a file that is no environment block."""
    block = file.read_bytes()
    if len(block) != _BLOCK or not block.startswith(_FIRST_LINE):
        return {}
    lines = block[len(_FIRST_LINE) :].decode("utf-8", "replace").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def write_environment(file: Path, values: Mapping[str, str]) -> None:
    """Write grub's variables over the block that is there: its two sectors are written at once and synced."""
    lines = "".join(f"{name}={value}\n" for name, value in values.items()).encode("ascii")
    block = (_FIRST_LINE + lines).ljust(_BLOCK, b"#")
    if len(block) > _BLOCK:
        raise UpdateError("grub's environment is full.")
    with file.open("r+b", buffering=0) as target:
        target.write(block)
        os.fsync(target.fileno())


def replace_file(file: Path, text: str, *, sync: bool = True) -> None:
    """Write a small file for everybody to read, whole or not at all; `sync`: on the disk when it returns."""
    new = file.with_name(f"{file.name}.new")
    with new.open("w", encoding="utf-8") as target:
        target.write(text)
        target.flush()
        if sync:
            os.fsync(target.fileno())
    new.chmod(0o644)
    new.replace(file)
    if sync:
        sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in that folder on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
