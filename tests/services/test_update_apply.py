"""What root does with an update, on block devices: files on loop devices stand for a disk's partitions."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mam import __version__
from mam.errors import UpdateError
from mam.services import update_apply, update_bundle, update_slots
from mam.services.update_slots import Machine

KEY = Ed25519PrivateKey.from_private_bytes(b"a key of the tests, of nobody el")
BLOCK = b"# GRUB Environment Block\nslot=a\n"


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout.strip()


@contextlib.contextmanager
def device(file: Path, megabytes: int) -> Iterator[Path]:
    """A file as a block device."""
    with file.open("wb") as target:
        target.truncate(megabytes << 20)
    name = run("losetup", "--find", "--show", str(file))
    try:
        yield Path(name)
    finally:
        run("losetup", "--detach", name)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine that runs from its partition a, with a start partition and an empty partition b."""
    keys, names = tmp_path / "keys", tmp_path / "names"
    keys.mkdir()
    names.mkdir()
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (keys / "studio.pem").write_bytes(public)
    (tmp_path / "cmdline").write_text("boot=live quiet mam.data mam.slot=a\n")
    with device(tmp_path / "start.raw", 8) as start, device(tmp_path / "b.raw", 256) as other:
        (names / "mam-b").symlink_to(other)
        run("mkfs.ext4", "-q", str(start))
        made = Machine(
            keys=keys,
            state_file=tmp_path / "update.json",
            pending_file=tmp_path / "pending",
            command_line=tmp_path / "cmdline",
            partitions=names,
            start=start,
            mounts=tmp_path / "mounts",
        )
        with update_apply.mounted(made, start) as folder:
            (folder / "boot" / "grub").mkdir(parents=True)
            (folder / "boot" / "grub" / "grubenv").write_bytes(BLOCK.ljust(1024, b"#"))
        yield made


def environment(machine: Machine) -> dict[str, str]:
    with update_apply.mounted(machine, machine.start, "-o", "ro") as folder:
        return update_slots.read_environment(folder / "boot" / "grub" / "grubenv")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A bundle of the next version."""
    live = tmp_path / "live"
    live.mkdir()
    for name in update_bundle.NAMES:
        (live / name).write_bytes(name.encode() * 300_000)
    made = update_bundle.Manifest(
        version="99.0.0",
        architecture=update_slots.architecture(),
        made_at="2026-11-22T00:00:00+00:00",
        lowest="0.1.0",
        migrations=("0001_initial",),
        files=update_bundle.describe(live),
    )
    with (tmp_path / "bundle").open("wb") as target:
        update_bundle.write(target, made, live, KEY)
    return tmp_path / "bundle"


def test_a_bundle_is_written_to_the_other_partition_and_tried_next(
    machine: Machine, file: Path, tmp_path: Path
) -> None:
    # Given a machine and a bundle, when it is applied
    told: list[int] = []
    state = update_apply.apply(machine, file, tell=lambda done, _total: told.append(done))
    # Then the other partition holds its files and has its name
    with update_apply.mounted(machine, machine.partition("b"), "-o", "ro") as folder:
        for name in update_bundle.NAMES:
            assert (folder / "live" / name).read_bytes() == (tmp_path / "live" / name).read_bytes()
    assert run("blkid", "-o", "value", "-s", "LABEL", str(machine.partition("b"))) == "mam-b"
    # And grub tries it twice, before the old one is back
    assert environment(machine) == {"slot": "a", "next": "b", "tries": "2"}
    assert machine.pending() == "b"
    # And it is told where it stands
    assert (state.phase, state.version, state.before) == ("ready", "99.0.0", __version__)
    assert machine.read() == state
    assert told == sorted(told)
    assert told[-1] == state.total


def test_what_does_not_hold_leaves_the_machine_as_it_was(machine: Machine, file: Path) -> None:
    # Given a bundle whose last byte was changed: its signature holds, a file does not
    data = file.read_bytes()
    file.write_bytes(data[:-1] + b"!")
    # When it is applied, then it fails while it is written
    with pytest.raises(UpdateError, match=r"filesystem.squashfs in this bundle is not what"):
        update_apply.apply(machine, file)
    # And the machine starts what it started before, and says what happened
    assert environment(machine) == {"slot": "a"}
    assert machine.pending() == ""
    assert machine.read().phase == "failed"
    assert "filesystem.squashfs" in machine.read().detail
    # And nothing is mounted any more
    assert str(machine.mounts) not in Path("/proc/mounts").read_text()


def test_a_link_is_not_followed(machine: Machine, file: Path, tmp_path: Path) -> None:
    # Given a link where the bundle is to be: root would read what the box may not
    link = tmp_path / "link"
    link.symlink_to(file)
    with pytest.raises(UpdateError, match="cannot be read"):
        update_apply.apply(machine, link)
    # And what is refused before it is written changes no state
    assert machine.read().phase == "none"


def test_a_cut_while_writing_is_told_after_the_next_start(machine: Machine, tmp_path: Path) -> None:
    # Given an update that was being written when the machine was started
    machine.write(update_slots.State("writing", "1", "99.0.0", __version__, "b"))
    assert machine.read().phase == "writing"
    # When it is read in another start of the machine
    (tmp_path / "boot").write_text("another\n")
    later = replace(machine, boot_id=tmp_path / "boot")
    # Then it has failed
    assert later.read().phase == "failed"


def test_grub_reads_what_is_written(tmp_path: Path) -> None:
    # Given a block of grub, when values are written into it
    file = tmp_path / "grubenv"
    file.write_bytes(BLOCK.ljust(1024, b"#"))
    update_slots.write_environment(file, update_slots.tried("a", "b"))
    # Then it is one still, of the same size
    assert len(file.read_bytes()) == 1024
    assert update_slots.read_environment(file) == {"slot": "a", "next": "b", "tries": "2"}
    # And what is none holds nothing
    file.write_bytes(b"")
    assert update_slots.read_environment(file) == {}
