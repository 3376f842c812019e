"""A computer of qemu, without hardware help: starts an ISO or a disk, reads its serial line, is switched off.

`-accel tcg` outright: where /dev/kvm opens but does not work, a kernel says nothing more.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "appliance"
ISO = BUILT / "mam.iso"
FIRMWARE = Path("/usr/share/OVMF")
BOOT_SECONDS = 600
"""Patience, not a promise: how long a start may take on a busy machine. What it took is printed."""


@dataclass
class Machine:
    """One start of the computer."""

    folder: Path
    name: str
    process: subprocess.Popen[bytes]
    ports: dict[int, int]
    began: float = field(default_factory=time.monotonic)

    @property
    def url(self) -> str:
        """The box's address from here."""
        return f"https://127.0.0.1:{self.ports[443]}"

    def serial(self) -> str:
        """What the serial line said so far."""
        return (self.folder / f"{self.name}.serial").read_text(encoding="utf-8", errors="replace")

    def healthy(self) -> float:
        """Wait until the box is well, but for the small disk of memory; the seconds that took."""
        said: Any = None
        with httpx.Client(verify=ssl._create_unverified_context(), timeout=20) as client:  # noqa: S323, SLF001
            while time.monotonic() - self.began < BOOT_SECONDS:
                assert self.process.poll() is None, self.serial()[-2000:]
                with contextlib.suppress(httpx.HTTPError, ValueError):
                    said = client.get(f"{self.url}/api/health").json()
                    if {name for name, one in said["checks"].items() if one["status"] != "ok"} <= {"disk"}:
                        return time.monotonic() - self.began
                time.sleep(1)
        raise AssertionError((said, self.serial()[-2000:]))

    def setup_link(self) -> str:
        """The way to the first account, as the screen shows it; below this machine's address."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            found = re.findall(r"(/setup/[\w-]+)", self.serial())
            if found:
                return str(found[-1])
            time.sleep(1)
        raise AssertionError(self.serial()[-2000:])

    def switch_off(self) -> None:
        """Press the button and wait."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.folder / f"{self.name}.monitor"))
            line.sendall(b"system_powerdown\n")
            self.process.wait(180)

    def ended(self) -> None:
        """Wait until it has switched itself off."""
        self.process.wait(BOOT_SECONDS)


@contextlib.contextmanager
def started(folder: Path, name: str, *arguments: str, uefi: bool = False) -> Iterator[Machine]:
    """The computer with two processors, 2 GiB and a network of its own, whose ports are some of ours."""
    ports = dict(zip((80, 443, 8080, 8081, 22, 5432, 6379), _free(7), strict=True))
    forwards = "".join(f",hostfwd=tcp:127.0.0.1:{here}-:{there}" for there, here in ports.items())
    command = [
        "qemu-system-x86_64",
        "-accel",
        "tcg,thread=multi",
        "-cpu",
        "qemu64",
        "-m",
        "2048",
        "-smp",
        "2",
    ]
    command += ["-display", "none", "-serial", f"file:{folder / name}.serial", "-no-reboot"]
    command += ["-monitor", f"unix:{folder / name}.monitor,server,nowait"]
    command += ["-netdev", f"user,id=lan{forwards}", "-device", "virtio-net-pci,netdev=lan"]
    if uefi:
        variables = folder / f"{name}.vars"
        shutil.copy(FIRMWARE / "OVMF_VARS_4M.fd", variables)
        command += ["-machine", "q35", "-drive", f"if=pflash,format=raw,file={variables}"]
        code = f"if=pflash,format=raw,readonly=on,file={FIRMWARE / 'OVMF_CODE_4M.fd'}"
        command[command.index("-drive") : command.index("-drive")] = ["-drive", code]
    process = subprocess.Popen([*command, *arguments], stderr=subprocess.DEVNULL)
    machine = Machine(folder, name, process, ports)
    try:
        yield machine
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(20)


def install_arguments(disk: Path) -> list[str]:
    """What starts the ISO's system with the order to install to the first disk without a question."""
    live = BUILT / "iso" / "live"
    said = "boot=live panic=10 no_timer_check net.ifnames=0 console=ttyS0,115200 mam.install=/dev/vda"
    direct = ["-kernel", str(live / "vmlinuz"), "-initrd", str(live / "initrd.img"), "-append", said]
    return ["-cdrom", str(ISO), *direct, *disk_arguments(disk)]


def disk_arguments(disk: Path) -> list[str]:
    """The computer's disk."""
    return ["-drive", f"file={disk},if=virtio,format=qcow2,cache=writethrough"]


def _free(number: int) -> list[int]:
    probes = [socket.socket() for _ in range(number)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
