"""The ISO in a computer of qemu: it starts from BIOS and UEFI, installs itself, and keeps what it is given.

Wants `make iso` to have been run; `make appliance-test` does both. Prints how long each start took.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from machine import ISO, Machine, disk_arguments, install_arguments, started

pytestmark = [pytest.mark.appliance, pytest.mark.timeout(2400)]

PERSON = {"email": "ada@example.com", "password": "a film of 24 frames a second"}


@pytest.fixture(scope="module", autouse=True)
def iso() -> None:
    """There is one."""
    assert ISO.exists(), "run `make iso` first"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the computer keeps its things."""
    return tmp_path


def told(text: str) -> None:
    """Into the test's output, for people."""
    sys.stdout.write(f"{text}\n")


def answers(machine: Machine, port: int) -> bool:
    """Whether anything behind that port of the machine says a word."""
    with socket.create_connection(("127.0.0.1", machine.ports[port]), 20) as line:
        line.settimeout(20)
        try:
            line.sendall(b"GET / HTTP/1.0\r\nHost: mam.local\r\n\r\n")
            return line.recv(1) != b""
        except OSError:
            return False


@pytest.mark.parametrize("uefi", [False, True], ids=["bios", "uefi"])
def test_the_iso_starts_and_shows_only_what_it_says(folder: Path, uefi: bool) -> None:
    # Given a computer that starts from the ISO
    with started(folder, "live", "-cdrom", str(ISO), uefi=uefi) as machine:
        # When it is well
        told(f"live, {'UEFI' if uefi else 'BIOS'}: healthy after {machine.healthy():.0f} s")
        # Then the authority's certificate comes in the clear, everything else by TLS
        plain = httpx.get(f"http://127.0.0.1:{machine.ports[80]}/mam-ca.crt", timeout=60)
        assert "BEGIN CERTIFICATE" in plain.text
        (folder / "ca.crt").write_text(plain.text, encoding="ascii")
        trusting = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        trusting.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python from 3.13 on
        assert httpx.get(f"{machine.url}/api/health", verify=trusting, timeout=60).status_code == 200
        there = httpx.get(f"http://127.0.0.1:{machine.ports[80]}/login", timeout=60)
        assert (there.status_code, there.headers["location"][:8]) == (308, "https://")
        # And nothing else of it answers
        assert [port for port in machine.ports if answers(machine, port)] == [80, 443]


@pytest.fixture
def installed(folder: Path) -> Path:
    """A disk onto which the ISO has installed itself, unattended."""
    disk = folder / "disk.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(disk), "16G"], check=True, timeout=60)
    with started(folder, "install", *install_arguments(disk)) as machine:
        machine.ended()
        assert "MAM is installed on /dev/vda" in machine.serial(), machine.serial()[-2000:]
    return disk


def test_what_is_installed_keeps_its_people(folder: Path, installed: Path) -> None:
    # Given a computer that starts from its disk, and somebody who follows the link on its screen
    with started(folder, "first", *disk_arguments(installed)) as machine:
        told(f"first start from disk: healthy after {machine.healthy():.0f} s")
        form = {"display_name": "Ada", **PERSON}
        way = f"{machine.url}{machine.setup_link()}"
        done = httpx.post(way, data=form, headers={"Origin": machine.url}, verify=False, timeout=60)  # noqa: S501
        assert done.status_code == 303, done.text[:500]
        machine.switch_off()
    # When it is started again, this time by UEFI, then it is the same box
    with started(folder, "second", *disk_arguments(installed), uefi=True) as machine:
        told(f"second start from disk: healthy after {machine.healthy():.0f} s")
        done = httpx.post(f"{machine.url}/auth/login", json=PERSON, verify=False, timeout=60)  # noqa: S501
        assert done.status_code == 200
        # And the power may go at any moment
        machine.process.kill()
        machine.process.wait(20)
    with started(folder, "third", *disk_arguments(installed)) as machine:
        told(f"after the power was cut: healthy after {machine.healthy():.0f} s")
        done = httpx.post(f"{machine.url}/auth/login", json=PERSON, verify=False, timeout=60)  # noqa: S501
        assert done.status_code == 200
