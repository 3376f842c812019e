"""Machines of a test: network namespaces on one bridge, which reach each other by TCP and share nothing else.

Needs the right to make namespaces (root, or CAP_SYS_ADMIN and CAP_NET_ADMIN) and `ip`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_HUB = "10.77.0.1"


@dataclass
class Network:
    """`hub` is the machine of the services, at 10.77.0.1; nodes follow from 10.77.0.11 on."""

    prefix: str
    names: list[str] = field(default_factory=list)

    @property
    def hub(self) -> str:
        """The namespace of the services."""
        return f"{self.prefix}-hub"

    def build(self) -> None:
        """Make the hub and its bridge."""
        self._add(self.hub)
        self._ip("-n", self.hub, "link", "add", "br0", "type", "bridge")
        self._ip("-n", self.hub, "address", "add", f"{_HUB}/24", "dev", "br0")
        self._ip("-n", self.hub, "link", "set", "br0", "up")

    def node(self) -> tuple[str, str]:
        """One more machine: its namespace and its address."""
        number = len(self.names)
        name, address = f"{self.prefix}-{number}", f"10.77.0.{10 + number}"
        self._add(name)
        self._ip("-n", self.hub, "link", "add", f"v{number}", "type", "veth", "peer", "eth0", "netns", name)
        self._ip("-n", self.hub, "link", "set", f"v{number}", "master", "br0", "up")
        self._ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
        self._ip("-n", name, "link", "set", "eth0", "up")
        return name, address

    def remove(self) -> None:
        """Remove every namespace; the links in them go along."""
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)

    def _add(self, name: str) -> None:
        self._ip("netns", "add", name)
        self.names.append(name)
        self._ip("-n", name, "link", "set", "lo", "up")

    @staticmethod
    def _ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def why_not() -> str:
    """Why no namespace can be made here; empty where it can."""
    if shutil.which("ip") is None:
        return "ip (iproute2) is not installed"
    name = f"mam-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True, text=True)
    if made.returncode:
        return f"this user may make no network namespace: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "delete", name], check=False)
    return ""


@contextlib.contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Have this thread, and what it starts, live in the namespace until the block ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as before, Path(f"/run/netns/{namespace}").open() as there:
        _enter(libc, there.fileno())
        try:
            yield
        finally:
            _enter(libc, before.fileno())


def _enter(libc: ctypes.CDLL, descriptor: int) -> None:
    if libc.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
